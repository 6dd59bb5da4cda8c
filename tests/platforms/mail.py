"""A mail server on loopback that speaks enough SMTP (RFC 5321) to take a mail or to refuse it."""

from __future__ import annotations

import base64
import socketserver
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

USER, PASSWORD = "relay", "mail-password"


class MailServer:
    def __init__(self) -> None:
        self.accepted: list[EmailMessage] = []
        self.met = 0  # how many have called
        self.bodies: list[bytes] = []  # as they came over the wire
        self.answers: dict[str, str] = {}  # what to say to a command instead; "" hangs up
        mail = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                mail.talk(self)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def talk(self, peer: Any) -> None:
        say = lambda line: peer.wfile.write(line.encode() + b"\r\n")  # noqa: E731
        self.met += 1
        say("220 lamp mail")
        while line := peer.rfile.readline().decode().strip():
            verb = line.split()[0].upper()
            if verb == "DATA" and "DATA" not in self.answers:
                say("354 go on")
                body = self.body(peer)
                self.bodies.append(body)
                answer = self.answers.get("END", "250 taken")
                if answer.startswith("250") or answer == "":
                    self.accepted.append(message_from_bytes(body, policy=policy.default))
            else:
                answer = self.answers.get(verb) or self.usual(verb, line)
            if not answer:
                return
            say(answer)

    def body(self, peer: Any) -> bytes:
        lines = []
        while (line := peer.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)

    def usual(self, verb: str, line: str) -> str:
        if verb == "EHLO":
            return "250-lamp\r\n250 AUTH PLAIN"
        if verb == "AUTH":
            login = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()
            return "235 welcome" if line.endswith(login) else "535 5.7.8 wrong password"
        return "221 bye" if verb == "QUIT" else "250 ok"
