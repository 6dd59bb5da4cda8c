"""Conversations that a platform goes on with under another name: what is written there belongs to their first item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from connectors.base import Verb
from inbox.ingest.read import Found
from inbox.models import MovedThread


def note(found: Sequence[Found]) -> None:
    """Remember the moves of a batch. A platform may tell of one twice, from either side."""
    for each in found:
        name, before = each.entry.thread[:512], each.entry.parent[:512]
        if each.entry.verb is Verb.MOVED and name and before and name != before:
            MovedThread.objects.get_or_create(connection=each.connection, name=name, defaults={"first": before})


def followed(creates: Sequence[Found]) -> list[Found]:
    """The same messages, under the names that their conversations had first."""
    threads = {(each.connection.pk, each.entry.thread[:512]) for each in creates if each.entry.thread}
    if not threads:
        return list(creates)
    rows = MovedThread.objects.filter(connection__in={c for c, _t in threads}, name__in={t for _c, t in threads})
    first = {(row.connection_id, row.name): row.first for row in rows}
    return [_renamed(each, first.get((each.connection.pk, each.entry.thread[:512]))) for each in creates]


def _renamed(found: Found, first: str | None) -> Found:
    return replace(found, entry=replace(found.entry, thread=first)) if first else found
