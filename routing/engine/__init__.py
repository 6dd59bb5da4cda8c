"""The routing engine: pure Python and native scanners, no database, no clock, no network."""

from routing.engine.deciding import decide
from routing.engine.decision import Decision, Hit
from routing.engine.document import Document
from routing.engine.errors import RuleError
from routing.engine.explaining import Explanation, explain
from routing.engine.ruleset import Ruleset

__all__ = ["Decision", "Document", "Explanation", "Hit", "RuleError", "Ruleset", "decide", "explain"]
