"""The shared queue: claim, release, snooze, resolve, reopen, note.

Every writer (agent, rule, auto-assign, bulk, API) comes through here or through `inbox.relay`.
A claim is one conditional UPDATE and its row count is the proof. Everything else locks the
item's row first, so that it decides on what is true and not on what a page once showed.
`seen` is the version the person looked at; an older one than the item's is refused as stale.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, cast

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Now
from django.db.models.sql import UpdateQuery
from django.utils import timezone
from django.utils.translation import gettext as _

from inbox import clocks, mentions, notify, timeline
from inbox.errors import AlreadyClaimed, Stale, WrongState
from inbox.live import nudge
from inbox.models import Handoff, Item
from inbox.models.item import ItemQuerySet
from inbox.models.notification import Topic
from inbox.timeline import Verb
from teams.compiled import Compiled, rewriting
from teams.errors import Invalid, NotAllowed, NotFound
from teams.models import User

NOTE_LENGTH = 10_000  # characters
REASON_LENGTH = 200  # characters
LONGEST_SNOOZE = timedelta(days=366)


Dress = Callable[[ItemQuerySet], ItemQuerySet]


def _with_its_people(items: ItemQuerySet) -> ItemQuerySet:
    return items.select_related("team", "assignee")


def open_to(by: User) -> ItemQuerySet:
    """What this person may claim: permission and guard in one WHERE clause."""
    return Item.objects.visible_to(by).unfinished()


def claim(*, item: int, by: User, dress: Dress = _with_its_people, **why: Any) -> Item:
    """Give the item to one person; the loser learns who won. Claiming one's own item changes nothing.

    `dress` says what is read along with the item; `why` goes into the history: who or what gave it to them,
    when they did not take it themselves.
    """
    with transaction.atomic():
        won = _take(item, by)
        # Who could take it may see it.
        row = _TAKEN.first(dress, item=item) if won else _told(Item.objects.visible_to(by), dress, item).first()
        row = _found(row)
        if won:
            row.assignee = by  # so nobody need read them again
        _check_mine(row, by)
        accepted = cast("Any", row).handed_over and _accept(row, by)
        if not (won or accepted):
            return row
        timeline.record(row, Verb.CLAIMED, by=by, **why)
        nudge(teams=[row.team_id], item=row.pk)
    return row


def _take(item: int, by: User) -> bool:
    """The conditional UPDATE. When it waited for a colleague who moved the item to another team, PostgreSQL
    checks it against the old team and passes it over: then it is free all the same, and we ask again."""
    while not _TAKE.change(by.is_active, by.is_admin, item=item, by=by.pk):
        if not _free(item, by).exists():
            return False
    return True


def _free(item: int, by: User) -> ItemQuerySet:
    return open_to(by).filter(pk=item, assignee=None)


def _taking(is_active: bool, is_admin: bool, *, item: int, by: int) -> UpdateQuery:  # noqa: FBT001  (a shape)
    person = User(pk=by, is_active=is_active, is_admin=is_admin)
    mine = {"assignee": person, "claimed_at": Now(), "unclaimed_since": None, "escalated": 0}
    return rewriting(_free(item, person), **mine, version=F("version") + 1)


def _told(seen: ItemQuerySet, dress: Dress, item: int) -> ItemQuerySet:
    return dress(seen).annotate(handed_over=Exists(_pending(OuterRef("pk")))).filter(pk=item)


_TAKE = Compiled(Item, _taking)
_TAKEN = Compiled(Item, lambda dress, *, item: _told(Item.objects.all(), dress, item))


def release(*, item: int, by: User, seen: int | None = None) -> Item:
    """Put a claimed item back into its team's queue."""
    with held(item, by, seen=seen) as row:
        if row.assignee is None:
            raise WrongState(_("Nobody holds this item."), row)
        holder = row.assignee.username
        row.assignee = row.claimed_at = None
        save(row)
        timeline.record(row, Verb.RELEASED, by=by, holder=holder)
    return row


def let_go(row: Item, why: str) -> None:
    """Take a locked item from its holder, who did not ask for it; the history and they are told why."""
    holder = row.assignee
    row.assignee = row.claimed_at = None
    save(row)
    if holder:
        timeline.record(row, Verb.RELEASED, holder=holder.username, why=why)
        notify.tell(Topic.TAKEN_BACK, row, [holder.pk], key=f"back-{row.pk}-{row.version}")
        nudge(teams=[row.team_id], item=row.pk, users=[holder.pk])


def reassign(*, item: int, to: User, by: User, seen: int | None = None) -> Item:
    """Who leads the item's team gives it to one of its people, whoever holds it now."""
    with locked(item, by, seen=seen) as row:
        still_unfinished(row)
        if not by.leads(row.team_id):
            raise NotAllowed(_("Only who leads %(team)s may do this.") % {"team": row.team.name})
        if not (to.is_active and to.memberships.filter(team=row.team_id).exists()):
            raise Invalid(to=_("%(who)s is not in %(team)s.") % {"who": to.name, "team": row.team.name})
        if row.assignee_id == to.pk:
            return row
        before = row.assignee
        row.assignee, row.claimed_at = to, timezone.now()
        save(row)
        _accept(row, to)
        said: dict[str, Any] = {"from": before.username if before else None, "to": to.username}
        timeline.record(row, Verb.REASSIGNED, by=by, **said)
        notify.tell(Topic.ASSIGNED, row, [to.pk], key=f"assigned-{row.pk}-{row.version}", by=by)
        notify.tell(Topic.TAKEN_BACK, row, [before.pk] if before else [], key=f"back-{row.pk}-{row.version}", by=by)
    return row


