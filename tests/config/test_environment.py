"""The environment from locked requirements, on machines that lack this or that."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config.services import environment
from config.services.console import Console
from config.services.trouble import Trouble
from tests.config.conftest import ROOT

PACKAGE = "vine"  # small, without dependencies, and locked already


def locked(name: str) -> str:
    """The rows of one package in the real lock."""
    rows = (ROOT / "requirements.txt").read_text().splitlines()
    first = next(number for number, row in enumerate(rows) if row.startswith(f"{name}=="))
    end = next(number for number in range(first + 1, len(rows)) if not rows[number].startswith(" "))
    return "\n".join(rows[first:end]) + "\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "requirements.txt").write_text(locked(PACKAGE))
    monkeypatch.setenv("RELAYBOX_VENV", str(tmp_path / "venv"))
    monkeypatch.setattr(sys, "executable", sys._base_executable)  # type: ignore[attr-defined]
    return tmp_path


def prepare(root: Path) -> tuple[environment.Environment, str]:
    with (root / "said").open("w+") as out:
        made = environment.prepare(root, Console(out=out), environment.PRODUCT)
        out.seek(0)
        return made, out.read()


def can_import(made: environment.Environment, name: str) -> bool:
    return subprocess.run([made.python, "-c", f"import {name}"], check=False, capture_output=True).returncode == 0


def without(monkeypatch: pytest.MonkeyPatch, *missing: str) -> None:
    """As on a machine without uv, without venv, without pip."""
    really = environment.works

    def works(command: list[str]) -> bool:
        return not any(word in " ".join(command[1:]) for word in missing) and really(command)

    monkeypatch.setattr(environment, "works", works)
    monkeypatch.setattr("shutil.which", lambda _name: None)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("missing", "said"),
    [((), "Making an environment"), (("ensurepip",), "This Python cannot make environments: fetching uv")],
    ids=["by venv", "by a uv fetched with pip"],
)
def test_without_uv_it_is_made_by_what_there_is(
    root: Path, monkeypatch: pytest.MonkeyPatch, missing: tuple[str, ...], said: str
) -> None:
    without(monkeypatch, *missing)
    made, output = prepare(root)
    assert said in output
    assert can_import(made, PACKAGE)


@pytest.mark.skipif(shutil.which("uv") is None, reason="there is no uv here")
def test_it_is_made_by_uv_and_not_twice(root: Path) -> None:
    made, output = prepare(root)
    assert "with uv" in output
    assert can_import(made, PACKAGE)
    again, output = prepare(root)
    assert (again, output) == (made, "")


def test_nothing_to_make_it_with_is_said(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "ensurepip", "pip --version", "--version")
    with pytest.raises(Trouble, match="neither venv nor pip"):
        prepare(root)


@pytest.mark.slow
def test_a_file_that_is_not_the_locked_one_is_refused(root: Path) -> None:
    lock = root / "requirements.txt"
    rows = lock.read_text().splitlines()
    lock.write_text("\n".join([rows[0], f"    --hash=sha256:{'0' * 64}"]) + "\n")
    with pytest.raises(Trouble, match="failed with code"):
        prepare(root)
    assert not (root / "venv" / environment.STAMP).exists()


@pytest.mark.slow
def test_an_interrupted_installation_is_begun_again(root: Path) -> None:
    made, _ = prepare(root)
    (made.folder / environment.UNDER_WAY).touch()
    (made.folder / environment.STAMP).unlink()
    shutil.rmtree(made.packages / PACKAGE)
    made, _ = prepare(root)
    assert can_import(made, PACKAGE)


@pytest.mark.slow
def test_another_lock_is_added_and_the_first_is_remembered(root: Path) -> None:
    (root / "requirements-dev.txt").write_text(locked("amqp") + locked(PACKAGE))
    prepare(root)
    made = environment.prepare(root, Console(quiet=True), environment.TESTS)
    assert can_import(made, "amqp")
    assert sorted(json.loads((made.folder / environment.STAMP).read_text())) == [
        environment.TESTS,
        environment.PRODUCT,
    ]


def test_the_fingerprint_changes_with_the_lock(root: Path) -> None:
    lock = root / "requirements.txt"
    before = environment.fingerprint(lock)
    assert before == environment.fingerprint(lock)
    lock.write_text(lock.read_text() + "\n")
    assert before != environment.fingerprint(lock)
