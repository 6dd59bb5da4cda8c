"""Real payloads and signature vectors, where a checkout has them beside it; the project itself carries none."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from connectors import registry
from connectors.base import Account, Delivery, SignatureError, Verb

SHARED = Path(os.environ.get("RELAYBOX_SHARED") or Path(__file__).resolve().parents[3] / "shared")
INCOMPLETE = {"chatwoot_document_unicode_filename", "chatwoot_image_cloud_entry"}  # messages without their id
KINDS = {"meta": "facebook", "standard_webhooks": "generic"}
SECRETS = {
    "facebook": "app_secret",
    "generic": "secret",
    "telegram": "secret",
    "line": "channel_secret",
    "slack": "signing_secret",
    "discord": "public_key",
    "x": "consumer_secret",
    "twilio": "auth_token",
}
PUSHED = ("telegram", "facebook", "messenger", "instagram", "whatsapp", "line", "slack", "discord", "x", "trustpilot")


def vectors() -> list[Any]:
    path = SHARED / "vectors" / "signatures.json"
    found = json.loads(path.read_text()) if path.exists() else []
    return [each for each in found if KINDS.get(each["platform"], each["platform"]) in SECRETS]


def payloads() -> list[Path]:
    return [path for kind in PUSHED for path in sorted((SHARED / "payloads" / kind).glob("*.json"))]


@pytest.mark.parametrize("vector", vectors(), ids=lambda vector: str(vector["name"]))
def test_a_signature_vector_passes_or_fails_as_it_must(vector: dict[str, Any]) -> None:
    kind = KINDS.get(vector["platform"], vector["platform"])
    if kind not in registry.CONNECTORS:
        pytest.skip(f"{kind} is not built")
    body = vector["body"] if "body" in vector else urlencode(vector["form"])
    now = vector.get("now", 1_700_000_000)
    delivery = Delivery(
        body.encode(),
        {name.lower(): value for name, value in vector["headers"].items()},
        url=vector.get("url", ""),
        received_at=datetime.fromtimestamp(now, UTC),
    )
    secret = vector.get("secret") or vector["public_key"]
    account = Account(kind, secrets={SECRETS[kind]: (secret,)})
    if vector["valid"]:
        registry.get(kind).verify(delivery, account)
    else:
        with pytest.raises(SignatureError):
            registry.get(kind).verify(delivery, account)


@pytest.mark.parametrize("path", payloads(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_real_payload_is_read_without_a_broken_entry(path: Path) -> None:
    kind = path.parent.name
    if kind not in registry.CONNECTORS:
        pytest.skip(f"{kind} is not built")
    entries = list(registry.get(kind).parse(Delivery(path.read_bytes()), Account(kind)))
    broken = [entry.reason for entry in entries if entry.verb is Verb.BROKEN]
    assert broken == (["id: missing"] if path.stem in INCOMPLETE else [])
    assert entries
