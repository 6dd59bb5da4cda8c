"""A crowd of platforms in a process of its own: signed requests made beforehand, sent over kept connections.

`python -m bench.senders PORT KEY SECRET CLIENTS SECONDS` prints {"accepted", "refused", "seconds", "p50", "p99"}.
It does as little as it can per request, because it shares the machine with what it measures.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Iterator
from typing import cast

import uvloop

from connectors.generic import sign

AHEAD = 12_000  # requests signed per second of the run; more are never needed on the machines this is for


def body(number: str) -> bytes:
    post = {
        "id": number,
        "kind": "mention",
        "text": "I can't log in since the update, please help. It worked yesterday and now the app only crashes.",
        "author": {"id": "u1", "handle": "customer", "name": "A Customer"},
        "url": f"https://example.org/posts/{number}",
    }
    return json.dumps(post).encode()


def requests(key: str, secret: str, count: int) -> Iterator[bytes]:
    run, now = os.urandom(6).hex(), int(time.time())
    for number in range(count):
        name = f"{run}-{number}"
        content = body(name)
        headers = {
            "host": "127.0.0.1",
            "user-agent": "relaybox-bench/1",
            "content-type": "application/json",
            "content-length": str(len(content)),
            **sign(secret, name, now, content),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        yield f"POST /hooks/{key}/ HTTP/1.1\r\n{head}\r\n".encode() + content


class Crowd:
    def __init__(self, waiting: list[bytes]) -> None:
        self.waiting = waiting
        self.took: list[float] = []
        self.refused = 0
        self.open = True


class Sender(asyncio.Protocol):
    """One platform's connection: the next delivery as soon as the last one is answered."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.sent_at = 0.0
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.send()

    def send(self) -> None:
        if self.crowd.open and self.crowd.waiting:
            self.sent_at = time.perf_counter()
            self.transport.write(self.crowd.waiting.pop())

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"HTTP/1.1 200"):
            self.crowd.took.append(time.perf_counter() - self.sent_at)
        else:
            self.crowd.refused += 1
        self.send()


async def run(port: int, waiting: list[bytes], clients: int, seconds: float) -> dict[str, float]:
    crowd = Crowd(waiting)
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    senders = [await loop.create_connection(lambda: Sender(crowd), "127.0.0.1", port) for _ in range(clients)]
    await asyncio.sleep(seconds)
    crowd.open = False
    took = time.perf_counter() - began
    accepted = len(crowd.took)
    await asyncio.sleep(1)  # what was under way is answered, so that rows can be compared with answers
    for transport, _ in senders:
        transport.close()
    cuts = statistics.quantiles(crowd.took, n=100)
    return {
        "per_second": accepted / took,
        "accepted": len(crowd.took),
        "refused": crowd.refused,
        "ran_dry": float(not crowd.waiting),
        "p50_ms": cuts[49] * 1000,
        "p99_ms": cuts[98] * 1000,
    }


def main(port: str, key: str, secret: str, clients: str, seconds: str) -> None:
    waiting = list(requests(key, secret, int(float(seconds) * AHEAD)))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(run(int(port), waiting, int(clients), float(seconds)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
