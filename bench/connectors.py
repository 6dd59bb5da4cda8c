"""How fast each connector reads: deliveries that are pushed, pages that are polled, and batches of a thousand.

Beside each rate stands what bare `json.loads` makes of the same bytes, so that the cost of
normalising is seen apart from the cost of JSON.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench.connector_samples import BATCHES, POLLED, PUSHED
from connectors import registry
from connectors.base import Account, Delivery, Verb

SECONDS = 0.4  # for each figure
_READABLE = frozenset({Verb.CREATE, Verb.EDIT})


def run(seconds: float = SECONDS) -> dict[str, Any]:
    return {
        "parsed_per_second": {kind: _pushed(kind, body, seconds) for kind, body in PUSHED.items()},
        "polled_entries_per_second": {kind: _polled(kind, page, seconds) for kind, page in POLLED.items()},
        "batch_of_1000_milliseconds": {kind: _batch(kind, body) for kind, body in BATCHES.items()},
    }


def _pushed(kind: str, body: bytes, seconds: float) -> dict[str, float]:
    connector, account, delivery = registry.get(kind), Account(kind), Delivery(body)
    (entry,) = connector.parse(delivery, account)
    if entry.verb is not Verb.CREATE:
        raise AssertionError(f"the sample of {kind} is {entry.verb}: {entry.reason}")
    rate = _rate(lambda: list(connector.parse(delivery, account)), seconds)
    bare = _rate(lambda: json.loads(body), seconds / 4) if body[:1] in b"{[" else 0.0
    return {"deliveries": round(rate), **({"share_of_bare_json": round(rate / bare, 3)} if bare else {})}


def _polled(kind: str, page: Any, seconds: float) -> int:
    connector: Any = registry.get(kind)
    account = polling_account(kind)
    with httpx.Client(transport=httpx.MockTransport(_answering(page))) as http:
        entries = connector.poll(account, "", http).entries
        wrong = [entry.reason for entry in entries if entry.verb not in _READABLE]
        if wrong or not entries:
            raise AssertionError(f"the sample of {kind} gives {wrong[:1]}")
        return round(len(entries) * _rate(lambda: connector.poll(account, "", http), seconds))


def _batch(kind: str, body: bytes) -> float:
    connector, account, delivery = registry.get(kind), Account(kind), Delivery(body)
    start = time.perf_counter()
    found = list(connector.parse(delivery, account))
    took = time.perf_counter() - start
    if len(found) != 1000 or {entry.verb for entry in found} != {Verb.CREATE}:
        raise AssertionError(f"a batch of {kind} gave {len(found)} entries")
    return round(took * 1000, 1)


def _rate(work: Callable[[], Any], seconds: float) -> float:
    done, start = 0, time.perf_counter()
    while (took := time.perf_counter() - start) < seconds:
        work()
        done += 1
    return done / took


def _answering(page: Any) -> Callable[[httpx.Request], httpx.Response]:
    """A platform without a network: tokens to whoever asks, else the one page."""
    encoded = json.dumps(page).encode()
    tokens = json.dumps({"access_token": "t", "accessJwt": "t", "expires_in": 3600}).encode()

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=tokens if request.method == "POST" else encoded)

    return answer


def polling_account(kind: str) -> Account:
    """A connection that has whatever its connector wants."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048) if kind == "google_play" else None
    key = key or ec.generate_private_key(ec.SECP256R1())  # type: ignore[assignment]
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()  # type: ignore[union-attr]
    file = json.dumps({"client_email": "a@b.example", "private_key": pem})
    connector: Any = registry.get(kind)
    special = {"service_account": file, "private_key": pem}
    settings = {name: "5" for name in connector.settings if not name.endswith("_base")}
    return Account(
        kind,
        external_id="accounts/1/locations/2",
        secrets={name: (special.get(name, "s"),) for name in connector.secrets},
        settings={**settings, "poll": "yes", "api_base": "https://platform.example"},
    )


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
