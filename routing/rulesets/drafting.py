"""The rules as they are being edited, read and compiled once until one of them changes.

The page tries a text on every few letters typed, and shows what lint finds on every visit: at ten thousand
rules, reading and compiling them each time would take seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connection

from routing.engine import Ruleset
from routing.engine.document import Document
from routing.engine.lint import Finding
from routing.models import Rule
from routing.rulesets.publishing import document
from teams.models import Team

# Everything a ruleset is made of, hashed by the database.
_STATE = """
SELECT count(*), sum(hashtextextended(concat_ws('|', id, position, state, share, team_id, name, body), 0)::numeric),
       (SELECT sum(hashtextextended(concat_ws('|', id, slug, name, time_zone, is_fallback, closed_at), 0)::numeric)
        FROM {teams})
FROM {rules}
"""


@dataclass
class Draft:
    """The draft as it was at one state of the tables."""

    state: tuple[Any, ...]
    document: Document
    # What lint found in it, and what else that depended on.
    linted: tuple[Any, list[Finding]] | None = None

    @cached_property
    def ruleset(self) -> Ruleset:
        return Ruleset.of(self.document)


_latest: Draft | None = None


def draft() -> Draft:
    """Valid as a whole, or InvalidRules."""
    global _latest
    with connection.cursor() as cursor:
        cursor.execute(_STATE.format(rules=Rule._meta.db_table, teams=Team._meta.db_table))
        state = cursor.fetchone()
    known = _latest
    if known is None or known.state != state:
        _latest = known = Draft(state, document())
    return known
