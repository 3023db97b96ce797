"""Projects, offers, applications and releases over HTTP."""
