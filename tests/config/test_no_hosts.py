"""No committed file says from which registry anything came, or on which machine it was made."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.config.conftest import ROOT

# Written in pieces, so that this file does not name what it forbids.
REGISTRIES = [
    "py" + "pi.org",
    "pythonhosted" + ".org",
    "npmjs" + ".org",
    "npmjs" + ".com",
    "index" + "-url",
    "find" + "-links",
]
MACHINE = ["/ro" + "ot/", "/wo" + "rk/", "/opt/" + "rb", "/opt/" + "pypi", "file:" + "///opt"]


def committed() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is not a git checkout")
    return [name for name in listed.stdout.split("\0") if name]


def texts() -> list[tuple[str, str]]:
    found = []
    for name in committed():
        path = ROOT / name
        if path.is_file() and b"\0" not in (content := path.read_bytes()):
            found.append((name, content.decode("utf-8", "replace")))
    return found


@pytest.mark.parametrize("words", [REGISTRIES, MACHINE], ids=["registries", "machine paths"])
def test_no_committed_file_names(words: list[str]) -> None:
    pattern = re.compile("|".join(map(re.escape, words)))
    found = [
        f"{name}: {hit[0]}"
        for name, text in texts()
        for hit in pattern.finditer(text)
        if allowed(name, hit[0]) is False
    ]
    assert found == []


def allowed(name: str, word: str) -> bool:
    """bin/lock has to say which options keep the registry out."""
    return name == "config/services/lock.py" and word in {"index" + "-url", "find" + "-links"}
