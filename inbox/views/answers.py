"""The composer: replies and notes, and what a person decides about a reply that did not simply go out."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import reswap, retarget

from inbox import draft_files, drafts, mentions, queue, replies, saved_replies
from inbox.errors import Lost
from inbox.models import Draft, Outbound
from inbox.views import respond
from inbox.views.respond import acted, find, is_htmx, number, person, refusals
from inbox.views.story import Story
from teams.errors import Invalid, Refusal

MOST_FILES = 50  # that a form may name; how many may go is for the platform to say
HOLD = timedelta(seconds=10)  # how long a reply can be taken back before it leaves


def new_key() -> str:
    """A key for one reply; a double click sends it twice and is one reply all the same."""
    return uuid.uuid4().hex


@login_required
@require_POST
@refusals
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a reply or keep a note, as the composer says."""
    find(request, pk)
    try:
        return _note(request, pk) if request.POST.get("mode") == "note" else _reply(request, pk)
    except (Lost, Invalid) as error:
        return _keep_typed(request, pk, error)


def _note(request: HttpRequest, pk: int) -> HttpResponse:
    by, text = person(request), request.POST.get("note", "")
    with transaction.atomic():
        row = queue.note(item=pk, by=by, text=text)
        drafts.sent(item=pk, by=by, mode=Draft.Mode.NOTE, text=text, version=request.POST.get("draft", ""))
    blind = mentions.hidden_from(row, mentions.names_in(text, by))
    say = _("Noted. Not told, because they cannot see this item: %(who)s.") % {"who": ", ".join(blind)}
    return acted(request, pk, say=say if blind else _("Noted."), draft=f"note:{pk}")


def _reply(request: HttpRequest, pk: int) -> HttpResponse:
    by, key = person(request), request.POST.get("key", "")
    text = request.POST.get("text", "").replace("\r\n", "\n")  # a form without a script counts line ends twice
    done = request.POST.get("then") == "resolve"
    if left := saved_replies.unfilled(text):
        raise Invalid(text=_("Fill in %(names)s first.") % {"names": ", ".join(left)})
    files = _files(request, pk)
    with transaction.atomic():
        sent = replies.reply(item=pk, by=by, text=text, key=key, files=files, seen=number(request, "seen"), hold=HOLD)
        drafts.sent(item=pk, by=by, mode=Draft.Mode.REPLY, text=text, version=request.POST.get("draft", ""))
        if done:
            queue.resolve(item=pk, by=by)
    undo = reverse("inbox:take-back", args=[pk, sent.pk])
    say, onward = _("Your reply goes out in a moment."), request.POST.get("then") == "next"
    return acted(request, pk, say=say, undo=undo, draft=f"reply:{pk}", finished=done, onward=onward)


def _files(request: HttpRequest, pk: int) -> dict[uuid.UUID, str]:
    """The files that the composer shows, with their words; and those that a form without a script brings itself."""
    given = request.POST
    try:
        known = {uuid.UUID(token): given.get(f"alt-{token}", "") for token in given.getlist("files")[:MOST_FILES]}
    except ValueError as error:
        raise Invalid(file=_("There is no such file.")) from error
    brought = request.FILES.getlist("file")[:MOST_FILES]
    return known | {draft_files.add(item=pk, by=person(request), file=each).token: "" for each in brought}


def _keep_typed(request: HttpRequest, pk: int, error: Refusal) -> HttpResponse:
    """Say why it was refused, beside the text, which stays."""
    story = Story(find(request, pk), person(request), since=number(request, "since"))
    typed = {name: request.POST.get(name, "") for name in ("mode", "text", "note")}
    if not is_htmx(request):
        return respond.page(request, story, notice=error, typed=typed, status=error.status)
    context = respond.context(request, story, notice=error)
    response = render(request, "inbox/answer_refused.html", context, status=error.status)
    return reswap(retarget(response, "#answer-notice"), "innerHTML")


@login_required
@require_POST
@refusals
def take_back(request: HttpRequest, pk: int, outbound: int) -> HttpResponse:
    """Undo: the reply does not leave, and its text goes back into the composer."""
    taken = replies.take_back(outbound=_of(request, pk, outbound), by=person(request))
    text = taken.message.text
    if is_htmx(request):
        return acted(request, pk, say=_("Taken back. It has not left."), text_back=text)
    story = Story(find(request, pk), person(request))
    return respond.page(request, story, typed={"mode": "reply", "text": text, "note": ""})


@login_required
@require_POST
@refusals
def mark_sent(request: HttpRequest, pk: int, outbound: int) -> HttpResponse:
    replies.mark_sent(outbound=_of(request, pk, outbound), by=person(request))
    return acted(request, pk, say=_("Marked as sent."))


@login_required
@require_POST
@refusals
def send_again(request: HttpRequest, pk: int, outbound: int) -> HttpResponse:
    replies.send_again(outbound=_of(request, pk, outbound), by=person(request))
    return acted(request, pk, say=_("It goes out again."))


def _of(request: HttpRequest, pk: int, outbound: int) -> int:
    """The reply's id, when it belongs to the item of the address."""
    found = Outbound.objects.filter(pk=outbound, item=find(request, pk)).first()
    return found.pk if found else 0
