"""The key of a reply: what a platform sees with every try of it, and what some of them tell us again."""

from __future__ import annotations

import re

_FORM = "relaybox-{number}"
_OURS = re.compile(_FORM.format(number=r"(\d{1,18})"), re.ASCII)


def of(number: int) -> str:
    return _FORM.format(number=number)


def number_in(key: str) -> int | None:
    """The reply behind a key that came back to us; None for anything else."""
    found = _OURS.fullmatch(key)
    return int(found[1]) if found else None
