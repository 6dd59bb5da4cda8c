"""Spin, which searches the models of docs/models: found, installed with apt, or asked for."""

from __future__ import annotations

import os
import shutil
import subprocess

from config.services.console import Console
from config.services.trouble import Trouble

PACKAGES = ("spin", "gcc", "libc6-dev")
ASK = (
    "The tests of the models need spin and gcc. Install them (Debian: apt-get install spin gcc libc6-dev), "
    "or leave these tests out on purpose: RELAYBOX_NO_SPIN=1 bin/test"
)


def wanted() -> bool:
    return os.environ.get("RELAYBOX_NO_SPIN") != "1"


def ensure(console: Console) -> None:
    if not wanted() or _present():
        return
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        console.step("Installing Spin for the tests of the models")
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["update", "-q"],
            ["install", "-y", "-q", "--no-install-recommends", "spin", "gcc", "libc6-dev"],
        ):
            subprocess.run([apt, *command], env=env, capture_output=True, check=False)
    if not _present():
        raise Trouble(ASK)


def _present() -> bool:
    return bool(shutil.which("spin") and shutil.which("gcc"))
