"""The commands behind bin/*."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from config.services import audit, bench, lock, manage, run, testing, words
from config.services.console import Console
from config.services.trouble import Trouble

COMMANDS: dict[str, Callable[[Path, list[str]], int]] = {
    "run": run.main,
    "manage": manage.main,
    "test": testing.main,
    "bench": bench.main,
    "lock": lock.main,
    "audit": audit.main,
    "words": words.main,
}


def main(args: list[str]) -> int:
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    root = Path(__file__).resolve().parents[2]
    try:
        return COMMANDS[args[0]](root, args[1:])
    except Trouble as trouble:
        Console(out=sys.stderr).fail(str(trouble))
        return trouble.code
    except KeyboardInterrupt:
        return 130
