"""bin/words: bring locale/ up to the texts of the source, and say what is still to be translated."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from config.services import environment
from config.services.console import Console
from config.services.trouble import Trouble


def main(root: Path, args: list[str]) -> int:
    if args:
        raise Trouble("bin/words takes no arguments.")
    installed = environment.prepare(root, Console(out=sys.stderr), environment.PRODUCT, environment.TESTS)
    return subprocess.run([str(installed.python), "-m", "config.words"], cwd=root, check=False).returncode
