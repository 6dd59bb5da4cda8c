"""Which list a page shows beside its thread: one of the fixed views or a team, narrowed by filters.

A list is named in the address (`/queue/mine/`, `/team/support/`), and an item's address names the
list it was opened from (`/items/7/?in=mine`), so that every screen can be shared as a link.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from inbox.models import Item
from inbox.selectors.filters import EVERY, NAMES, UNFINISHED, Filters
from inbox.selectors.sight import KeptView, Sight
from teams.errors import Invalid, NotFound
from teams.models import Team

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

State = Item.State
TEAM = "team:"
VIEW = "view:"


@dataclass(frozen=True, slots=True)
class View:
    """A fixed list: what it is called, its mark, and what it asks for unless a filter says otherwise."""

    name: str
    title: _StrPromise
    icon: str
    narrow: Callable[[Filters], Filters]
    states: frozenset[str] = UNFINISHED


def _same(filters: Filters) -> Filters:
    return filters


VIEWS = {
    view.name: view
    for view in (
        View("mine", gettext_lazy("Held by you"), "hand", lambda found: replace(found, assignee="me")),
        View(
            "unclaimed",
            gettext_lazy("Unclaimed"),
            "circle",
            lambda found: replace(found, assignee="none"),
            frozenset({State.OPEN}),
        ),
        View(
            "mentions",
            gettext_lazy("Mentions of you"),
            "at",
            lambda found: replace(found, mentioned=True),
        ),
        View("waiting", gettext_lazy("Waiting on customer"), "wait", _same, frozenset({State.WAITING})),
        View("snoozed", gettext_lazy("Snoozed"), "moon", _same, frozenset({State.SNOOZED})),
        View("open", gettext_lazy("All open"), "inbox", _same),
        View(
            "returned",
            gettext_lazy("Returned"),
            "back",
            lambda found: replace(found, returned=True),
            frozenset({State.OPEN}),
        ),
        View("done", gettext_lazy("Done"), "check", _same, frozenset({State.RESOLVED})),
        View("all", gettext_lazy("Everything"), "search", _same, EVERY),
    )
}


@dataclass(frozen=True, slots=True)
class Scope:
    """One list as a page shows it."""

    key: str  # "mine", or "team:support"
    title: str
    filters: Filters
    query: str  # the filters as they stand in the address, without the cursor
    team: Team | None = None
    view: KeptView | None = None  # under this name the list is kept
    base: str = ""  # the key of the list that a view narrows

    @property
    def url(self) -> str:
        if self.view:
            return reverse("inbox:view", args=[self.view.pk])
        return self.open_url

    @property
    def open_url(self) -> str:
        """The same list with its filters in the address, where they can be changed."""
        if self.team:
            path = reverse("inbox:team", args=[self.team.slug])
        else:
            key = self.base or self.key
            path = reverse("inbox:queue", args=[key]) if key != "open" else reverse("inbox:home")
        return f"{path}?{self.query}" if self.query else path

    @property
    def states(self) -> str:
        """The states that its items are in, for the page's script: what has another one has left the list."""
        return " ".join(sorted(self.filters.all_states))

    @property
    def inside(self) -> str:
        """The query string of an item opened from here."""
        found = QueryDict("" if self.view else self.query, mutable=True)
        found["in"] = self.key
        return found.urlencode(safe=":")

    @property
    def is_filtered(self) -> bool:
        return bool(QueryDict(self.query).keys() - {"order"})


def read(sight: Sight, key: str, query: QueryDict) -> Scope:
    """The list that an address names; NotFound for a view or team that is not there for this person."""
    given = QueryDict(mutable=True)
    for name in sorted(query.keys() & NAMES):
        values = [value for value in query.getlist(name) if value.strip()]
        if values:
            given.setlist(name, values)
    if key.startswith(VIEW):
        return _kept(sight, key)
    if key.startswith(TEAM):
        return _team(sight, key.removeprefix(TEAM), given)
    if key not in VIEWS:
        raise NotFound(gettext("There is no such list."))
    view = VIEWS[key]
    return Scope(key, str(view.title), view.narrow(Filters.parse(given, states=view.states)), given.urlencode())


def _team(sight: Sight, slug: str, given: QueryDict) -> Scope:
    try:
        team = sight.team(slug)
    except Invalid:
        raise NotFound(gettext("There is no such team.")) from None
    given.pop("team", None)
    return Scope(TEAM + slug, team.name, replace(Filters.parse(given), team=slug), given.urlencode(), team)


def _kept(sight: Sight, key: str) -> Scope:
    number = key.removeprefix(VIEW)
    view = sight.view(int(number)) if number.isascii() and number.isdecimal() and len(number) < 18 else None
    if view is None or view.scope.startswith(VIEW):
        raise NotFound(gettext("There is no such view."))
    found = read(sight, view.scope, QueryDict(view.query))
    return replace(found, key=key, title=view.name, view=view, base=view.scope)
