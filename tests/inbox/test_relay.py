"""The relay: what becomes of a handoff that nobody accepted."""

from __future__ import annotations

import pytest

from inbox import queue, relay
from inbox.models import Handoff
from tests import world as small_world


@pytest.mark.django_db
@pytest.mark.parametrize("finish", [queue.resolve, queue.ignore])
def test_a_handoff_that_nobody_accepted_closes_with_its_item(world: small_world.World, finish) -> None:
    item = small_world.make_item(world.connection, world.support, thread=small_world.fresh("t"))
    other = small_world.make_item(world.connection, world.support, thread=small_world.fresh("t"))
    for each in (item, other):
        relay.hand_off(item=each.pk, by=world.alice, to=world.marketing, reason="Yours")

    finish(item=item.pk, by=world.bob)

    leg = Handoff.objects.get(item=item)
    assert (leg.outcome, leg.settled_by) == (Handoff.Outcome.CLOSED, world.bob)
    assert leg.settled_at is not None
    assert Handoff.objects.get(item=other).outcome == Handoff.Outcome.PENDING