def snooze(*, item: int, by: User, until: datetime, seen: int | None = None) -> Item:
    """Hide the item until a time. It wakes by itself, and at once when the customer writes."""
    now = timezone.now()
    if until <= now:
        raise Invalid(until=_("Choose a time in the future."))
    if until > now + LONGEST_SNOOZE:
        raise Invalid(until=_("Choose a time within a year."))
    with held(item, by, seen=seen) as row:
        still_unfinished(row)
        row.state, row.snoozed_until = Item.State.SNOOZED, until
        save(row)
        timeline.record(row, Verb.SNOOZED, by=by, until=until.isoformat())
    return row


def resolve(*, item: int, by: User, seen: int | None = None) -> Item:
    """The item is done. A handoff that nobody accepted closes with it."""
    with held(item, by, seen=seen) as row:
        still_unfinished(row)
        row.state, row.snoozed_until, row.waiting_since = Item.State.RESOLVED, None, None
        row.resolved_at = timezone.now()
        save(row)
        _close_handoff(row, by)
        timeline.record(row, Verb.RESOLVED, by=by)
    return row


def ignore(*, item: int, by: User, seen: int | None = None) -> Item:
    """Nobody has to answer this: spam, or nothing for us. A handoff that nobody accepted closes with it."""
    with held(item, by, seen=seen) as row:
        still_unfinished(row)
        row.state, row.snoozed_until, row.waiting_since = Item.State.IGNORED, None, None
        save(row)
        _close_handoff(row, by)
        timeline.record(row, Verb.IGNORED, by=by)
    return row


def reopen(*, item: int, by: User, seen: int | None = None) -> Item:
    """Bring a finished, waiting or snoozed item back into its team's queue."""
    with locked(item, by, seen=seen) as row:
        if row.state == Item.State.OPEN:
            raise WrongState(_("This item is open."), row)
        before = row.state
        if before in {Item.State.RESOLVED, Item.State.IGNORED}:
            row.assignee = row.claimed_at = None
        row.state, row.snoozed_until, row.resolved_at = Item.State.OPEN, None, None
        row.waiting_since = row.waiting_since or timezone.now()
        go_home(row)
        save(row)
        timeline.record(row, Verb.REOPENED, by=by, before=before)
    return row


def note(*, item: int, by: User, text: str) -> Item:
    """Write something only colleagues see. A note needs no claim and never goes stale."""
    words = text.replace("\x00", "").strip()
    if not words:
        raise Invalid(text=_("Write something first."))
    if len(words) > NOTE_LENGTH:
        raise Invalid(
            text=_("A note holds %(limit)s characters; this one has %(length)s.")
            % {"limit": NOTE_LENGTH, "length": len(words)}
        )
    with locked(item, by) as row:
        mentions.note(row, by, words)
    return row


def look_up(item: int, by: User) -> Item:
    """The item as it is now, or NotFound for whoever may not see it."""
    return _found(_with_its_people(Item.objects.visible_to(by)).filter(pk=item).first())


def _found(row: Item | None) -> Item:
    if row is None:
        raise NotFound(_("There is no such item."))
    return row


@contextmanager
def locked(item: int, by: User, *, seen: int | None = None) -> Iterator[Item]:
    """Hold the item's row for one transaction; afterwards tell the open tabs of its team."""
    with transaction.atomic():
        # Locked by its key alone and looked at after: a joined WHERE would be checked against the
        # team it had before we waited, and an item that just moved would seem to be gone.
        row = Item.objects.select_for_update().filter(pk=item).first()
        if row is None or not Item.objects.visible_to(by).filter(pk=item).exists():
            raise NotFound(_("There is no such item."))
        if seen is not None and seen != row.version:
            raise Stale(row)
        before = row.team_id
        yield row
        nudge(teams={before, row.team_id}, item=row.pk)


@contextmanager
def held(item: int, by: User, *, seen: int | None = None) -> Iterator[Item]:
    """Like `locked`, and refuse when a colleague holds the item; who leads its team may act all the same."""
    with locked(item, by, seen=seen) as row:
        if row.assignee_id not in {None, by.pk} and not by.leads(row.team_id):
            raise AlreadyClaimed(row)
        yield row


def go_home(row: Item) -> None:
    """An item that wakes up in a closed team is its successor's."""
    if row.team.closed_at is not None:
        row.team, row.team_since = row.team.heir(), timezone.now()
        clocks.new_leg(row)


def save(row: Item) -> None:
    """Write a locked row and set its clocks; its version grows, so that older pages notice."""
    clocks.wind(row)
    row.version += 1
    row.save(force_update=True)


def _accept(row: Item, by: User) -> bool:
    """Taking an item that was handed over accepts it; so does who was named, by claiming what is theirs."""
    return bool(_pending(row).update(outcome=Handoff.Outcome.ACCEPTED, settled_by=by, settled_at=Now()))


def _close_handoff(row: Item, by: User) -> None:
    _pending(row).update(outcome=Handoff.Outcome.CLOSED, settled_by=by, settled_at=Now())


def _pending(item: Item | OuterRef) -> QuerySet[Handoff]:
    return Handoff.objects.filter(item=item, outcome=Handoff.Outcome.PENDING)


def _check_mine(row: Item, by: User) -> None:
    if row.state not in Item.UNFINISHED:
        raise _finished(row)
    if row.assignee_id != by.pk:
        raise AlreadyClaimed(row)


def still_unfinished(row: Item) -> None:
    if row.state not in Item.UNFINISHED:
        raise _finished(row)


def _finished(row: Item) -> WrongState:
    return WrongState(_("This item is finished. Reopen it first."), row)
