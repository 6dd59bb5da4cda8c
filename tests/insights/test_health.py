"""What machines are told about health, in good times and bad."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from inbox.models import Event, Item
from insights import vitals
from tests import world as small_world
from tests.inbox.rows import add_item
from tests.world import make_connection

NOBODY_LISTENS = "redis://127.0.0.1:1/0"


def test_the_process_answers(client):
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")
    for path in ("/healthz", "/readyz", "/metrics"):
        assert Client(enforce_csrf_checks=True).post(path).status_code == 405, path


@pytest.mark.django_db(transaction=True)
def test_ready_with_the_age_of_the_oldest_event(client):
    events = one_event(seconds=90)
    said = client.get("/readyz")
    assert said.status_code == 200
    body = said.json()
    assert (body["status"], body["database"], body["broker"], body["reasons"]) == ("ready", "up", "up", [])
    assert 89 < body["lag"]["oldest_pending_event_seconds"] < 120
    assert body["lag"]["pending_events"] == 1
    events.update(state="done")
    lag = client.get("/readyz").json()["lag"]
    assert lag == {"oldest_pending_event_seconds": 0, "pending_events": 0, "waiting_replies": 0}


@pytest.mark.django_db(transaction=True)
def test_without_the_broker_it_is_degraded_and_still_ready(client, settings):
    settings.REDIS_URL = NOBODY_LISTENS
    said = client.get("/readyz")
    assert (said.status_code, said.json()["status"], said.json()["broker"]) == (200, "degraded", "down")


def test_without_the_database_it_is_unavailable_and_says_so(client, settings, monkeypatch):
    monkeypatch.setitem(settings.DATABASES["default"], "PORT", "1")
    said = client.get("/readyz")
    assert said.status_code == 503
    assert said.json()["database"] == "down"
    assert said.json()["reasons"] == ["The database does not answer."]
    assert "1" not in said.json()["reasons"][0]
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_metrics_tell_figures_per_team(client):
    world = small_world.build()
    add_item(world.connection, world.support)
    add_item(world.connection, world.support, state="resolved")
    text = client.get("/metrics").content.decode()
    assert 'relaybox_items_unfinished{team="support"} 1.0' in text
    assert 'relaybox_items_unclaimed{team="marketing"} 0.0' in text
    assert "relaybox_database_up 1.0" in text
    assert Item.objects.count() == 2


def test_metrics_without_the_database_say_just_that(client, settings, monkeypatch):
    monkeypatch.setitem(settings.DATABASES["default"], "PORT", "1")
    text = client.get("/metrics").content.decode()
    assert "relaybox_database_up 0.0" in text
    assert "relaybox_items" not in text


@pytest.mark.parametrize(
    "from_", [{"REMOTE_ADDR": "10.0.0.9"}, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, {"HTTP_FORWARDED": "for=::1"}]
)
def test_metrics_are_hidden_from_other_machines(client, monkeypatch, from_):
    monkeypatch.setattr(vitals, "figures", lambda: pytest.fail("nothing may be read"))
    assert client.get("/metrics", **from_).status_code == 404


def test_with_a_token_only_its_holder_reads_metrics(client, settings, monkeypatch):
    settings.METRICS_TOKEN = "open-sesame"
    monkeypatch.setitem(settings.DATABASES["default"], "PORT", "1")
    for header in ("", "Bearer ", "Bearer wrong", "Bearer öpen", "open-sesame"):
        assert client.get("/metrics", headers={"Authorization": header}).status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer open-sesame"}).status_code == 200
    assert (
        client.get("/metrics", headers={"Authorization": "Bearer open-sesame"}, REMOTE_ADDR="9.9.9.9").status_code
        == 200
    )


def one_event(*, seconds: int):
    received_at = timezone.now() - timedelta(seconds=seconds)
    event = Event.objects.create(connection=make_connection(), delivery_key="d", body=b"{}", received_at=received_at)
    return Event.objects.filter(pk=event.pk)
