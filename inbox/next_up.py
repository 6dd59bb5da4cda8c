"""Next for me: the most urgent item that a person may and can do, and passing one over with a reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from inbox import capacity, timeline, urgency
from inbox.errors import AlreadyClaimed, NoRoom, NothingToDo
from inbox.models import Item, Skip
from inbox.queue import REASON_LENGTH, claim, locked, save, still_unfinished
from inbox.timeline import Verb
from teams.errors import Invalid
from teams.models import Team, User

SKIPPED_FOR = timedelta(hours=8)
LOOK_AT = 20  # items, when somebody asks for the next one
TRIES = 5


@dataclass
class Asked:
    """Who asks for the next item, and from which teams. What is read for it is read once."""

    by: User
    only: Iterable[int] | None = None  # of the teams they may see; None: their own

    @cached_property
    def teams(self) -> list[int]:
        return own_teams(self.by, self.only)

    @cached_property
    def skipped(self) -> dict[int, str]:
        """What they have passed over, and why."""
        return dict(skips_of(self.by).order_by("pk").values_list("item", "reason"))


def claim_next(*, by: User, teams: Iterable[int] | None = None) -> Item:
    """Give this person the most urgent item that they may and can do; what colleagues are just taking is left out."""
    return claim_for(Asked(by, teams))


def claim_for(asked: Asked) -> Item:
    by = asked.by
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=by.pk)  # two clicks count one after the other
        full = capacity.full_platforms(person)
        if full is None:
            raise NoRoom(_("You hold as many open items as you can. Finish or release one first."))
        for _try in range(TRIES):
            some = urgency.first(asked.teams, limit=LOOK_AT, without=asked.skipped, platforms=full)
            for item in some:
                free = Item.objects.select_for_update(skip_locked=True).filter(pk=item.pk, state=Item.State.OPEN)
                if free.filter(assignee=None).values_list("pk").first():
                    return claim(item=item.pk, by=by, why="next")
            if not some:
                break
    raise NothingToDo(_("Nothing waits for you."))


def skip(*, item: int, by: User, reason: str, seen: int | None = None) -> Item:
    """Pass an item over, and say why. Who holds it releases it; "next for me" leaves it out for a while."""
    words = reason.replace("\x00", "").strip()
    with locked(item, by, seen=seen) as row:
        if not 0 < len(words) <= REASON_LENGTH:
            raise Invalid(reason=_("Say why in 1 to %(limit)s characters.") % {"limit": REASON_LENGTH})
        still_unfinished(row)
        if row.assignee_id not in {None, by.pk}:
            raise AlreadyClaimed(row)
        if row.assignee_id:
            row.assignee = row.claimed_at = None
            save(row)
        Skip.objects.create(item=row, user=by, reason=words)
        timeline.record(row, Verb.SKIPPED, by=by, reason=words)
    return row


def own_teams(person: User, wanted: Iterable[int] | None) -> list[int]:
    """The teams whose items come to this person: their own, or the named ones of those they may see."""
    seen = Team.objects.visible_to(person).open()
    if wanted is not None:
        return list(seen.filter(pk__in=list(wanted)).values_list("pk", flat=True))
    own = list(seen.of(person).values_list("pk", flat=True))
    return own or list(seen.values_list("pk", flat=True))


def skips_of(person: User) -> QuerySet[Skip]:
    """What this person has passed over and does not get again yet."""
    return Skip.objects.filter(user=person, at__gte=timezone.now() - SKIPPED_FOR)
