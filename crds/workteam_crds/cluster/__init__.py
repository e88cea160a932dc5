"""Kubernetes behind a port: ``port.py`` says what we ask for, ``kubernetes.py`` asks a real API server."""
