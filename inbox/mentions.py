"""Colleagues and teams named in notes: `@sue`, `@support`.

A mention tells somebody about an item. It never lets them see it: whom the item is hidden from is not told, and
the author learns that. A name stays in the text as it was written; where it stands is kept with the note.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from inbox import notify, timeline
from inbox.models import Item, Mention
from inbox.models.notification import Topic
from teams.models import Team, User

NAME = re.compile(r"(?<![A-Za-z0-9_@.+/-])@([\w.+-]{1,150})")
LATIN = re.compile(r"[a-z0-9_.+-]+(?![a-z0-9_.+-])(?=[^\W\d_a-z])")
MOST = 50  # names in one note
OFFERED = 8  # at once, while somebody types


@dataclass(frozen=True, slots=True)
class Named:
    """One name in a text, and whom it means. A person comes before a team of the same name."""

    start: int
    end: int
    user: User | None = None
    team: Team | None = None


def names_in(text: str, by: User) -> list[Named]:
    """The people and teams this text names, as far as its author may know of them."""
    found = list(NAME.finditer(text))[:MOST]
    spellings = {spelling for each in found for spelling in _spellings(each[1])}
    if not spellings:
        return []
    people = {user.username.lower(): user for user in _people_called(spellings)}
    teams = {team.slug: team for team in Team.objects.visible_to(by).open().filter(slug__in=spellings)}
    named = (_named(each, people, teams) for each in found)
    return [each for each in named if each]


def note(item: Item, by: User, text: str) -> None:
    """Keep a note of a locked item, remember whom it names, and tell them."""
    named = names_in(text, by)
    said = timeline.record(item, timeline.Verb.NOTED, by=by, text=text, **_spans(named))
    meant = _meant(named)
    readers = notify.may_see(item.team_id).filter(pk__in=meant.keys() - {by.pk})
    rows = [Mention(item=item, note=said, user=user, team=meant[user.pk]) for user in readers]
    Mention.objects.bulk_create(rows)
    notify.tell(Topic.MENTIONED, item, [row.user_id for row in rows], key=f"mention-{said.pk}", text=text, by=by)


def hidden_from(item: Item, named: Iterable[Named]) -> list[str]:
    """Which of the people and teams named are not told, because they may not see the item: their names."""
    listed = list(named)
    people = {each.user for each in listed if each.user}
    teams = {each.team: notify.members([each.team.pk]) for each in listed if each.team}
    asked = {user.pk for user in people}.union(*teams.values())
    able = set(notify.may_see(item.team_id).filter(pk__in=asked).values_list("pk", flat=True))
    blind = [user.name for user in people if user.pk not in able]
    return sorted(blind) + sorted(team.name for team, members in teams.items() if not members & able)


def unseen(person: User) -> QuerySet[Mention]:
    """Where a note names this person and they have not looked yet, one for each item they may see."""
    items = Item.objects.visible_to(person).unfinished()
    return Mention.objects.filter(user=person, seen_at=None, item__in=items).distinct("item")


def offer(item: Item, by: User, beginning: str) -> tuple[list[User], list[Team]]:
    """Whom a name that begins like this may mean: people who may see the item, and teams the author may see."""
    start = beginning.strip().removeprefix("@")[:50]
    fits = Q(username__istartswith=start) | Q(display_name__istartswith=start) | Q(display_name__icontains=f" {start}")
    people = notify.may_see(item.team_id).filter(fits).exclude(pk=by.pk).order_by(Lower("username"))
    named = Q(slug__istartswith=start) | Q(name__istartswith=start)
    teams = Team.objects.visible_to(by).open().filter(named).order_by("name")
    return list(people[:OFFERED]), list(teams[:OFFERED])


def _people_called(spellings: set[str]) -> QuerySet[User]:
    lowered = User.objects.annotate(lowered=Lower("username"))
    return lowered.filter(lowered__in=spellings, is_active=True)


def _spellings(word: str) -> list[str]:
    """A name at the end of a sentence may carry its full stop; before Han and kana no space is written."""
    bare = word.rstrip(".+-").lower()
    latin = LATIN.match(bare)
    return [each for each in dict.fromkeys([word.lower(), bare, latin[0] if latin else ""]) if each.strip(".+-")]


def _named(found: re.Match[str], people: dict[str, User], teams: dict[str, Team]) -> Named | None:
    for spelling in _spellings(found[1]):
        end = found.start(1) + len(spelling)
        if spelling in people:
            return Named(found.start(), end, user=people[spelling])
        if spelling in teams:
            return Named(found.start(), end, team=teams[spelling])
    return None


def _meant(named: Iterable[Named]) -> dict[int, Team | None]:
    """Person by person, through which team they are meant; by their own name: through none."""
    listed = list(named)
    meant: dict[int, Team | None] = {}
    for each in listed:
        if each.team:
            meant |= dict.fromkeys(notify.members([each.team.pk]) - meant.keys(), each.team)
    return meant | {each.user.pk: None for each in listed if each.user}


def _name(each: Named) -> str:
    return each.user.username if each.user else each.team.slug if each.team else ""


def _spans(named: Iterable[Named]) -> dict[str, Any]:
    """Where the names stand, for the history; nothing when there are none."""
    found = [{"start": each.start, "end": each.end, "team" if each.team else "person": _name(each)} for each in named]
    return {"mentions": found} if found else {}
