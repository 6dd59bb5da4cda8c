"""What bin/test says at the end: what failed, what was left out on purpose, and how many tests there were."""

from __future__ import annotations

import io

import pytest

from config.services import testing
from config.services.console import Console

BROWSER = "The browser tests were left out: RELAYBOX_NO_BROWSER=1."
MODELS = "The tests of the models were left out: RELAYBOX_NO_SPIN=1."


def said(monkeypatch: pytest.MonkeyPatch, *left_out: str) -> tuple[int, str]:
    for name in ("RELAYBOX_NO_BROWSER", "RELAYBOX_NO_SPIN"):
        monkeypatch.setenv(name, "1" if name in left_out else "0")
    results, stream = testing.Results(totals={"tests": 5, "failures": 0, "errors": 0, "skipped": 2}), io.StringIO()
    code = testing.closing(results, Console(stream))
    return code, stream.getvalue()


@pytest.mark.parametrize(
    ("left_out", "browser", "models"),
    [
        ([], False, False),
        (["RELAYBOX_NO_BROWSER"], True, False),
        (["RELAYBOX_NO_SPIN"], False, True),
        (["RELAYBOX_NO_BROWSER", "RELAYBOX_NO_SPIN"], True, True),
    ],
)
def test_what_was_left_out_on_purpose_is_said_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, left_out: list[str], browser: bool, models: bool
) -> None:
    code, words = said(monkeypatch, *left_out)
    assert code == 0
    assert (BROWSER in words, MODELS in words) == (browser, models)
    assert "3 passed, 2 skipped in " in words
