"""Settings, URLs and the doors into the process (ASGI, Celery)."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
