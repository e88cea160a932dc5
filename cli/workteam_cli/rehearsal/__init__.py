"""Plays Microsoft Entra's provisioning service against any SCIM Base URL.

A client only: it knows nothing of Kubernetes.
"""
