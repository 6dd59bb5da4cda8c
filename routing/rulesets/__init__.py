"""Edit rules, publish them as versions, and hand out the version in force, compiled.

Doors (pages, API, commands, workers) come through here.
"""

from routing.rulesets.editing import create_rule, delete_rule, reorder, update_rule
from routing.rulesets.exchange import export_yaml, import_yaml
from routing.rulesets.publishing import document, publish, restore
from routing.rulesets.serving import current, forget, load

__all__ = [
    "create_rule",
    "current",
    "delete_rule",
    "document",
    "export_yaml",
    "forget",
    "import_yaml",
    "load",
    "publish",
    "reorder",
    "restore",
    "update_rule",
]
