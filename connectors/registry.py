"""Every connector there is. A new platform is one file and one line here."""

from __future__ import annotations

from connectors.base import Connector
from connectors.generic import Generic
from connectors.telegram import Telegram

CONNECTORS: dict[str, Connector] = {
    "generic": Generic(),
    "telegram": Telegram(),
}


class UnknownKind(KeyError):
    """No connector is called that."""


def get(kind: str) -> Connector:
    try:
        return CONNECTORS[kind]
    except KeyError:
        raise UnknownKind(kind) from None
