"""The record of a tenant as files, one YAML document per object: written by ``export``, compared by ``diff``."""
