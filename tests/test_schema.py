"""The API keeps its word: whatever is asked, allowed or not, is answered as the schema says, and never by a 500."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from teams.tokens import create_token
from tests.strangers import Hidden

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 15
OPERATIONS = [
    found.ok()
    for found in schemathesis.openapi.from_wsgi("/api/v1/schema/", get_wsgi_application()).get_all_operations()
]


@pytest.fixture
def hidden(world) -> Iterator[Hidden]:
    """The application is called as a server calls it, which would end the test's own connection each time."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield Hidden.make(world)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def test_the_schema_holds_the_whole_contract():
    assert {operation.label for operation in OPERATIONS} >= {
        "GET /api/v1/items/", "GET /api/v1/items/{id}/", "POST /api/v1/items/{id}/claim/",
        "POST /api/v1/items/{id}/release/", "POST /api/v1/items/{id}/resolve/", "POST /api/v1/items/{id}/reopen/",
        "POST /api/v1/items/{id}/handoff/", "POST /api/v1/items/{id}/return/", "POST /api/v1/items/{id}/snooze/",
        "POST /api/v1/items/{id}/notes/", "POST /api/v1/items/{id}/replies/", "GET /api/v1/rules/",
        "POST /api/v1/rules/", "PATCH /api/v1/rules/{id}/", "DELETE /api/v1/rules/{id}/",
        "POST /api/v1/rules/publish/", "POST /api/v1/route/", "GET /api/v1/connections/", "GET /api/v1/events/",
        "POST /api/v1/events/{id}/replay/", "GET /api/v1/teams/",
    }  # fmt: skip


PLAIN = {"Accept-Encoding": "identity"}  # this client says that it can read gzip, and cannot


@pytest.mark.slow
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_every_operation_answers_as_its_schema_says(operation: Any, hidden: Hidden):
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )
    @given(case=operation.as_strategy())
    def answer(case: Any) -> None:
        _name_something_real(case, hidden)
        for headers in ({"Authorization": f"Bearer {token}"}, {}):
            with transaction.atomic():
                case.call_and_validate(headers={**headers, **PLAIN}, checks=CHECKS)
                transaction.set_rollback(True)

    token = create_token(hidden.world.ada)
    answer()


def _name_something_real(case: Any, hidden: Hidden) -> None:
    """Every other number in an address becomes one of something that exists."""
    for name, value in (case.path_parameters or {}).items():
        if isinstance(value, int) and value % 2:
            case.path_parameters[name] = 1 if name == "number" else hidden.number(case.path)
