"""Keep calls to addresses that strangers chose away from the inside of our network.

A name is resolved here, every address it has is checked, and the connection goes to a
checked address itself, never to the name again: a second answer of the name server
(rebinding) is not asked for. Redirects are not followed by the client; whoever follows
one passes through here again.

Ports: 80, 443 and everything from 1024 up, without those of databases and brokers that
often listen without a password. An address on the allow-list may be reached on any port.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

import httpcore
import httpx

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

FIRST_FREE_PORT = 1024
WEB_PORTS = frozenset({80, 443})
FORBIDDEN_PORTS = frozenset({
    1433, 1521, 2049, 2375, 2379, 3306, 4369, 5432, 5672, 5984, 6379, 9092, 9200, 11211, 27017,
})  # fmt: skip
TIMEOUT = httpx.Timeout(15, connect=5)
DEADLINE = 20.0  # seconds from the last byte we wrote to the last byte of the answer
_NAT64 = ip_network("64:ff9b::/96")


class Blocked(httpx.TransportError):
    """The address is not one that we call."""


def client(*, allow: Iterable[str] = (), timeout: httpx.Timeout = TIMEOUT) -> httpx.Client:
    """An HTTP client for platforms and for addresses out of messages.

    `allow` lists networks ("127.0.0.0/8") that may be called although they are private.
    No proxy is taken from the environment: it would connect in our place, unchecked.
    """
    return Client(transport=GuardedTransport(allow), timeout=timeout, follow_redirects=False, trust_env=False)


class Client(httpx.Client):
    """What it may call is also what others may who connect in its place: by SMTP, or with another library."""

    def __init__(self, *, transport: GuardedTransport, **more: Any) -> None:
        super().__init__(transport=transport, **more)
        self.allow = transport.allow


def allowed(http: httpx.Client) -> tuple[Network, ...]:
    """The private networks that a client may call; none when it is not one of ours."""
    return http.allow if isinstance(http, Client) else ()


@cache
def _tls() -> ssl.SSLContext:
    """Reading the certificates takes longer than many a call, so they are read once."""
    return httpx.create_ssl_context(trust_env=False)


class GuardedTransport(httpx.HTTPTransport):
    def __init__(self, allow: Iterable[str] = (), *, deadline: float = DEADLINE) -> None:
        super().__init__(verify=_tls(), trust_env=False)
        self.allow = tuple(ip_network(network) for network in allow)
        self._pool = httpcore.ConnectionPool(
            ssl_context=_tls(),
            max_connections=20,
            max_keepalive_connections=10,
            keepalive_expiry=15,
            network_backend=GuardedBackend(self.allow, deadline=deadline),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.userinfo or "\\" in str(request.url):
            raise Blocked("the address carries a user name or a backslash")
        return super().handle_request(request)


class GuardedBackend(httpcore.SyncBackend):
    """Opens connections to checked addresses only."""

    def __init__(self, allow: Sequence[Network] = (), *, deadline: float = DEADLINE) -> None:
        self.allow = allow
        self.deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        address = safe_address(host, port, self.allow)
        stream = super().connect_tcp(str(address), port, timeout, local_address, socket_options)
        return BoundedStream(stream, self.deadline)

    def connect_unix_socket(self, *_args: Any, **_kwargs: Any) -> httpcore.NetworkStream:
        raise Blocked("a socket file is not an address that we call")


class BoundedStream(httpcore.NetworkStream):
    """Ends an answer that drips: httpx's own timeouts start afresh with every byte."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream, self._deadline = stream, deadline
        self._asked_at = time.monotonic()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._asked_at + self._deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout(f"no complete answer within {self._deadline:g} s")
        return self._stream.read(max_bytes, left if timeout is None else min(timeout, left))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)
        self._asked_at = time.monotonic()

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return BoundedStream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def safe_address(host: str, port: int, allow: Sequence[Network] = (), ports: Collection[int] = ()) -> Address:
    """The address to connect to; `ports` are open besides those of the web. Raises Blocked when any address of the
    name is one of ours."""
    addresses = resolve(host, port)
    for address in addresses:
        if not _may_call(address, port, allow, ports):
            raise Blocked(f"{host} is at {address}, port {port}, which is not open to calls")
    return addresses[0]


def resolve(host: str, port: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"cannot resolve {host[:100]}: {error}") from error
    addresses = [ip_address(str(info[4][0]).partition("%")[0]) for info in found]
    return sorted(addresses, key=lambda address: address.version)


def _may_call(address: Address, port: int, allow: Sequence[Network], ports: Collection[int]) -> bool:
    bare = unmapped(address)
    if any(bare.version == network.version and bare in network for network in allow):
        return True
    odd = bare.is_multicast or bare.is_reserved or (isinstance(bare, IPv6Address) and bare.is_site_local)
    return bare.is_global and not odd and (port in ports or _open_port(port))


def _open_port(port: int) -> bool:
    return port in WEB_PORTS or (port >= FIRST_FREE_PORT and port not in FORBIDDEN_PORTS)


def unmapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for: mapped, 6to4, Teredo or NAT64; else itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64 or (int(address) >> 32 == 0 and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)
