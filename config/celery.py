"""The Celery application. Tasks are named by their app and verb, and take row ids only."""

import os

from celery import Celery
from celery.signals import worker_process_init

from config.services.processes import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("relaybox")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Celery's current app is thread-local; requests run in threads that would otherwise get an unconfigured one.
app.set_default()


@worker_process_init.connect
def end_with_the_worker(**_more: object) -> None:
    """A pool process must not outlive a killed worker: it would hold on to its rows and connections."""
    die_with_parent()
