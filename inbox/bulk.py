"""The same thing for many items at once. Each item is done, or refused, for itself; all of it can be taken back.

Every item has a transaction of its own and goes through the service a single one goes through. `seen` says in
which version somebody saw each item: one that has changed since is left as it is, and named.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any, NoReturn, cast

from django.db import IntegrityError, transaction
from django.db.models import Field
from django.utils import timezone
from django.utils.translation import gettext as _

from inbox import marks, queue, relay, timeline
from inbox.errors import AlreadyClaimed, Stale
from inbox.live import nudge
from inbox.models import Activity, Handoff, Item, Undo
from inbox.timeline import Verb
from teams.errors import Invalid, NotFound, Refusal
from teams.models import Team, User

MOST = 200  # items at once
UNDO_WITHIN = timedelta(minutes=10)
# What the operations below may change, and an undo puts back.
FIELDS = (
    "team_id", "assignee_id", "state", "priority", "labels", "claimed_at", "waiting_since", "team_since",
    "snoozed_until", "resolved_at", "returned", "bounces", "resolution_spent", "running_since",
    "unclaimed_since", "escalated",
)  # fmt: skip
Act = Callable[..., Item]
Seen = Mapping[int, int]  # versions by item
UNSEEN: Seen = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one item."""

    item: int
    done: bool
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    results: tuple[Result, ...]
    undo: uuid.UUID | None = None  # the token that takes it back; None when nothing changed

    @property
    def done(self) -> int:
        return sum(result.done for result in self.results)


def claim(*, items: Iterable[int], by: User, seen: Seen = UNSEEN) -> Batch:
    return _each(items, by, seen, "claim", queue.claim)


def resolve(*, items: Iterable[int], by: User, seen: Seen = UNSEEN) -> Batch:
    return _each(items, by, seen, "resolve", queue.resolve)


def snooze(*, items: Iterable[int], by: User, seen: Seen = UNSEEN, until: datetime) -> Batch:
    return _each(items, by, seen, "snooze", partial(queue.snooze, until=until))


def label(
    *, items: Iterable[int], by: User, seen: Seen = UNSEEN, add: Iterable[str] = (), remove: Iterable[str] = ()
) -> Batch:
    return _each(items, by, seen, "label", partial(marks.label, add=list(add), remove=list(remove)))


def prioritise(*, items: Iterable[int], by: User, seen: Seen = UNSEEN, priority: int) -> Batch:
    return _each(items, by, seen, "prioritise", partial(marks.prioritise, priority=priority))


def hand_off(*, items: Iterable[int], by: User, seen: Seen = UNSEEN, to: Team, reason: str, note: str = "") -> Batch:
    """Pass many items to one team, with one reason and one note."""
    return _each(items, by, seen, "hand_off", partial(relay.hand_off, to=to, reason=reason, note=note))


def undo(*, token: uuid.UUID, by: User) -> Batch:
    """Take back what one bulk operation did, item by item, where nothing has happened since."""
    with transaction.atomic():
        fresh = Undo.objects.select_for_update().filter(token=token, by=by, at__gte=timezone.now() - UNDO_WITHIN)
        row = fresh.filter(used_at=None).first()
        if row is None:
            raise NotFound(_("There is nothing to take back any more."))
        row.used_at = timezone.now()
        row.save(update_fields=["used_at"])
    return Batch(tuple(_take_back(step, by, row.verb) for step in row.steps))


def _each(items: Iterable[int], by: User, seen: Seen, verb: str, act: Act) -> Batch:
    wanted = list(dict.fromkeys(items))
    if len(wanted) > MOST:
        raise Invalid(items=_("Choose %(limit)s items at most.") % {"limit": MOST})
    outcomes = [_one(item, by, seen.get(item), act) for item in wanted]
    steps = [step for _result, step in outcomes if step]
    token = Undo.objects.create(by=by, verb=verb, steps=steps).token if steps else None
    return Batch(tuple(result for result, _step in outcomes), token)


def _one(item: int, by: User, seen: int | None, act: Act) -> tuple[Result, dict[str, Any] | None]:
    try:
        with transaction.atomic():
            before = Item.objects.select_for_update().filter(pk=item).first()
            if before and seen not in {None, before.version}:
                _refuse_stale(before, by, act)
            legs = _legs(item)
            act(item=item, by=by)
            after = Item.objects.get(pk=item)
            step = _step(before, after, legs) if before and before.version != after.version else None
    except Refusal as refusal:
        return Result(item, done=False, code=refusal.code, message=str(refusal)), None
    return Result(item, done=True), step


def _refuse_stale(row: Item, by: User, act: Act) -> NoReturn:
    """Say what came in between, to whoever may see it; the row is locked, so it stays true."""
    now = queue.look_up(row.pk, by)
    if now.assignee_id not in {None, by.pk} and (act is queue.claim or not by.leads(now.team_id)):
        raise AlreadyClaimed(now)
    raise Stale(now, _("It has changed since the list showed it."))


def _legs(item: int) -> list[dict[str, Any]]:
    rows = Handoff.objects.filter(item=item).values("pk", "outcome", "settled_by_id", "settled_at")
    return [dict(row) for row in rows.order_by("pk")]


def _step(before: Item, after: Item, legs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    fields = {name: getattr(before, name) for name in FIELDS}
    return {"item": after.pk, "version": after.version, "fields": fields, "legs": list(legs)}


def _take_back(step: dict[str, Any], by: User, verb: str) -> Result:
    try:
        with transaction.atomic():
            row = Item.objects.select_for_update().get(pk=step["item"])
            if row.version != step["version"] or _somebody_acted_since(row, by):
                return Result(row.pk, done=False, code="stale", message=_("It has changed since."))
            teams = {row.team_id, step["fields"]["team_id"]}
            _restore(row, step["fields"])
            _restore_legs(row, step["legs"], by)
            timeline.record(row, Verb.UNDONE, by=by, what=verb)
            nudge(teams=teams, item=row.pk)
    except IntegrityError:  # its team was closed meanwhile, or its holder has left
        return Result(step["item"], done=False, code="stale", message=_("It has changed since."))
    return Result(row.pk, done=True)


def _somebody_acted_since(row: Item, by: User) -> bool:
    """Whether the newest line of the history is another's; a note or a reply leaves the version as it was."""
    last = Activity.objects.filter(item=row, actor__isnull=False).order_by("-pk").first()
    return last is not None and last.actor_id != by.pk


def _restore(row: Item, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        column = cast("Field[Any, Any]", Item._meta.get_field(name.removesuffix("_id")))
        setattr(row, name, column.to_python(value))
    row.team = Team.objects.get(pk=row.team_id)
    queue.save(row)


def _restore_legs(row: Item, legs: Sequence[dict[str, Any]], by: User) -> None:
    known = [leg["pk"] for leg in legs]
    Handoff.objects.filter(item=row).exclude(pk__in=known).update(
        outcome=Handoff.Outcome.WITHDRAWN, settled_by=by, settled_at=timezone.now()
    )
    for leg in legs:
        values = {name: leg[name] for name in ("outcome", "settled_by_id", "settled_at")}
        Handoff.objects.filter(pk=leg["pk"]).update(**values)
