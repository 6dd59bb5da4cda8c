"""The locks hold what the .in files ask for, and nothing says where it comes from."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.config.conftest import ROOT

PAIRS = ["requirements", "requirements-dev", "requirements-bench"]
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)")


def asked(name: str) -> list[Requirement]:
    rows = [row.partition("#")[0].strip() for row in (ROOT / f"{name}.in").read_text().splitlines()]
    return [Requirement(row) for row in rows if row and not row.startswith("-")]


def pinned(name: str) -> dict[str, str]:
    """Name and version of what is locked for this Python on this machine."""
    rows = (ROOT / f"{name}.txt").read_text().splitlines()
    locked = [Requirement(row.rstrip(" \\")) for row in rows if PINNED.match(row)]
    return {
        canonicalize_name(row.name): str(row.specifier).removeprefix("==")
        for row in locked
        if row.marker is None or row.marker.evaluate()
    }


@pytest.mark.parametrize("name", PAIRS)
def test_everything_asked_for_is_locked_at_a_version_that_fits(name: str) -> None:
    have = {part: number for pair in PAIRS for part, number in pinned(pair).items()}
    for requirement in asked(name):
        locked = have.get(canonicalize_name(requirement.name))
        assert locked, f"{requirement} is not locked: run bin/lock"
        assert requirement.specifier.contains(locked, prereleases=True), f"{requirement} is locked at {locked}"


@pytest.mark.parametrize("name", PAIRS)
def test_every_locked_version_has_hashes(name: str) -> None:
    text = (ROOT / f"{name}.txt").read_text()
    for part in re.split(r"\n(?=[A-Za-z0-9])", text):
        if PINNED.match(part):
            assert "--hash=sha256:" in part, part.splitlines()[0]


def test_what_runs_here_is_what_is_locked() -> None:
    """Else the tests would prove other versions than those people get."""
    differing = {
        name: (number, have)
        for name, number in pinned("requirements").items()
        if (have := here(name)) not in {number, ""}
    }
    assert differing == {}


def here(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # locked for another platform
        return ""


def test_a_lock_is_there_for_every_in_file() -> None:
    assert sorted(path.stem for path in Path(ROOT).glob("requirements*.in")) == sorted(PAIRS)
