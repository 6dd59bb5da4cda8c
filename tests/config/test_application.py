"""The command lines of what bin/run starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.services.application import Address, Application
from config.services.environment import Environment
from config.services.places import Places


def web(tmp_path: Path) -> tuple[str, ...]:
    where = Places(root=tmp_path, data=tmp_path, home=tmp_path, user=None)
    return Application(where, Environment(tmp_path, tmp_path), {}, Address("127.0.0.1", 8000)).web().argv


@pytest.mark.parametrize("given", [None, "", "1"])
def test_one_web_process_serves_the_pages_unless_more_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str | None
) -> None:
    monkeypatch.delenv("RELAYBOX_WEB_PROCESSES", raising=False)
    if given is not None:
        monkeypatch.setenv("RELAYBOX_WEB_PROCESSES", given)
    argv = web(tmp_path)
    assert argv[1:8] == ("-m", "uvicorn", "config.asgi:application", "--host", "127.0.0.1", "--port", "8000")
    assert "--workers" not in argv


def test_more_web_processes_share_the_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RELAYBOX_WEB_PROCESSES", raising=False)
    alone = web(tmp_path)
    monkeypatch.setenv("RELAYBOX_WEB_PROCESSES", "3")
    assert web(tmp_path) == (*alone, "--workers", "3")
