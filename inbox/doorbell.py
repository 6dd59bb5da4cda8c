"""The doorbell: tells the workers that rows wait. It may fail, be late or ring twice; the rows stay.

Redis down or frozen must never hold up whoever rings, so a failure silences the bell for a while
and the sweepers find the rows instead.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from celery import current_app
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

DIGEST = "inbox.digest"
DELIVER = "inbox.deliver"
SILENCE = 5.0  # seconds without another try after a failure


class Doorbell:
    def __init__(self) -> None:
        self._silent_until = 0.0

    def ring(self, task: str, ids: Sequence[int], *, to: str) -> bool:
        """Publish one task with row ids. Returns whether the broker took it; never raises."""
        if time.monotonic() < self._silent_until:
            return False
        try:
            current_app.send_task(task, args=[list(ids)], queue=to, retry=False, ignore_result=True)
        except (OperationalError, OSError) as error:
            self._silent_until = time.monotonic() + SILENCE
            log.warning("the broker does not answer (%s); the sweepers take over", error)
            return False
        return True


_bell = Doorbell()


def ring_digest(ids: Sequence[int]) -> bool:
    return _bell.ring(DIGEST, ids, to="ingest")


def ring_delivery(ids: Sequence[int]) -> bool:
    return _bell.ring(DELIVER, ids, to="send")
