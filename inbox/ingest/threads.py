"""Which item a message belongs to: that of its thread, that of the message it answers, or a new one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from django.db.models import Q

from inbox.ingest import known
from inbox.ingest.case import Case
from inbox.ingest.known import ObjectKey
from inbox.ingest.read import Found
from inbox.models import Item, Message
from teams.models import Team


class Threads:
    """The items of one batch. Those it continues are locked, in the order of their ids."""

    def __init__(self, fresh: Sequence[Found], teams: Mapping[int, Team]) -> None:
        self.cases: list[Case] = []
        self._by_thread: dict[ObjectKey, Case] = {}
        self._by_message: dict[ObjectKey, Case] = {}
        self._load(fresh, teams)

    def case(self, found: Found, new: Callable[[Found], Item]) -> Case | None:
        """Whose case this is; none for our own words to nobody, which nobody has to answer."""
        entry, connection = found.entry, found.connection
        going_on = self._by_thread.get((connection.pk, entry.thread[:512])) if entry.thread else None
        going_on = going_on or self._by_message.get((connection.pk, entry.parent[:512]))
        if going_on or entry.outbound:
            return going_on
        case = Case(new(found), is_new=True, settled=False)
        self.cases.append(case)
        if entry.thread:
            self._by_thread[connection.pk, entry.thread[:512]] = case
        return case

    def remember(self, message: Message, case: Case) -> None:
        """Later entries of the batch may answer this one."""
        if message.external_id:
            self._by_message[message.connection_id, message.external_id] = case

    def _load(self, fresh: Sequence[Found], teams: Mapping[int, Team]) -> None:
        threads = {(f.connection.pk, f.entry.thread[:512]) for f in fresh if f.entry.thread}
        answered = known.messages({(f.connection.pk, f.entry.parent[:512]) for f in fresh if f.entry.parent})
        items = _locked(threads, {message.item_id for message in answered})
        accounts = {found.connection.pk: found.connection for found in fresh}
        for item in items.values():
            item.connection = accounts[item.connection_id]
            if item.team_id in teams:
                item.team = teams[item.team_id]
        moved = known.moved_by_people_or_rules(items)
        cases = {pk: Case(item, is_new=False, settled=pk in moved, teams={item.team_id}) for pk, item in items.items()}
        self.cases.extend(cases.values())
        self._by_thread.update({(c.item.connection_id, c.item.thread): c for c in cases.values() if c.item.thread})
        self._by_message.update({(m.connection_id, m.external_id): cases[m.item_id] for m in answered})


def _locked(threads: set[ObjectKey], answered: set[int]) -> dict[int, Item]:
    """The items of these threads and of the messages that are answered."""
    wanted = Q(pk__in=answered)
    if threads:
        wanted |= Q(connection__in={c for c, _t in threads}, thread__in={t for _c, t in threads})
    # Each thread is some connection's; their product names more than was asked for.
    return {
        item.pk: item
        for item in known.locked(wanted)
        if item.pk in answered or (item.connection_id, item.thread) in threads
    }
