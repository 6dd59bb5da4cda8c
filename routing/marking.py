"""A text with its matched words marked, as pieces that a template escapes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from routing.engine import Decision, Hit
from routing.engine.compiled import CompiledRule
from teams.models import Team


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    marked: bool
    keywords: str = ""


@dataclass(frozen=True, slots=True)
class Other:
    rule: CompiledRule
    words: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What a try shows: pieces of the text, the decision, and who else matched."""

    pieces: list[Piece]
    decision: Decision
    team: Team | None
    private: bool
    others: list[Other]
    shadow: list[CompiledRule]

    @classmethod
    def of(cls, decision: Decision, hidden: set[str]) -> Tried:
        private = decision.team in hidden
        return cls(
            pieces=pieces(decision.facts.text, () if private else decision.hits),
            decision=decision,
            team=None if private else Team.objects.filter(slug=decision.team).first(),
            private=private,
            others=[
                Other(rule, _words(decision.hits_of(rule))) for rule in decision.matched if rule.team not in hidden
            ],
            shadow=[rule for rule in decision.shadow if rule.team not in hidden],
        )


def _words(hits: Iterable[Hit]) -> str:
    return ", ".join(dict.fromkeys(hit.text for hit in hits))


def pieces(text: str, hits: Sequence[Hit]) -> list[Piece]:
    """The text cut at its hits; hits that overlap are marked as one."""
    found: list[Piece] = []
    done = 0
    for start, end, keywords in _joined(hits):
        if start > done:
            found.append(Piece(text[done:start], marked=False))
        found.append(Piece(text[start:end], marked=True, keywords=", ".join(keywords)))
        done = end
    return [*found, Piece(text[done:], marked=False)] if done < len(text) else found


def _joined(hits: Sequence[Hit]) -> list[tuple[int, int, list[str]]]:
    spans: list[tuple[int, int, list[str]]] = []
    for hit in sorted(hits, key=lambda each: (each.start, each.end)):
        if spans and hit.start < spans[-1][1]:
            start, end, keywords = spans.pop()
            spans.append((start, max(end, hit.end), list(dict.fromkeys([*keywords, hit.keyword]))))
        else:
            spans.append((hit.start, hit.end, [hit.keyword]))
    return spans
