"""The deployment: settings, URLs, the job runner's app, and the demo city."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
