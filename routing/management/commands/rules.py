"""manage.py rules export|import FILE: the ruleset as YAML; "-" is standard input or output."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from routing import rulesets
from routing.errors import InvalidRules


class Command(BaseCommand):
    help = "Export the rules as YAML, or replace them by a YAML file and publish."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["export", "import"])
        parser.add_argument("file", help='a path, or "-" for standard input or output')

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "export":
            self._export(options["file"])
        else:
            self._import(options["file"])

    def _export(self, file: str) -> None:
        text = rulesets.export_yaml()
        if file == "-":
            self.stdout.write(text, ending="")
            return
        try:
            Path(file).write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{file}: {error}") from None

    def _import(self, file: str) -> None:
        try:
            text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
            version = rulesets.import_yaml(text, by=None)
        except InvalidRules as error:
            raise CommandError(str(error)) from None
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file}: {error}") from None
        self.stdout.write(f"Published version {version.number} with {len(version.document['rules'])} rules.")
