"""The proof that nothing falls through the cracks: what was received is somewhere, and it adds up.

*received = open + waiting + snoozed + resolved + ignored + dead*. What was received is counted in the
append-only history (the first line of every item) and in the dead events; where it is now, in the items'
own rows. The two are counted apart, in one snapshot, so that the sum can be wrong when something is.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from inbox.models import Activity, Item

FIRST_LINES = ("routed", "ignored")
COUNT = """
SELECT (SELECT count(DISTINCT item_id) FROM inbox_activity WHERE verb IN ('routed', 'ignored'))
           + (SELECT count(*) FROM inbox_event WHERE state = 'dead'),
       count(*) FILTER (WHERE state = 'open'), count(*) FILTER (WHERE state = 'waiting'),
       count(*) FILTER (WHERE state = 'snoozed'), count(*) FILTER (WHERE state = 'resolved'),
       count(*) FILTER (WHERE state = 'ignored'),
       (SELECT count(*) FROM inbox_event WHERE state = 'dead'),
       (SELECT count(*) FROM inbox_event WHERE state IN ('pending', 'leased'))
FROM inbox_item
"""


@dataclass(frozen=True, slots=True)
class Ledger:
    received: int
    open: int
    waiting: int
    snoozed: int
    resolved: int
    ignored: int
    dead: int
    on_the_way: int  # events that no worker has finished: not yet anything that waits for a person

    @property
    def accounted(self) -> int:
        return self.open + self.waiting + self.snoozed + self.resolved + self.ignored + self.dead

    @property
    def missing(self) -> int:
        """How many are received and nowhere; negative when there are more than were received."""
        return self.received - self.accounted

    @property
    def balances(self) -> bool:
        return self.received == self.accounted

    @property
    def columns(self) -> list[tuple[str, int]]:
        return [(field.name, getattr(self, field.name)) for field in fields(self)]


def count() -> Ledger:
    """All figures in one statement, and so in one snapshot."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(COUNT)
        return Ledger(*cursor.fetchone())


def out_of_nowhere(*, limit: int = 100) -> list[Item]:
    """Items whose history does not say where they came from: why the sum can be wrong."""
    told = Activity.objects.filter(item=OuterRef("pk"), verb__in=FIRST_LINES)
    found = Item.objects.filter(~Exists(told)).select_related("team", "connection")
    return list(found.order_by("-pk")[:limit])


def without_next_step(*, limit: int = 100) -> list[Item]:
    """Open items that nobody holds and no clock will ever ring for: everybody has been told."""
    lost = Item.objects.filter(state=Item.State.OPEN, assignee=None, alarm_at=None)
    return list(lost.select_related("team", "connection").order_by("waiting_since", "pk")[:limit])
