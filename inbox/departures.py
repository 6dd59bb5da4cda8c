"""People leave and teams close; what they held is moved first, so that nothing is ever orphaned.

The database refuses it otherwise: an unfinished item is in an open team and held by an active person or nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import IntegrityError, OperationalError, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from inbox import assignment, clocks, notify, queue, timeline
from inbox.live import nudge
from inbox.models import Handoff, Item
from inbox.models.notification import Topic
from inbox.timeline import Verb
from teams import people
from teams.errors import Invalid, NotAllowed
from teams.models import Team, User

PORTION = 200
TRIES = 5
Done = TypeVar("Done")


def deactivate(*, by: User, person: User) -> int:
    """End a person's access; what they hold goes back to its teams. Returns how many items that were."""

    @transaction.atomic
    def leave() -> int:
        number = assignment.release_all_of(person, "deactivated")
        people.deactivate(by=by, person=person)
        return number

    return _again_when_raced(leave)


def close_team(*, by: User, team: Team, to: Team | None = None) -> Team:
    """Close a team. Its unfinished items go to another one: the named team, or else the fallback."""
    heir = _heir(by, team, to)
    while _again_when_raced(lambda: _move_some(team, heir, by)):
        pass

    @transaction.atomic
    def close() -> Team:
        row = Team.objects.select_for_update().get(pk=team.pk)  # new items wait from here on
        while _move_some(row, heir, by):
            pass
        row.closed_at, row.successor = timezone.now(), heir
        row.save(update_fields=["closed_at", "successor"])
        return row

    return _again_when_raced(close)


def reopen_team(*, by: User, team: Team) -> Team:
    """Open a closed team again; the items that were moved stay where they are."""
    _admin_only(by)
    team.closed_at = team.successor = None
    team.save(update_fields=["closed_at", "successor"])
    return team


def _heir(by: User, team: Team, to: Team | None) -> Team:
    _admin_only(by)
    if team.is_fallback:
        raise Invalid(team=_("The fallback team cannot be closed. Make another team the fallback first."))
    if to is None and team.is_private:
        raise Invalid(to=_("Say which team gets the items of a private team: the fallback team is open to all."))
    heir = Team.objects.get(pk=to.pk) if to else Team.objects.get(is_fallback=True)
    if heir.pk == team.pk or heir.closed_at is not None:
        raise Invalid(to=_("Choose another team that is open."))
    return heir


def _admin_only(by: User) -> None:
    if not (by.is_admin and by.is_active):
        raise NotAllowed(_("Only an admin may do this."))


@transaction.atomic
def _move_some(team: Team, to: Team, by: User) -> int:
    # No joins here: a row that we waited for would be checked against what it was joined to before.
    some = list(Item.objects.select_for_update().filter(team=team, state__in=Item.UNFINISHED).order_by("pk")[:PORTION])
    for row in some:
        _move(row, team, to, by)
    return len(some)


def _move(row: Item, team: Team, to: Team, by: User) -> None:
    holder = row.assignee
    row.team, row.team_since = to, timezone.now()
    row.assignee = row.claimed_at = None
    clocks.new_leg(row)
    queue.save(row)
    Handoff.objects.filter(item=row, outcome=Handoff.Outcome.PENDING).update(
        outcome=Handoff.Outcome.PASSED_ON, settled_by=by, settled_at=Now()
    )
    timeline.record(row, Verb.MOVED, by=by, **{"from": team.slug, "to": to.slug})
    if holder:
        notify.tell(Topic.TAKEN_BACK, row, [holder.pk], key=f"back-{row.pk}-{row.version}", by=by)
    nudge(teams=[team.pk, to.pk], item=row.pk)


def _again_when_raced(act: Callable[[], Done]) -> Done:
    """A claim or an arrival may come in between; then the database refuses, and we look again."""
    for _try in range(TRIES - 1):
        try:
            return act()
        except (IntegrityError, OperationalError):
            continue
    return act()
