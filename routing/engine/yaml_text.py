"""A ruleset as YAML and back, without loss.

Every scalar is read as the text that was typed: `no`, `1e3` and `09:30` are words here, not truth values,
numbers or seconds. Fields that are numbers or truth values are read as such by their own names.
"""

from typing import Any

import yaml

from routing.engine.errors import gettext_noop as _
from routing.engine.errors import wrong
from routing.engine.limits import DOCUMENT_CHARACTERS

_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
# The native writer is fast but escapes emoji: only for sets that nobody reads from top to bottom.
_FastDumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_MANY_RULES = 500


def load(text: str) -> Any:
    """Plain data of the document; anchors and repeated keys are refused, since both hide mistakes."""
    if len(text) > DOCUMENT_CHARACTERS:
        raise wrong("document", _("A document may have %(most)s characters."), most=DOCUMENT_CHARACTERS)
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            raise wrong("document", _("The document is empty."))
        _check(node, set())
        return loader.construct_document(node)
    except yaml.YAMLError as error:
        raise wrong("document", _("This is no YAML: %(reason)s"), reason=" ".join(str(error).split())) from None
    except (RecursionError, UnicodeError):
        raise wrong("document", _("This is no YAML that can be read.")) from None


def _check(node: yaml.Node, seen: set[int]) -> None:
    if id(node) in seen:
        raise wrong(
            "document", _("Line %(line)s: anchors are not understood; write it twice."), line=node.start_mark.line + 1
        )
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        _check_keys(node)
    if isinstance(node, yaml.CollectionNode):
        for child in node.value:
            for each in child if isinstance(child, tuple) else (child,):
                _check(each, seen)


def _check_keys(node: yaml.MappingNode) -> None:
    keys: set[str] = set()
    for key, _value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise wrong("document", _("Line %(line)s: a key has to be a word."), line=line)
        if key.value in keys:
            raise wrong(
                str(key.value), _("Line %(line)s: “%(name)s” stands here a second time."), line=line, name=key.value
            )
        keys.add(key.value)


def dump(document: dict[str, Any]) -> str:
    """The document as admins read it: what is as usual is left out, and so are ids and the format's number."""
    teams = [_without(team, {"time_zone": "UTC"}) for team in document["teams"]]
    rules = [
        _without(rule, {"state": "live", "share": 100, "team": None, "id": rule.get("id")})
        for rule in document["rules"]
    ]
    whole = {"teams": teams, "fallback": document["fallback"], "rules": rules}
    dumper = _FastDumper if len(rules) > _MANY_RULES else yaml.SafeDumper
    text: str = yaml.dump(whole, Dumper=dumper, sort_keys=False, allow_unicode=True, width=110, default_flow_style=None)
    return text


def _without(mapping: dict[str, Any], usual: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key not in usual or value != usual[key]}
