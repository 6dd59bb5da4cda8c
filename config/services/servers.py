"""PostgreSQL and Redis for this start: given ones by their URLs, or our own."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, field

from config.services.console import Console
from config.services.crew import Crew
from config.services.environment import Environment
from config.services.places import Places
from config.services.postgres import Postgres
from config.services.processes import end_pids, supervised_for
from config.services.valkey import Valkey


@dataclass(slots=True)
class Servers:
    places: Places
    environment: Environment
    crew: Crew
    console: Console
    durable: bool = True
    urls: dict[str, str] = field(default_factory=dict)
    postgres: Postgres | None = None  # ours, unless a URL names another

    def start(self) -> None:
        """Start those that no URL names, the quick one first."""
        self.urls = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)}
        if "REDIS_URL" not in self.urls:
            self.start_valkey()
        if "DATABASE_URL" not in self.urls:
            self.start_postgres()

    def clear_orphans(self) -> None:
        """What outlived an earlier supervisor of this data folder. The caller holds its lock."""
        end_pids(supervised_for(self.places.data), signal.SIGKILL, 5.0)

    def start_postgres(self) -> None:
        postgres = Postgres(self.places, self.environment.packages, self.durable)
        try:
            postgres.start()
        finally:
            if postgres.process:
                self.crew.adopt(postgres.program(), postgres.process)
        self.urls["DATABASE_URL"], self.postgres = postgres.url, postgres
        self.console.step(f"PostgreSQL answers on port {postgres.port}")

    def start_valkey(self) -> None:
        valkey = Valkey(self.places, self.environment.packages)
        try:
            valkey.start()
        finally:
            if valkey.process:
                self.crew.adopt(valkey.program(), valkey.process)
        self.urls["REDIS_URL"] = valkey.url
        self.console.step(f"Valkey answers on port {valkey.port}")

    def stop(self) -> None:
        self.crew.stop(["valkey", "postgres"], patience=4.0)
