"""The Celery application. Tasks are named by their app and verb, and take row ids only."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("relaybox")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Celery's current app is thread-local; requests run in threads that would otherwise get an unconfigured one.
app.set_default()
