import os
import time
from pathlib import Path

from celery import Celery

os.environ.pop("DJANGO_SETTINGS_MODULE", None)  # there is no Django here
app = Celery("tiny", broker=os.environ["REDIS_URL"])


@app.task(name="hold")
def hold():
    """A pool process in the middle of its work, deaf to everything but a kill."""
    Path(os.environ["RELAYBOX_DATA"], "busy").write_text(str(os.getpid()))
    while True:
        time.sleep(0.1)
