"""The admins' page of connections: how each is, adding one, its address and its secrets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from connectors import registry
from connectors.base import Connector
from inbox import connections, health, notify, polling
from inbox.connection_forms import ConnectionForm, SecretForm, label_of, steps, takes_deliveries
from inbox.health import Health
from inbox.models import Connection
from inbox.views.respond import person, refusals
from teams.errors import Invalid, NotFound
from teams.forms import show_errors
from teams.views import admin_required

METHODS = ["GET", "HEAD", "POST"]


@dataclass(frozen=True, slots=True)
class Card:
    """One connection as its card shows it."""

    health: Health
    platform: str
    missing: str  # names of secrets that are not set
    is_asked: bool

    @property
    def connection(self) -> Connection:
        return self.health.connection


@admin_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "inbox/connections.html", {"cards": cards(Connection.objects.order_by("name"))})


def cards(rows: Iterable[Connection]) -> list[Card]:
    """These connections; those in trouble first."""
    return [
        Card(
            found,
            platform_name(found.connection.kind),
            ", ".join(label_of(name) for name in found.access.missing),
            found.connection.kind in polling.pollers(),
        )
        for found in health.of(list(rows))
    ]


def platform_name(kind: str) -> str:
    return registry.CONNECTORS[kind].name if kind in registry.CONNECTORS else kind


def connector_of(kind: str) -> Connector:
    if kind not in registry.CONNECTORS:
        raise NotFound(_("There is no such platform."))
    return registry.CONNECTORS[kind]


@admin_required
@require_safe
@refusals
def choose(request: HttpRequest) -> HttpResponse:
    return render(request, "inbox/connection_kinds.html", {"connectors": registry.CONNECTORS.values()})


@admin_required
@require_http_methods(METHODS)
@refusals
def add(request: HttpRequest, kind: str) -> HttpResponse:
    """Add a connection, and show its address and its secret this once."""
    connector = connector_of(kind)
    form = ConnectionForm(connector, request.POST or None)
    if form.is_valid():
        values = form.cleaned_data
        secret = values.get(connections.MAIN, "")
        try:
            added = connections.add_connection(
                kind=kind, name=values["name"], secret=secret, settings=form.settings(), by=person(request)
            )
        except Invalid as error:
            show_errors(form, error.fields)
        else:
            made = [(label_of(name), name, value) for name, value in added.made.items()]
            return _show(request, added.connection, made=made)
    context = {
        "form": form,
        "connector": connector,
        "steps": steps(connector, _("the address that the next page shows")),
    }
    return render(request, "inbox/connection_add.html", context, status=400 if form.errors else 200)


@admin_required
@require_http_methods(METHODS)
@refusals
def connection(request: HttpRequest, pk: int) -> HttpResponse:
    """One connection: its address, its settings, its secrets."""
    by = person(request)
    found = connections.find_connection(pk, by)
    notify.opened(connection=found, by=by)
    form = ConnectionForm(connector_of(found.kind), request.POST or None, connection=found)
    if form.is_valid():
        try:
            connections.change_connection(
                connection=found, name=form.cleaned_data["name"], settings=form.settings(), by=by
            )
        except Invalid as error:
            show_errors(form, error.fields)
        else:
            messages.success(request, _("Saved."))
            return redirect("inbox:connection", pk)
    return _show(request, found, form=form, status=400 if form.errors else 200)


@admin_required
@require_POST
@refusals
def rotate(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    found = connections.find_connection(pk, person(request))
    form = SecretForm(name, request.POST)
    if not form.is_valid():
        raise Invalid(value=_("Give the new value of “%(name)s”.") % {"name": label_of(name)})
    value = form.cleaned_data["value"]
    fresh = connections.rotate_secret(connection=found, name=name, value=value, by=person(request))
    made = [] if value else [(label_of(name), name, fresh)]
    messages.success(request, _("The new value is in force. The old one is accepted for another day."))
    return _show(request, found, made=made)


@admin_required
@require_POST
@refusals
def switch(request: HttpRequest, pk: int, to: str) -> HttpResponse:
    """Pause or resume."""
    found = connections.find_connection(pk, person(request))
    {"pause": connections.pause, "resume": connections.resume}[to](connection=found, by=person(request))
    return redirect("inbox:connection", pk)


@admin_required
@require_safe
@refusals
def arrivals(request: HttpRequest, pk: int) -> HttpResponse:
    """Whether anything has come yet; the page asks again while it waits."""
    found = connections.find_connection(pk, person(request))
    return render(request, "inbox/connection_first.html", _first(found))


def _first(found: Connection) -> dict[str, Any]:
    """The first thing that came, by delivery or by asking, or what stands in its way."""
    delivered = found.events.order_by("pk").values_list("received_at", flat=True).first()
    (card,) = cards([found])
    return {"connection": found, "card": card, "first": delivered or found.last_event_at}


def _show(
    request: HttpRequest, found: Connection, *, form: ConnectionForm | None = None, status: int = 200, **extra: Any
) -> HttpResponse:
    connector = connector_of(found.kind)
    context = {
        **_first(found),
        "form": form or ConnectionForm(connector, connection=found),
        "platform_name": connector.name,
        "url": connections.url_of(found),
        "steps": steps(connector, connections.url_of(found)),
        "takes_deliveries": takes_deliveries(found.kind),
        "secrets": [(name, SecretForm(name)["value"]) for name in connector.secrets],
        **extra,
    }
    return render(request, "inbox/connection.html", context, status=status)
