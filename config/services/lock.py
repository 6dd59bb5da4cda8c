"""bin/lock: write requirements*.txt, every version with its hashes, from requirements*.in.

`uv pip compile` names no registry in what it writes (uv.lock and pylock.toml would). One file
serves every platform that has wheels.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from config.services.console import Console
from config.services.environment import run
from config.services.trouble import Trouble

NAMES = ("requirements", "requirements-dev", "requirements-bench")
FLAGS = (
    "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url",
    "--no-emit-find-links", "--no-emit-index-annotation", "--custom-compile-command", "bin/lock",
)  # fmt: skip


def main(root: Path, args: list[str]) -> int:
    """`--upgrade` takes the newest versions; without it, only what has to change changes."""
    console = Console(out=sys.stderr)
    uv = shutil.which("uv")
    if uv is None:
        raise Trouble("bin/lock needs uv on the PATH.")
    for name in NAMES:
        console.step(f"Locking {name}.in")
        source, target = root / f"{name}.in", root / f"{name}.txt"
        run([uv, "pip", "compile", *FLAGS, *args, source.name, "-o", target.name], console, cwd=root)
    return 0
