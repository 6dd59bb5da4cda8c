"""The two small models of docs/models, searched through by Spin; each with controls that must fail."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

MODELS = Path(__file__).resolve().parents[2] / "docs" / "models"
pytestmark = pytest.mark.skipif(os.environ.get("RELAYBOX_NO_SPIN") == "1", reason="RELAYBOX_NO_SPIN=1")


def errors(folder: Path, model: str, promise: str, *flags: str) -> int:
    """Search all states of a model for a way to break one promise."""
    assert shutil.which("spin"), "install spin (apt-get install spin), or set RELAYBOX_NO_SPIN=1"
    options = [f"-D{flag}" for flag in flags]
    run(folder, "spin", *options, "-a", str(MODELS / f"{model}.pml"))
    run(folder, "gcc", "-O1", "-DNFAIR=8", "-DVECTORSZ=2048", "-o", "pan", "pan.c")
    said = run(folder, "./pan", "-a", "-f", "-m200000", "-N", promise)
    assert "max search depth too small" not in said
    return int(re.search(r"errors: (\d+)", said)[1])


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("model", "promise"), [("ingest", "once"), ("ingest", "never_lost"), ("send", "once"), ("send", "settled")]
)
def test_the_model_keeps_its_promise(tmp_path: Path, model: str, promise: str) -> None:
    assert errors(tmp_path, model, promise) == 0


@pytest.mark.parametrize(
    ("model", "promise", "mistake"),
    [
        ("ingest", "once", "NO_TOKEN"),
        ("ingest", "never_lost", "ACK_FIRST"),
        ("ingest", "never_lost", "NO_SWEEPER"),
        ("send", "once", "SEND_AGAIN"),
        ("send", "once", "CALL_FIRST"),
        ("send", "settled", "NO_CLOCK"),
    ],
)
def test_a_model_with_a_mistake_in_it_fails(tmp_path: Path, model: str, promise: str, mistake: str) -> None:
    assert errors(tmp_path, model, promise, mistake) > 0
