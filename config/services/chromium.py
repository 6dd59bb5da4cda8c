"""A Chromium for the browser tests: found, installed with apt, or asked for. Never silently done without."""

from __future__ import annotations

import os
import shutil
import subprocess

from config.services.console import Console
from config.services.trouble import Trouble

NAMES = ("chromium", "chromium-browser", "google-chrome")
PACKAGES = ("chromium", "fonts-noto-core", "fonts-noto-cjk", "fonts-noto-color-emoji")
ASK = (
    "The browser tests need Chromium and there is none. Install it (Debian: apt-get install chromium), "
    "name one in RELAYBOX_CHROMIUM, or leave these tests out on purpose: RELAYBOX_NO_BROWSER=1 bin/test"
)


def wanted() -> bool:
    return os.environ.get("RELAYBOX_NO_BROWSER") != "1"


def find(console: Console) -> str:
    """The path of a Chromium."""
    path = present() or install(console)
    if not path:
        raise Trouble(ASK)
    return path


def present() -> str:
    given = os.environ.get("RELAYBOX_CHROMIUM")
    if given and not os.access(given, os.X_OK):
        raise Trouble(f"RELAYBOX_CHROMIUM is {given}, which cannot be started.")
    return given or next((path for name in NAMES if (path := shutil.which(name))), "")


def install(console: Console) -> str:
    apt = shutil.which("apt-get")
    if not apt or os.geteuid() != 0:
        return ""
    console.step("Installing Chromium for the browser tests (a minute or two)")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", *PACKAGES]):
        done = subprocess.run([apt, *command], env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            console.warn(f"apt-get {command[0]} failed: {done.stderr.strip()[-500:]}")
    return present()
