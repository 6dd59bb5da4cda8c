"""The one subscription of a process ends when it is told to, whatever it is doing just then."""

from __future__ import annotations

import asyncio

from inbox.live.subscription import Subscription

MOMENTS = [microseconds / 1_000_000 for microseconds in range(0, 4000, 20)]


async def _ends_when_cancelled_after(seconds: float) -> bool:
    task = asyncio.create_task(Subscription(lambda _message: None, lambda _is_open: None).run())
    await asyncio.sleep(seconds)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=2)
    task.cancel()
    return task in done


def test_it_ends_at_any_moment_of_connecting(settings) -> None:
    settings.LIVE_CHANNEL = "relaybox:test:ending"

    async def deaf() -> list[float]:
        return [moment for moment in MOMENTS if not await _ends_when_cancelled_after(moment)]

    assert asyncio.run(deaf()) == []
