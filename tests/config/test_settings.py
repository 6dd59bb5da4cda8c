"""What the environment says, as the settings understand it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.config.conftest import ROOT

NAMES = ("EMAIL_HOST", "EMAIL_PORT", "EMAIL_USE_SSL", "EMAIL_USE_TLS", "EMAIL_HOST_USER", "DEFAULT_FROM_EMAIL")
PRINT = f"import json, config.settings as s; print(json.dumps([getattr(s, name) for name in {NAMES}]))"
GIVEN = {"RELAYBOX_EMAIL_HOST": "mail.example", "RELAYBOX_EMAIL_USER": "relay"}


def understood(**given: str) -> list[object]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RELAYBOX_")}
    env = {**kept, "RELAYBOX_DEBUG": "1", "RELAYBOX_BASE_URL": "https://inbox.example.org", **given}
    done = subprocess.run([sys.executable, "-c", PRINT], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ["", 587, False, True, "", "relaybox@inbox.example.org"]),
        (GIVEN, ["mail.example", 587, False, True, "relay", "relaybox@inbox.example.org"]),
        ({"RELAYBOX_EMAIL_PORT": "465"}, ["", 465, True, False, "", "relaybox@inbox.example.org"]),
        ({"RELAYBOX_EMAIL_PLAIN": "1"}, ["", 587, False, False, "", "relaybox@inbox.example.org"]),
        ({"RELAYBOX_FROM_EMAIL": "desk@a.example"}, ["", 587, False, True, "", "desk@a.example"]),
    ],
)
def test_the_mail_server_of_notifications(given: dict[str, str], expected: list[object]) -> None:
    assert understood(**given) == expected
