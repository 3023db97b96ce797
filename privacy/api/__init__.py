"""Scans, findings and protections over HTTP."""
