"""The admins' page of connections: how each is, adding one, its address and its secrets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from connectors import registry
from connectors.base import Connector
from inbox import connections
from inbox.connection_forms import ConnectionForm, SecretForm, label_of
from inbox.models import Connection, Event, Outbound
from inbox.views.respond import person, refusals
from teams.errors import Invalid, NotFound
from teams.forms import show_errors
from teams.views import admin_required

METHODS = ["GET", "HEAD", "POST"]
State = Connection.State


@dataclass(frozen=True, slots=True)
class Card:
    """One connection and how it is."""

    connection: Connection
    platform: str
    dead: int
    unsent: int

    @property
    def health(self) -> str:
        """fine, soon or late: the three colours that say how late something is."""
        if self.connection.state == State.REVOKED:
            return "late"
        if self.connection.state == State.PAUSED or self.dead or self.unsent:
            return "soon"
        return "fine"


@admin_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "inbox/connections.html", {"cards": cards()})


def cards() -> list[Card]:
    """Every connection; those in trouble first."""
    dead = _numbers(Event.objects.filter(state=Event.State.DEAD).values("connection"))
    unsettled = Q(state__in=[Outbound.State.FAILED, Outbound.State.UNKNOWN])
    unsent = _numbers(Outbound.objects.filter(unsettled).values("item__connection"))
    found = [
        Card(row, platform_name(row.kind), dead.get(row.pk, 0), unsent.get(row.pk, 0))
        for row in Connection.objects.order_by("name")
    ]
    return sorted(found, key=lambda card: ("late", "soon", "fine").index(card.health))


def _numbers(rows: Any) -> dict[int, int]:
    return {next(iter(row.values())): row["n"] for row in rows.annotate(n=Count("pk")).order_by()}


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
            return _show(request, added.connection, secret=added.secret, is_new=True)
    context = {"form": form, "connector": connector}
    return render(request, "inbox/connection_add.html", context, status=400 if form.errors else 200)


@admin_required
@require_http_methods(METHODS)
@refusals
def connection(request: HttpRequest, pk: int) -> HttpResponse:
    """One connection: its address, its settings, its secrets."""
    found = connections.find_connection(pk, person(request))
    form = ConnectionForm(connector_of(found.kind), request.POST or None, connection=found)
    if form.is_valid():
        try:
            connections.change_connection(
                connection=found, name=form.cleaned_data["name"], settings=form.settings(), by=person(request)
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
    shown = fresh if not value else ""
    messages.success(request, _("The new value is in force. The old one is accepted for another day."))
    return _show(request, found, secret=shown)


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
    first = found.events.order_by("pk").first()
    return render(request, "inbox/connection_first.html", {"connection": found, "first": first})


def _show(
    request: HttpRequest, found: Connection, *, form: ConnectionForm | None = None, status: int = 200, **extra: Any
) -> HttpResponse:
    connector = connector_of(found.kind)
    context = {
        "connection": found,
        "form": form or ConnectionForm(connector, connection=found),
        "platform_name": connector.name,
        "url": connections.url_of(found),
        "first": found.events.order_by("pk").first(),
        "secrets": [(name, label_of(name), SecretForm(name)) for name in connector.secrets],
        **extra,
    }
    return render(request, "inbox/connection.html", context, status=status)
