"""The keys: one table for what they do, what they are, the sheet that lists them and who has other ones.

A person's own choices lie in `User.keys`, action by action; what they did not choose is as in the table. An empty key
is none. Which script acts on an action is written in static/js/keys.js.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from teams.errors import Invalid
from teams.models import User

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class Key:
    """One action and the key it has unless somebody chose another."""

    action: str
    default: str
    words: _StrPromise


KEYS = (
    Key("next", "j", gettext_lazy("Next row")),
    Key("last", "k", gettext_lazy("Last row")),
    Key("claim", "c", gettext_lazy("Claim")),
    Key("release", "u", gettext_lazy("Put back")),
    Key("hand-over", "h", gettext_lazy("Hand over")),
    Key("return", "b", gettext_lazy("Return")),
    Key("reply", "r", gettext_lazy("Reply")),
    Key("note", "n", gettext_lazy("Note")),
    Key("resolve", "e", gettext_lazy("Done")),
    Key("reopen", "o", gettext_lazy("Reopen")),
    Key("snooze", "s", gettext_lazy("Snooze")),
    Key("label", "l", gettext_lazy("Label")),
    Key("skip", "p", gettext_lazy("Pass over")),
    Key("ignore", "", gettext_lazy("Ignore")),
    Key("next-up", "g", gettext_lazy("Next for me")),
    Key("undo", "z", gettext_lazy("Undo")),
    Key("contact", "i", gettext_lazy("Contact")),
    Key("select", "x", gettext_lazy("Select")),
    Key("copy-link", "", gettext_lazy("Copy the link")),
    Key("find", "/", gettext_lazy("Search or jump to")),
    Key("sheet", "?", gettext_lazy("All keys")),
)
ACTIONS = {key.action: key for key in KEYS}
_SELECTING = {"next": gettext_lazy("Select on the way down"), "last": gettext_lazy("Select on the way up")}


def keys_of(person: User) -> dict[str, str]:
    """Action by action the key this person has; "" for none. A default gives way to a key that was chosen before it."""
    chosen = person.keys
    taken = set(chosen.values())
    return {key.action: chosen.get(key.action, "" if key.default in taken else key.default) for key in KEYS}


def shown(person: User, action: str) -> str:
    """The key as a button prints it: nothing when this person has turned keys off."""
    return keys_of(person)[action].upper() if person.single_keys else ""


def choose(*, person: User, chosen: dict[str, str]) -> User:
    """Keep other keys for this person. Two actions cannot share one."""
    wanted = keys_of(person) | {action: _one_key(action, key) for action, key in chosen.items() if action in ACTIONS}
    _refuse_shared(wanted)
    person.keys = {action: key for action, key in wanted.items() if key != ACTIONS[action].default}
    person.save(update_fields=["keys"])
    return person


def fixed_rows(own: dict[str, str]) -> list[tuple[list[str], str]]:
    """The keys that nobody chooses, as the sheet prints them; Shift goes with the keys one has for the rows."""
    on_the_way = [
        (["Shift", own[action].upper()], words) for action, words in _SELECTING.items() if own[action].isalpha()
    ]
    return [
        *((pressed, str(words)) for pressed, words in on_the_way),
        (["1", "–", "9"], _("Open a queue, counted from the top")),
        (["↵"], _("Open")),
        (["Ctrl", "↵"], _("Send or confirm")),
        (["Ctrl", "Shift", "↵"], _("Send and mark done")),
        (["Ctrl", "Alt", "↵"], _("Send and open the next")),
        (["Ctrl", "K"], _("Search or jump to")),
        (["1", "–", "9"], _("Choose a reason in a dialog")),
        (["Esc"], _("Back")),
    ]


def _one_key(action: str, given: str) -> str:
    key = given.strip().lower()
    if len(key) > 1 or (key and (not key.isprintable() or key.isdecimal())):
        raise Invalid(**{action: _("One letter or sign; digits choose reasons.")})
    return key


def _refuse_shared(wanted: dict[str, str]) -> None:
    first: dict[str, str] = {}
    for action, key in wanted.items():
        if key and key in first:
            words = {"key": key.upper(), "other": ACTIONS[first[key]].words}
            raise Invalid(**{action: _("%(key)s is the key of “%(other)s” already.") % words})
        first.setdefault(key, action)
