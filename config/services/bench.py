"""bin/bench: every benchmark in bench/, each in a process of its own; one JSON object on stdout."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from config.services import environment, throwaway
from config.services.application import Application, collect_static
from config.services.console import Console
from config.services.trouble import Trouble

ROLE = "bin/bench"
MISSED = 3  # how a benchmark ends that ran, and did not reach its targets


def main(root: Path, args: list[str]) -> int:
    """With names, only these: `bin/bench door`."""
    console = Console(out=sys.stderr)
    names = args or available(root)
    unknown = sorted(set(names) - set(available(root)))
    if unknown:
        raise Trouble(f"There is no benchmark {', '.join(unknown)}; there are {', '.join(available(root))}.")
    installed = environment.prepare(root, console, environment.PRODUCT, environment.TESTS, environment.BENCH)
    figures: dict[str, object] = {}
    with throwaway.services(installed, console, ROLE, durable=True) as application:
        application.manage("migrate", "--noinput", "--verbosity", "0")
        collect_static(application, console)
        for name in names:
            console.step(f"Benchmark {name}")
            figures[name] = measure(application, name)
    print(json.dumps(figures, indent=2))
    return 1 if any(map(failed, figures.values())) else 0


def available(root: Path) -> list[str]:
    """Every file of bench/ that has a `run`."""
    return sorted(path.stem for path in (root / "bench").glob("*.py") if "\ndef run(" in path.read_text())


def failed(figures: object) -> bool:
    return isinstance(figures, dict) and ("error" in figures or bool(figures.get("not_reached")))


def measure(application: Application, name: str) -> object:
    """Its figures, or its error: one benchmark that fails must not hide the others."""
    done = subprocess.run(
        [str(application.environment.python), "-m", "bench", name],
        cwd=application.places.root,
        env=application.env(),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode not in (0, MISSED):
        return {"error": f"ended with code {done.returncode}"}
    return json.loads(done.stdout)
