"""The Celery application. Tasks are named by their app and verb, and take row ids only."""

import os
from typing import Any

from celery import Celery
from celery.signals import task_postrun
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("relaybox")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Celery's current app is thread-local; requests run in threads that would otherwise get an unconfigured one.
app.set_default()
# Celery would tear down the whole connection pool before and after every task. A new connection costs the
# server more than the task does, so a task gives its connection back to the pool as a request does.
app.conf.CELERY_DB_REUSE_MAX = 1_000_000_000


@task_postrun.connect
def give_connection_back(**_task: Any) -> None:
    close_old_connections()
