"""Giving new items to people, where a team wants that; and taking them back from people who are not there.

Both are the sweeper's work and go through the queue's own claim, so that they never win against a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import DurationField, Exists, ExpressionWrapper, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from inbox import capacity, notify, queue, urgency
from inbox.models import Activity, Item
from inbox.models.notification import Topic
from inbox.timeline import Verb
from teams import attendance, coverage
from teams.errors import Refusal
from teams.models import Membership, Team, User

MINUTE = timedelta(minutes=1)
LOCK = 7311  # the class of our advisory locks: one sweeper at a time gives out a team's items


@dataclass(slots=True)
class Candidate:
    """A person of a team who can take an item now."""

    membership: Membership
    load: Counter[str]
    full: frozenset[str] | None
    of_team: int
    most: int | None

    @property
    def person(self) -> User:
        return self.membership.user

    def can_take(self, platform: str) -> bool:
        return self.full is not None and platform not in self.full and (self.most is None or self.of_team < self.most)

    def took(self, platform: str) -> None:
        self.load[platform] += 1
        self.of_team += 1
        self.full = capacity.full_platforms(self.person, self.load)


def assign_due(*, limit: int = 50) -> int:
    """Give the unclaimed items of teams that want it to people who are on. Returns how many were given."""
    teams = Team.objects.filter(closed_at=None).exclude(assignment=Team.Assignment.OFF)
    return sum(_assign(team, limit) for team in teams)


def _assign(team: Team, limit: int) -> int:
    now = timezone.now()
    items = urgency.first([team.pk], limit=limit)
    if not items or not coverage.on_duty(team, now):
        return 0
    with transaction.atomic():
        if not _only_one(team):
            return 0
        candidates = _candidates(team, now)
        return sum(_give(item, team, candidates) for item in items)


def _only_one(team: Team) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK, team.pk])
        return bool(cursor.fetchone()[0])


def _candidates(team: Team, now: datetime) -> list[Candidate]:
    rows = Membership.objects.filter(team=team).select_related("user").order_by("pk")
    there = [row for row in rows if attendance.is_there(row.user, now)]
    return [_candidate(row, team) for row in there]


def _candidate(row: Membership, team: Team) -> Candidate:
    load = capacity.open_items(row.user)
    held = Item.objects.filter(assignee=row.user, state=Item.State.OPEN, team=team).count()
    return Candidate(row, load, capacity.full_platforms(row.user, load), held, team.capacity)


def _give(item: Item, team: Team, candidates: Sequence[Candidate]) -> bool:
    platform = item.connection.kind
    gave_back = set(
        Activity.objects.filter(item=item, verb__in=[Verb.RELEASED, Verb.SKIPPED]).values_list("actor", flat=True)
    )
    able = [each for each in candidates if each.can_take(platform) and each.person.pk not in gave_back]
    if not able:
        return False
    chosen = min(able, key=_by_load if team.assignment == Team.Assignment.LEAST_LOADED else _by_turn)
    try:
        with transaction.atomic():
            row = queue.claim(item=item.pk, by=chosen.person, why=team.assignment)
    except Refusal:
        return False  # somebody was faster
    chosen.membership.assigned_at = timezone.now()
    chosen.membership.save(update_fields=["assigned_at"])
    chosen.took(platform)
    notify.tell(Topic.ASSIGNED, row, [chosen.person.pk], key=f"assigned-{row.pk}-{row.version}")
    return True


def _by_turn(each: Candidate) -> tuple[float, int]:
    at = each.membership.assigned_at
    return (at.timestamp() if at else 0.0, each.membership.pk)


def _by_load(each: Candidate) -> tuple[int, float, int]:
    return (each.load.total(), *_by_turn(each))


def release_absent(*, limit: int = 200) -> int:
    """Open items of people who are away or silent for too long go back to their team's queue."""
    now = timezone.now()
    patience = ExpressionWrapper(F("team__return_after") * Value(MINUTE), output_field=DurationField())
    heard = Greatest(Coalesce("assignee__seen_at", "claimed_at"), "claimed_at")
    late = (
        Item.objects.filter(state=Item.State.OPEN, assignee__isnull=False, team__return_after__isnull=False)
        .annotate(patience=patience, heard=heard, left=Greatest("assignee__away_since", "claimed_at"))
        .filter(Q(heard__lt=now - F("patience")) | Q(assignee__away_since__isnull=False, left__lt=now - F("patience")))
        .order_by("pk")
        .values_list("pk", "assignee", "assignee__away_since")[:limit]
    )
    return sum(_take_back(pk, holder, "away" if away else "silent") for pk, holder, away in late)


def _take_back(item: int, holder: int, why: str) -> bool:
    with transaction.atomic():
        rows = Item.objects.select_for_update(skip_locked=True)
        row = rows.filter(pk=item, assignee=holder, state__in=Item.UNFINISHED).first()
        if row is None:
            return False
        queue.let_go(row, why)
    return True


def release_all_of(person: User, why: str) -> int:
    """Everything unfinished that a person holds goes back to its team's queue."""
    rows = Item.objects.select_for_update()  # no joins: a row we waited for would be checked against the old ones
    items = list(rows.filter(assignee=person, state__in=Item.UNFINISHED).order_by("pk"))
    for row in items:
        queue.let_go(row, why)
    return len(items)


def release_unseen(*, limit: int = 200) -> int:
    """Items of private teams whose holder belongs there no longer, and so cannot even look at them."""
    belongs = Membership.objects.filter(team=OuterRef("team"), user=OuterRef("assignee"))
    lost = (
        Item.objects.unfinished()
        .filter(team__is_private=True, assignee__isnull=False, assignee__is_admin=False)
        .exclude(Exists(belongs))
        .values_list("pk", "assignee")[:limit]
    )
    return sum(_take_back(pk, holder, "no_access") for pk, holder in lost)
