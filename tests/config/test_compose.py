"""docker-compose.yml and the Dockerfile run what bin/run runs, and hold no secret."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.services.application import Address, Application
from config.services.environment import Environment
from config.services.places import Places
from tests.config.conftest import ROOT

REQUIRED = ["POSTGRES_PASSWORD", "RELAYBOX_ALLOWED_HOSTS", "RELAYBOX_BASE_URL", "RELAYBOX_SECRET_KEY"]
MAIL = ("RELAYBOX_EMAIL_HOST", "RELAYBOX_EMAIL_USER", "RELAYBOX_EMAIL_PASSWORD", "RELAYBOX_FROM_EMAIL")
OPTIONAL = {"PORT": "8000", "RELAYBOX_EMAIL_PORT": "587", **dict.fromkeys(MAIL, "")}  # and what stands for nothing
APPLICATION = ["web", "worker", "scheduler", "sweeper"]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "docker-compose.yml").read_text()))


def ours(monkeypatch: pytest.MonkeyPatch, name: str) -> list[str]:
    """The command line that bin/run gives this process, as it would be in a container."""
    monkeypatch.delenv("RELAYBOX_WORKERS", raising=False)
    monkeypatch.setenv("RELAYBOX_SECRET_KEY", "given")
    inside = Places(root=Path("/relaybox"), data=Path("/data"), home=Path("/data"), user=None)
    environment = Environment(inside.root, Path("/usr/local"))
    application = Application(inside, environment, {}, Address("0.0.0.0", 8000))
    (program,) = [program for program in application.programs() if program.name == name]
    assert program.argv[0] == "/usr/local/bin/python"
    return ["python", *program.argv[1:]]


@pytest.mark.parametrize("name", APPLICATION)
def test_each_process_is_the_one_of_bin_run(
    compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assert compose["services"][name]["command"] == ours(monkeypatch, name)


def test_the_image_alone_is_the_web_server(compose: dict[str, Any]) -> None:
    words = re.search(r"^CMD \[(.*)\]$", (ROOT / "Dockerfile").read_text().replace("\\\n", ""), re.M | re.S)
    assert words
    assert yaml.safe_load(f"[{words[1]}]") == compose["services"]["web"]["command"]


def test_there_is_nothing_but_what_is_named(compose: dict[str, Any]) -> None:
    assert sorted(compose["services"]) == sorted([*APPLICATION, "postgres", "prepare", "redis"])
    assert sorted(compose["volumes"]) == ["broker", "data", "database"]


def test_every_secret_has_to_be_given_and_none_has_a_default(compose: dict[str, Any]) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    asked = re.findall(r"\$\{(\w+)([^}]*)\}", text)
    assert {name for name, _ in asked} == {*REQUIRED, *OPTIONAL}
    for name, rest in asked:
        assert rest == (f":-{OPTIONAL[name]}" if name in OPTIONAL else f":?set {name} in .env")
    for name in APPLICATION:
        values = compose["services"][name]["environment"]
        secret = [value for key, value in values.items() if "SECRET" in key or "PASSWORD" in key]
        assert all(value.startswith("${") for value in secret)


def test_only_the_web_server_can_be_reached_and_only_from_this_machine(compose: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert published == {"web": ["127.0.0.1:${PORT:-8000}:8000"]}


@pytest.mark.parametrize("name", APPLICATION)
def test_each_process_waits_for_the_migrated_database_and_the_broker(compose: dict[str, Any], name: str) -> None:
    assert compose["services"][name]["depends_on"] == {
        "prepare": {"condition": "service_completed_successfully"},
        "postgres": {"condition": "service_healthy"},
        "redis": {"condition": "service_healthy"},
    }
    assert compose["services"][name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", ["web", "worker", "scheduler", "postgres", "redis"])
def test_it_says_whether_it_is_well(compose: dict[str, Any], name: str) -> None:
    assert compose["services"][name]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}


def test_the_image_holds_the_locked_versions_and_does_not_run_as_root() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert "pip install --no-cache-dir --require-hashes --only-binary=:all: -r requirements.txt" in text
    assert text.index("USER relaybox") < text.index("CMD [")
    assert not re.search(r"SECRET|PASSWORD", text)
