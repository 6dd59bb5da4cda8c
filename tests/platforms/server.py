"""A small HTTP server that plays a platform."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Part:
    name: str
    type: str
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def parts(self) -> dict[str, Part]:
        """The fields and files of a multipart form, by name."""
        return dict(self.all_parts)

    @property
    def all_parts(self) -> list[tuple[str, Part]]:
        """The same, also where a name comes more than once."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        whole = BytesParser(policy=HTTP).parsebytes(head + self.body)
        return [
            (
                str(part.get_param("name", header="content-disposition")),
                Part(part.get_filename() or "", part.get_content_type(), part.get_payload(decode=True)),
            )
            for part in whole.iter_parts()
        ]

    @property
    def form(self) -> dict[str, str]:
        return dict(self.all_fields)

    @property
    def all_fields(self) -> list[tuple[str, str]]:
        """The same, also where a name comes more than once."""
        return parse_qsl(self.body.decode(), keep_blank_values=True)


@dataclass
class Response:
    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class PlatformServer:
    """`answer` is the platform; `problems` are its own ways to say no, by name."""

    problems: ClassVar[dict[str, Response]] = {}

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.accepted: list[Any] = []  # the replies that the platform took, as it understood them
        self.refusal: Response | None = None
        self.silence: float | None = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, request: Request) -> Response:
        raise NotImplementedError

    def refuse(self, problem: str | Response) -> None:
        """Say no from now on."""
        self.refusal = self.problems[problem] if isinstance(problem, str) else problem

    def fall_silent(self, seconds: float) -> None:
        """From now on do what is asked, and answer too late."""
        self.silence = seconds

    def recover(self) -> None:
        self.refusal = self.silence = None

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def handle(self, request: Request) -> Response:
        self.requests.append(request)
        if self.refusal:
            return self.refusal
        response = self.answer(request)
        if self.silence:
            time.sleep(self.silence)
        return response


def _handler(server: PlatformServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def respond(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            self.reply(server.handle(Request(self.command, parts.path, query, headers, body)))

        def reply(self, response: Response) -> None:
            encoded = response.encoded()
            try:
                self.send_response(response.status)
                for name, value in {"content-type": "application/json", **response.headers}.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(encoded)))
                self.end_headers()
                self.wfile.write(encoded)
            except OSError:
                self.close_connection = True  # the client gave up waiting

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = respond  # noqa: N815

        def log_message(self, *_args: Any) -> None:
            pass

    return Handler
