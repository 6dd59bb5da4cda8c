"""bin/test: every check there is, with services of its own that it throws away."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from config.services import chromium, environment, private, spin, throwaway
from config.services.application import Application
from config.services.console import Console
from config.services.environment import Environment

ROLE = "bin/test"
ALONE = "race or fault or browser or slow"
PACKAGES = ("config", "connectors", "inbox", "insights", "routing", "teams")
COUNTS = ("tests", "failures", "errors", "skipped")
# Seconds until a step that hangs is stopped and called failed: far above what any takes, and the summary still comes.
PATIENCE = 60 * 60
TIMED_OUT = 124


@dataclass(slots=True)
class Results:
    """What each step gave; a failed one does not keep the next from running."""

    failed: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))

    def add(self, name: str, code: int, seconds: float) -> None:
        self.lines.append(f"  {'ok    ' if code == 0 else 'FAILED'} {name} ({seconds:.1f} s)")
        if code:
            self.failed.append(name)

    def count(self, report: Path) -> None:
        if report.exists():
            for suite in ElementTree.parse(report).iter("testsuite"):  # noqa: S314  # nosec B314
                for name in COUNTS:
                    self.totals[name] += int(suite.get(name, 0))


def main(root: Path, args: list[str]) -> int:
    console = Console()
    installed = environment.prepare(root, console, environment.PRODUCT, environment.TESTS)
    browser = chromium.find(console) if chromium.wanted() else ""
    spin.ensure(console)
    with throwaway.services(installed, console, ROLE, durable=False) as application:
        env = test_env(application, browser)
        if args:
            return subprocess.run(pytest(installed, *args), cwd=root, env=env, check=False).returncode
        return everything(installed, console, application.places.data, env)


def test_env(application: Application, browser: str) -> dict[str, str]:
    env = application.env()
    if browser:
        env["RELAYBOX_CHROMIUM"] = browser
    return env


def everything(installed: Environment, console: Console, scratch: Path, env: dict[str, str]) -> int:
    results, root = Results(), installed.root
    for name, command, more in checks(installed, scratch):
        step(results, console, name, command, root, {**env, **more})
    for name, options in pytest_runs():
        report = scratch / f"{len(results.lines)}.xml"
        command = pytest(installed, *options, f"--junitxml={report}")
        step(results, console, name, command, root, env)
        results.count(report)
    return closing(results, console)


def checks(installed: Environment, scratch: Path) -> list[tuple[str, list[str], dict[str, str]]]:
    """Name, command, and what its environment has on top."""
    manage = [str(installed.python), "manage.py"]
    tool = installed.tool
    return [
        ("ruff", [str(tool("ruff")), "check", "."], {}),
        ("ruff format", [str(tool("ruff")), "format", "--check", "."], {}),
        ("mypy", [str(tool("mypy")), *typed(installed.root)], {}),
        ("import contracts", [str(tool("lint-imports"))], {}),
        ("bandit", [str(tool("bandit")), "-q", "-ll", "-ii", "-c", "pyproject.toml", "-r", *PACKAGES], {}),
        ("migrations are complete", [*manage, "makemigrations", "--check", "--dry-run"], {}),
        ("deployment check", [*manage, "check", "--deploy", "--fail-level", "WARNING"], production(scratch)),
    ]


def typed(root: Path) -> list[str]:
    return [name for name in (*PACKAGES, "tests", "bench") if any((root / name).rglob("*.py"))]


def production(scratch: Path) -> dict[str, str]:
    """The settings of a real deployment, as docs/operations.md asks for them."""
    return {
        "RELAYBOX_DEBUG": "0",
        "RELAYBOX_BASE_URL": "https://relaybox.example",
        "RELAYBOX_ALLOWED_HOSTS": "relaybox.example",
        "RELAYBOX_SECRET_KEY": private.secret(scratch, "deployment-check"),
    }


def pytest_runs() -> list[tuple[str, list[str]]]:
    """What is quick side by side; what needs the machine or a service to itself, one after the other."""
    alone = ALONE if chromium.wanted() else f"({ALONE}) and not browser"
    return [
        ("tests side by side", ["-q", "-n", "2", "--durations=10", "-m", f"not ({ALONE})"]),
        ("tests one by one: races, faults, browser", ["-q", "-rfER", "-n", "0", "--durations=25", "-m", alone]),
    ]


def pytest(installed: Environment, *options: str) -> list[str]:
    return [str(installed.python), "-m", "pytest", *options]


def step(results: Results, console: Console, name: str, command: list[str], root: Path, env: dict[str, str]) -> None:
    console.step(name)
    began = time.monotonic()
    results.add(name, call(command, root, env, PATIENCE), time.monotonic() - began)


def call(command: list[str], root: Path, env: dict[str, str], patience: float) -> int:
    """Its exit code, or TIMED_OUT when it took longer than `patience` seconds."""
    sys.stdout.flush()
    process = subprocess.Popen(command, cwd=root, env=env, process_group=0)
    try:
        return process.wait(patience)
    except subprocess.TimeoutExpired:
        return TIMED_OUT
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Nothing of a step that was broken off stays behind."""
    if process.poll() is not None:
        return
    os.killpg(process.pid, signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(20)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def closing(results: Results, console: Console) -> int:
    """One summary over all runs, its last line in pytest's own words."""
    console.write("\n" + "\n".join(results.lines))
    if os.environ.get("RELAYBOX_NO_BROWSER") == "1":
        console.warn("The browser tests were left out: RELAYBOX_NO_BROWSER=1.")
    if not spin.wanted():
        console.warn("The tests of the models were left out: RELAYBOX_NO_SPIN=1.")
    if results.failed:
        console.fail(f"Failed: {', '.join(results.failed)}")
    total = results.totals
    bad = {"failed": total["failures"], "errors": total["errors"]}
    good = {"passed": total["tests"] - sum(bad.values()) - total["skipped"], "skipped": total["skipped"]}
    said = ", ".join(f"{count} {word}" for word, count in {**bad, **good}.items() if count or word == "passed")
    console.write(f"{'=' * 20} {said} in {console.seconds():.2f}s {'=' * 20}")
    return 1 if results.failed else 0
