"""The Celery application. Work itself lives in the apps' workers; the truth about it in `catalog.jobs`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("canglang")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["catalog.jobs"])
