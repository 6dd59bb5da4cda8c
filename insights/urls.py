"""The ledger, rules asked about the past, and addresses for machines; those end without a slash, as usual."""

from __future__ import annotations

from django.urls import path

from insights import pages, views

urlpatterns = [
    path("ledger/", pages.ledger_page, name="ledger"),
    path("rules/past/", pages.past_page, name="past"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics_page, name="metrics"),
]
