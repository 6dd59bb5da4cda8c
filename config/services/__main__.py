"""Run by bin/* as `python3 config/services COMMAND`, with any Python from 3.11 and nothing installed.

`config` is entered here as a bare package: its `__init__` belongs to the application and may
need libraries that the first start has yet to install.
"""

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType


def enter() -> int:
    root = Path(__file__).resolve().parents[2]
    config = ModuleType("config")
    config.__path__ = [str(root / "config")]
    sys.modules["config"] = config
    sys.path[0] = str(root)
    return int(import_module("config.services.commands").main(sys.argv[1:]))


if __name__ == "__main__":
    sys.exit(enter())
