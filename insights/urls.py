"""The ledger, and addresses for machines; those have no slash at the end, as such addresses have everywhere."""

from __future__ import annotations

from django.urls import path

from insights import pages, views

urlpatterns = [
    path("ledger/", pages.ledger_page, name="ledger"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics_page, name="metrics"),
]
