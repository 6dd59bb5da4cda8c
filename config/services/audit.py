"""bin/audit: ask the vulnerability database about the locked versions.

It needs the network, so bin/test leaves it out.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from config.services import environment
from config.services.console import Console


def main(root: Path, args: list[str]) -> int:
    installed = environment.prepare(root, Console(out=sys.stderr), environment.PRODUCT, environment.TESTS)
    command = [str(installed.tool("pip-audit")), "--require-hashes", "--disable-pip"]
    return subprocess.run([*command, "-r", "requirements.txt", *args], cwd=root, check=False).returncode
