"""The acts of access: projects, offers, applications, decisions, releases. The state × side table is `access.workflow`."""
