"""Workteam behind a port: ``port.py`` says what we ask for, ``scim.py`` asks a tenant by SCIM 2.0."""
