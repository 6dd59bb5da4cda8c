"""The figures of /metrics. They are read when asked for, so every web process says the same."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily as Counter
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from insights import vitals


class Relaybox(Collector):
    def collect(self) -> Iterable[Metric]:
        yield Gauge("relaybox_broker_up", "Whether the broker answers.", value=float(vitals.broker_answers()))
        try:
            found, queues, doors = vitals.figures(), vitals.queues(), vitals.doors()
        except vitals.DatabaseGone:
            yield Gauge("relaybox_database_up", "Whether the database answers.", value=0)
            return
        yield Gauge("relaybox_database_up", "Whether the database answers.", value=1)
        yield from _counted(found)
        yield from _queued(queues)
        yield from _connected(doors)


def _counted(found: vitals.Figures) -> Iterable[Gauge]:
    name, text = "relaybox_oldest_pending_event_seconds", "Age of the event that has waited longest."
    yield Gauge(name, text, value=found.oldest_pending_seconds)
    yield Gauge("relaybox_events_pending", "Events received and not yet digested.", value=found.events_pending)
    yield Gauge("relaybox_events_dead", "Events given up, with a reason.", value=found.events_dead)
    yield Gauge("relaybox_replies_waiting", "Replies that wait to go out.", value=found.replies_waiting)
    text = "Replies that failed, or whose outcome is unknown."
    yield Gauge("relaybox_replies_unsettled", text, value=found.replies_unsettled)


def _queued(queues: Iterable[vitals.Queue]) -> Iterable[Gauge]:
    unfinished = Gauge("relaybox_items_unfinished", "Items that are open, waiting or snoozed.", labels=["team"])
    unclaimed = Gauge("relaybox_items_unclaimed", "Open items that nobody holds.", labels=["team"])
    for queue in queues:
        unfinished.add_metric([queue.team], queue.unfinished)
        unclaimed.add_metric([queue.team], queue.unclaimed)
    yield unfinished
    yield unclaimed


def _connected(doors: vitals.Doors) -> Iterable[Metric]:
    states = Gauge("relaybox_connections", "Connections, by state.", labels=["state"])
    for state, count in sorted(doors.states.items()):
        states.add_metric([state], count)
    yield states
    text = "Active connections that have been silent for longer than they usually are."
    yield Gauge("relaybox_connections_quiet", text, value=doors.quiet)
    refusals = Counter("relaybox_door_refusals", "Deliveries that a door did not take, by status.", labels=["status"])
    for status, count in doors.refusals.items():
        refusals.add_metric([str(status)], count)
    yield refusals


def exposition() -> bytes:
    registry = CollectorRegistry()
    registry.register(Relaybox())
    return generate_latest(registry)
