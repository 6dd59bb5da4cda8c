"""How a page answers a write: in place for htmx, by a redirect without JavaScript, and a refusal in words.

The live part of the thread (`#live`) is drawn again by every answer. The composer is not: what
somebody typed stays where it is, whatever the answer says.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Literal, cast

from django.contrib import messages
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import reswap, retarget, trigger_client_event

from inbox import relay
from inbox.errors import Lost
from inbox.models import Identity, Item, ItemRead
from inbox.models.item import ItemQuerySet
from inbox.selectors.filters import NAMES
from inbox.selectors.sight import sight_of
from inbox.views.story import Story
from teams.errors import Invalid, NotFound, Refusal
from teams.models import User

View = Callable[..., HttpResponse]


def person(request: HttpRequest) -> User:
    return cast("User", request.user)


def is_htmx(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))


def number(request: HttpRequest, name: str) -> int | None:
    """A number a form carries along; anything else counts as not given."""
    return _count(request.POST.get(name) or request.GET.get(name) or "")


def shown(request: HttpRequest) -> dict[int, int | None]:
    """The items that a form or an address names, each with the version it was shown in: `12:3,13:1`.

    What is no number is left out; an item without a version is one that nobody has looked at.
    """
    given = (request.POST if request.method == "POST" else request.GET).get("items", "").split(",")
    pairs = [(_count(item), _count(version)) for item, _colon, version in (each.partition(":") for each in given)]
    return {item: version for item, version in pairs if item is not None}


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None


def find(request: HttpRequest, pk: int) -> Item:
    """The item, with what its page shows, or NotFound for whoever may not see it."""
    item = _seen(request, pk)
    if item is None:
        raise NotFound(_("There is no such item."))
    return item


def _seen(request: HttpRequest, pk: int) -> Item | None:
    rows = Item.objects.visible_to(person(request)).select_related("team", "assignee", "connection", "contact")
    read = ItemRead.objects.filter(item=OuterRef("pk"), user=person(request)).values("until")
    return for_its_bar(rows).annotate(read_until=Subquery(read[:1])).filter(pk=pk).first()


def for_its_bar(items: ItemQuerySet) -> ItemQuerySet:
    """Items with what the bar over a thread says of them: who wrote, where, and whether they can go back."""
    fields = ("id", "scope", "external_id", "handle", "name", "avatar", "followers", "verified")
    known = Identity.objects.filter(contact=OuterRef("contact")).order_by("pk")
    return items.select_related("connection", "contact").annotate(
        identities=ArraySubquery(known.values(told=JSONObject(**{name: name for name in fields}))),
        can_go_back=relay.can_go_back(),
    )


def item_url(request: HttpRequest, pk: int) -> str:
    """The item's address, beside the list it was opened from."""
    query = inside(request)
    return reverse("inbox:item", args=[pk]) + (f"?{query}" if query else "")


def inside(request: HttpRequest) -> str:
    """The list an item was opened from, as its query string; nothing else of the address."""
    given = QueryDict(request.POST["inside"][:1000]) if request.POST.get("inside") else request.GET
    kept = QueryDict(mutable=True)
    for name in sorted(given.keys() & {"in", *NAMES}):
        kept.setlist(name, given.getlist(name))
    return kept.urlencode(safe=":")


def refusals(view: View) -> View:
    """Turn domain errors into pages and fragments with their status and their facts in words."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Lost as error:
            return lost(request, error)
        except Invalid as error:
            return refused(request, error, " ".join(error.fields.values()))
        except Refusal as error:
            return refused(request, error, str(error))

    return guarded


def refused(request: HttpRequest, error: Refusal, message: str) -> HttpResponse:
    template = "frame/refused_part.html" if is_htmx(request) else "frame/refused.html"
    context = {"message": message, "status": error.status}
    return render(request, template, context, status=error.status)


def lost(request: HttpRequest, error: Lost) -> HttpResponse:
    """Somebody was first, or the page is old: show the item as it is, who won, and what came in between."""
    item = find(request, error.item.pk)
    story = Story(item, person(request), since=number(request, "since"), sight=sight_of(request))
    if not is_htmx(request):
        return page(request, story, notice=error, status=error.status)
    return live(request, story, notice=error, status=error.status)


def live(request: HttpRequest, story: Story, *, status: int = 200, **extra: Any) -> HttpResponse:
    """The part of the thread that changes: its bar, the relay, the story and the context."""
    return render(request, "inbox/live.html", context(request, story, oob=True, **extra), status=status)


def page(request: HttpRequest, story: Story, *, status: int = 200, **extra: Any) -> HttpResponse:
    """The whole screen with this item open."""
    from inbox.views import lists, rows, scopes

    sight = sight_of(request)
    scope = scopes.read(sight, request.GET.get("in", "open"), request.GET)
    found = rows.page(sight, scope, request.GET.get("cursor"), deep=False)
    whole = {**lists.page_context(request, found), **context(request, story, **extra)}
    return render(request, "inbox/page.html", whole, status=status)


def context(request: HttpRequest, story: Story, **extra: Any) -> dict[str, Any]:
    return {"story": story, "item": story.item, "viewer": request.user, "inside": inside(request), **extra}


def acted(
    request: HttpRequest,
    pk: int,
    *,
    say: str,
    undo: str = "",
    draft: str = "",
    text_back: str | None = None,
    finished: bool = False,
    onward: bool = False,
) -> HttpResponse:
    """The write is done: redraw the thread and tell the page's script what happened.

    `undo` is the action that takes it back. `draft` names the text that has arrived and need not be
    kept; `text_back` is one that goes back to its author. After a `finished` one the next item may open, after
    one that goes `onward` it does.
    """
    item = _seen(request, pk)
    if not is_htmx(request):
        messages.success(request, say)
        return redirect(item_url(request, pk) if item else reverse("inbox:home"))
    story = Story(item, person(request), sight=sight_of(request)) if item else None
    response = live(request, story, text_back=text_back) if story else render(request, "inbox/gone.html", {"say": say})
    event = {"say": say, "undo": undo, "draft": draft, "finished": finished, "onward": onward, "whole": True}
    # a text that goes back is looked for in the new fragment, so the script must not come before it
    return _telling(response, pk, story, event, after="receive" if text_back is None else "settle")


def acted_on_what_was_seen(request: HttpRequest, item: Item, *, say: str, undo: str) -> HttpResponse:
    """The write is done, and nothing else happened since the page was drawn: only the bar is other than it was.

    `item` is read `for_its_bar`. The bar says that it has no stamp, and the page's script reads the rest anew.
    """
    story = Story(item, person(request))
    story.stamp, story.last_activity = "", number(request, "since") or 0
    response = render(request, "inbox/talk_bar.html", context(request, story))
    response = reswap(retarget(response, "#live > .talk-bar"), "outerHTML")
    event = {"say": say, "undo": undo, "draft": "", "finished": False, "onward": False, "whole": False}
    return _telling(response, item.pk, story, event, after="settle")  # when the new bar can be read


def _telling(
    response: HttpResponse,
    pk: int,
    story: Story | None,
    event: dict[str, Any],
    *,
    after: Literal["receive", "settle"],
) -> HttpResponse:
    shown: dict[str, Any] = {"version": None, "since": None, "state": None}
    if story:
        shown = {"version": story.item.version, "since": story.last_activity, "state": story.item.state}
    return trigger_client_event(response, "relaybox:acted", {"item": pk, **event, **shown}, after=after)
