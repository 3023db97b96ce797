"""The acts of privacy: scans, findings, protections, key domains; and what they add up to, readiness for release."""
