"""What a text holds where word breaks may take hits away: they are dear, so each is sought when it matters."""

from routing.engine.breaks import Stretches
from routing.engine.ruleset import Rest
from routing.engine.scan import Scanner, Seen


class Doubt:
    """The atoms that one text may hold, and those that it does."""

    __slots__ = ("_scanner", "_seen", "_settled", "_stretches")

    def __init__(self, scanner: Scanner, seen: Seen) -> None:
        self._scanner = scanner
        self._seen = seen
        self._settled: list[int] | None = None
        self._stretches: Stretches = {}

    def stands(self, number: int) -> bool:
        """Whether the text does hold an atom that it may hold."""
        scanner = self._scanner
        return not scanner.sure <= number < scanner.many_words or scanner.stands(number, self._seen, self._stretches)

    def enough_for(self, none: frozenset[int], rest: Rest | None) -> list[int]:
        """What the text holds; or may hold, where a rule is asked that this tells enough."""
        if self._settled is None:
            maybe = self._seen[0]
            if none.isdisjoint(maybe) and (rest is None or not (rest[0] or rest[1])):
                return maybe
            self._settled = self._scanner.settled(self._seen)
        return self._settled
