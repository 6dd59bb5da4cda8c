"""A connector before its platform, with a reply to send."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from connectors.base import Sent
from connectors.files import File
from tests.connectors.contract.send import SendContract
from tests.platforms.server import Request, Response


@dataclass
class Sender:
    """One connector before its platform."""

    case: SendContract
    server: Any
    http: httpx.Client

    def send(self, *files: File, **more: Any) -> Sent:
        reply = replace(self.case.reply(), files=files, **more)
        sent: Sent = self.case.connector.send(reply, self.case.account_at(self.server), self.http)
        return sent

    def fail(self, at: str, response: Response | None) -> None:
        """From now on calls to addresses with this in them are answered so (or not at all), and do nothing."""
        whole = self.server.answer

        def answer(request: Request) -> Response:
            if at not in request.path:
                return whole(request)
            if response is None:
                raise BrokenPipeError("the line is cut")
            return response

        self.server.answer = answer


def of(case: type[SendContract]) -> pytest.MarkDecorator:
    """For the fixture `sender`."""
    return pytest.mark.parametrize("sender", [case], indirect=True)
