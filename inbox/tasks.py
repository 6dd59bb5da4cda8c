"""What Celery may ask for. Each task takes ids, calls one service, and may be lost, late or run twice."""

from __future__ import annotations

from celery import shared_task

from inbox import delivery, doorbell, ingest, sweep


@shared_task(name=doorbell.DIGEST)
def digest(ids: list[int]) -> None:
    ingest.digest(ids)


@shared_task(name=doorbell.DELIVER)
def deliver(ids: list[int]) -> None:
    delivery.deliver(ids=ids, limit=len(ids))


@shared_task(name="inbox.sweep")
def sweep_once() -> None:
    sweep.sweep()
