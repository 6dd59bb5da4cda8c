"""The guide of every kind of connection. docs/connectors tells more."""

from __future__ import annotations

from connectors.guide import Guide
from connectors.guides_meta import META
from connectors.guides_poll import POLLED
from connectors.guides_push import PUSHED

GUIDES: dict[str, Guide] = {**PUSHED, **META, **POLLED}
