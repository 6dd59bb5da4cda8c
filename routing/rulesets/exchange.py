"""The whole ruleset as YAML, out and in."""

from __future__ import annotations

from routing.engine import yaml_text
from routing.engine.errors import RuleError
from routing.errors import InvalidRules
from routing.models import RulesetVersion
from routing.rulesets.publishing import alone, document, publish_within
from routing.rulesets.replacing import replace_all
from teams.models import User


def export_yaml() -> str:
    """The rules as they stand on the rules page."""
    return yaml_text.dump(document().to_json())


def import_yaml(text: str, *, by: User | None, note: str = "") -> RulesetVersion:
    """Replace all rules and publish them; anything wrong, and nothing has changed."""
    try:
        raw = yaml_text.load(text)
    except RuleError as error:
        raise InvalidRules(error) from None
    with alone():
        replace_all(raw)
        return publish_within(by, note or "YAML")
