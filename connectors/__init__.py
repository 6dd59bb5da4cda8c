"""Connectors: one file per platform. Plain Python: no Django, no Celery, no knowledge of routing or inbox."""
