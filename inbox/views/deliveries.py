"""What did not simply go through: events that died on the way in, replies that hang on the way out."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from inbox import connections, events, polling
from inbox.models import Event, Item, Outbound
from inbox.views.respond import person, refusals
from teams.models import User
from teams.views import admin_required

PAGE = 50
AT_ONCE = 500  # how many events one press of "replay all" takes up
LINE = 16  # bytes of a hex dump
SHOWN = 64 * 1024  # bytes of a body; the rest is in the database


@admin_required
@require_safe
@refusals
def dead(request: HttpRequest) -> HttpResponse:
    rows = events.events_for(person(request)).filter(state=Event.State.DEAD)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(request, "inbox/dead.html", {"page": page})


@admin_required
@require_safe
@refusals
def of_connection(request: HttpRequest, pk: int) -> HttpResponse:
    """What one connection delivered, newest first; `?state=` and `?before=` an event narrow it down."""
    by = person(request)
    found = connections.find_connection(pk, by)
    rows = events.events_for(by).filter(connection=found).defer("body", "headers", "query")
    state, before = request.GET.get("state", ""), request.GET.get("before", "")
    if state in Event.State.values:
        rows = rows.filter(state=state)
    if before.isascii() and before.isdecimal() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    shown = list(rows[: PAGE + 1])
    context = {
        "connection": found,
        "events": shown[:PAGE],
        "older": shown[PAGE - 1].pk if len(shown) > PAGE else None,
        "state": state if state in Event.State.values else "",
        "states": Event.State.choices,
        "is_asked": found.kind in polling.pollers(),
    }
    return render(request, "inbox/connection_events.html", context)


@admin_required
@require_safe
@refusals
def event(request: HttpRequest, pk: int) -> HttpResponse:
    """One delivery as it came: headers, and its bytes as text and in hex."""
    found = events.find_event(pk, person(request))
    body = bytes(found.body)
    context = {
        "event": found,
        "length": len(body),
        "text": body[:SHOWN].decode("utf-8", "backslashreplace").replace("\x00", "\\x00"),
        "hex": hex_dump(body[:SHOWN]),
        "cut": len(body) > SHOWN,
    }
    return render(request, "inbox/event.html", context)


def hex_dump(body: bytes) -> str:
    """Offset, bytes, and what is printable of them, a line for sixteen."""
    lines = []
    for start in range(0, len(body), LINE):
        part = body[start : start + LINE]
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        lines.append(f"{start:06x}  {part.hex(' '):<47}  {shown}")
    return "\n".join(lines)


@admin_required
@require_POST
@refusals
def replay(request: HttpRequest, pk: int) -> HttpResponse:
    events.replay(event=pk, by=person(request))
    messages.success(request, _("It is being worked again."))
    return redirect("inbox:dead")


@admin_required
@require_POST
@refusals
def replay_all(request: HttpRequest) -> HttpResponse:
    """Every dead event once more, the oldest first, some hundreds at a time."""
    by = person(request)
    waiting = events.events_for(by).filter(state=Event.State.DEAD).order_by("pk")
    numbers = list(waiting.values_list("pk", flat=True)[:AT_ONCE])
    for number in numbers:
        events.replay(event=number, by=by)
    words = ngettext("%(n)s event is being worked again.", "%(n)s events are being worked again.", len(numbers))
    messages.success(request, words % {"n": len(numbers)})
    return redirect("inbox:dead")


@login_required
@require_safe
def unsent(request: HttpRequest) -> HttpResponse:
    """Replies that failed, or of which nobody knows whether they went out: as far as this person may see them."""
    rows = unsettled(person(request)).order_by("-pk")
    related = rows.select_related("message", "author", "item__team", "item__connection", "item__contact")
    page = Paginator(related, PAGE).get_page(request.GET.get("page"))
    return render(request, "inbox/unsent.html", {"page": page})


def unsettled(user: User) -> QuerySet[Outbound]:
    """Replies that a person has to decide about."""
    states = [Outbound.State.UNKNOWN, Outbound.State.FAILED]
    visible = Item.objects.visible_to(user).filter(pk=OuterRef("item"))
    return Outbound.objects.filter(Exists(visible), state__in=states)
