"""What happens to the queue when a person leaves: nothing they held may lie with nobody looking."""

from __future__ import annotations

from django.db import transaction

from inbox import queue
from inbox.models import Item
from teams import people
from teams.models import User


@transaction.atomic
def deactivate(*, by: User, person: User) -> int:
    """End a person's access and put what they held back into its queues. Returns how many items that were."""
    people.deactivate(by=by, person=person)
    held = list(
        Item.objects.filter(assignee=person, state__in=Item.UNFINISHED).order_by("pk").values_list("pk", flat=True)
    )
    for item in held:
        queue.release(item=item, by=by)
    return len(held)
