"""What every test has: no network but loopback, and the small world."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings as hypothesis_settings

from routing import rulesets
from tests import world as small_world

pytest.register_assert_rewrite("tests.inbox.queue_machine", "tests.inbox.queue_steps")

# A landing must not depend on the dice: there the examples are the same every time. Everywhere else they are new.
hypothesis_settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    hypothesis_settings.load_profile("ci")


@pytest.fixture(autouse=True)
def _no_ruleset_of_another_test() -> None:
    """A process keeps the ruleset in force; what another test published is none of this one's business."""
    rulesets.forget()


@pytest.fixture(autouse=True)
def _passwords_that_are_checked_fast(settings):
    """Argon2 is slow on purpose, and every test makes people."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _a_mail_server_for_notifications(settings):
    """Named, so that people are told by mail; Django keeps what leaves in `mail.outbox`."""
    settings.EMAIL_HOST = "mail.relaybox.example"


@pytest.fixture
def world(db: None) -> small_world.World:
    return small_world.build()
