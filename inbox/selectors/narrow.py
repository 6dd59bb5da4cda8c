"""What each filter asks of an item. Which team and which state is for the lists to say, and for the counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from inbox.models import Connection, Item, ItemRead, Mention
from inbox.models.item import ItemQuerySet
from inbox.selectors.filters import EVERY, ME, NOBODY, UNFINISHED, Filters
from inbox.selectors.sight import Sight
from teams.errors import Invalid
from teams.models import User


def narrowed(user: User, filters: Filters, *, strict: bool = True) -> ItemQuerySet:
    """Every filter but team, state and words; those of the search box's operators too.

    `strict` refuses the name of somebody who is not there; otherwise it fits nothing.
    """
    items = Item.objects.filter(*_asked(user, filters, strict=strict))
    return items.filter(*_asked(user, filters.also, strict=strict)) if filters.also else items


def team_ids(sight: Sight, filters: Filters) -> tuple[int, ...]:
    """The teams that are meant, of those this person may look into."""
    named = {each.team for each in (filters, filters.also) if each and each.team}
    found = [sight.team(slug).pk for slug in sorted(named)]
    if not found:
        return sight.visible
    return tuple(found) if len(found) == 1 else ()


def countable(sight: Sight, filters: Filters) -> ItemQuerySet | None:
    """What a list holds, for a count; None where that would mean to look at finished items, or for words."""
    states = filters.all_states & UNFINISHED
    if (filters.all_states - UNFINISHED and filters.all_states != EVERY) or filters.terms:
        return None
    rows = narrowed(sight.user, filters, strict=False).filter(state__in=sorted(states))
    teams = team_ids(sight, filters)
    return rows if teams == sight.visible and sight.everything else rows.filter(team__in=teams)


def _asked(user: User, filters: Filters, *, strict: bool) -> list[Q]:
    exact: dict[str, Any] = {
        "kind": filters.kind,
        "connection_id": filters.connection,
        "priority": filters.priority,
        "returned": filters.returned,
        "language": filters.language,
        "last_message_at__lt": filters.before,
        "last_message_at__gte": filters.after,
        "labels__contains": [filters.label] if filters.label else None,
    }
    asked = [Q(**{name: value}) for name, value in exact.items() if value not in ("", None)]
    if filters.platform:
        asked.append(Q(connection__in=Connection.objects.filter(kind=filters.platform).values("pk")))
    if filters.rule:
        asked.append(Q(rule=Item.folded(filters.rule)) & ~Q(rule=""))  # as the index `item_by_rule` has it
    if filters.assignee:
        asked.append(_assigned(user, filters.assignee, strict=strict))
    if filters.waits is not None:
        asked.append(Q(state=Item.State.OPEN, waiting_since__lte=timezone.now() - timedelta(minutes=filters.waits)))
    asked += _either(Q(due_at__lte=timezone.now(), state__in=UNFINISHED), wanted=filters.breached)
    asked += _either(Exists(Mention.objects.filter(item=OuterRef("pk"), user=user)), wanted=filters.mentioned)
    asked += _either(~Exists(_read(user)), wanted=filters.unread)
    return asked


def _read(user: User) -> Any:
    """Whether this person has looked at an item since its last message."""
    return ItemRead.objects.filter(item=OuterRef("pk"), user=user, until__gte=OuterRef("last_message_at"))


def _either(condition: Any, *, wanted: bool | None) -> list[Q]:
    if wanted is None:
        return []
    return [Q(condition) if wanted else ~Q(condition)]


def _assigned(user: User, assignee: str, *, strict: bool) -> Q:
    if assignee == NOBODY:
        return Q(assignee=None)
    if assignee == ME:
        return Q(assignee=user)
    holders = User.objects.filter(username=assignee).values("pk")
    if not strict:
        return Q(assignee__in=holders)
    holder = holders.values_list("pk", flat=True).first()
    if holder is None:
        raise Invalid(assignee=_("There is no such person."))
    return Q(assignee=holder)
