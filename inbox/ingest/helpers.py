"""Ask once: who of us helped a contact before, and whether they are there to do it again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from inbox import capacity
from inbox.clocks import Book
from inbox.models import Identity, Item
from teams import attendance
from teams.models import Team, User


@dataclass(frozen=True, slots=True)
class Helped:
    """The last time somebody of us answered a contact."""

    item: int
    team: Team  # that has the earlier item, or has taken over from it
    person: User

    def can_take(self, item: Item, book: Book, now: datetime, *, rule: bool) -> bool:
        """Whether the person can take the item now. A rule that asks for them asks for no presence."""
        team = item.team_id
        if not self.person.is_active or not self.person.memberships.filter(team=team).exists():
            return False
        if rule:
            return True
        on_duty = team in book.hours and book.hours[team].on_duty(now)
        return (
            on_duty
            and attendance.is_there(self.person, now)
            and capacity.has_room(self.person, team, item.connection.kind)
        )


def of(identities: Iterable[Identity], teams: Mapping[int, Team], now: datetime) -> dict[int, Helped]:
    """By contact: who helped them within the days their team remembers."""
    contacts = {identity.contact_id for identity in identities}
    longest = max((team.same_helper_days for team in teams.values()), default=0)
    if not contacts or not longest:
        return {}
    rows = (
        Item.objects.filter(contact__in=contacts, helper__isnull=False, helped_at__gte=now - timedelta(days=longest))
        .select_related("team", "helper")
        .order_by("contact", "-helped_at")
        .distinct("contact")
    )
    found = {row.contact_id: _helped(row, teams) for row in rows if _remembered(row, now)}
    return {contact: helped for contact, helped in found.items() if contact is not None and helped is not None}


def _remembered(row: Item, now: datetime) -> bool:
    days = timedelta(days=row.team.same_helper_days)
    return row.helped_at is not None and row.helped_at >= now - days


def _helped(row: Item, teams: Mapping[int, Team]) -> Helped | None:
    team = teams.get(row.team_id) or row.team.heir()
    return Helped(row.pk, team, row.helper) if row.helper else None
