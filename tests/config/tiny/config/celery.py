import os

from celery import Celery
from celery.signals import worker_process_init

from config.services.processes import die_with_parent

os.environ.pop("DJANGO_SETTINGS_MODULE", None)  # there is no Django here
app = Celery("tiny", broker=os.environ["REDIS_URL"])


@worker_process_init.connect
def end_with_the_worker(**_more):
    die_with_parent()
