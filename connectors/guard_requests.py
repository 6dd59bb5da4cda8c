"""The guard for libraries that call with `requests`: their sessions, too, connect to checked addresses only."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from connectors import guard
from connectors.guard import Network


def protect(session: requests.Session, allow: Sequence[Network]) -> None:
    """No proxy is taken from the environment: it would connect in our place, unchecked."""
    session.trust_env = False
    adapter = GuardedAdapter(allow)
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapter)


class GuardedAdapter(HTTPAdapter):
    def __init__(self, allow: Sequence[Network]) -> None:
        self.allow = allow
        super().__init__()

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, **more)
        self.poolmanager.pool_classes_by_scheme = {"http": self._plain(), "https": self._encrypted()}

    def _plain(self) -> type[HTTPConnectionPool]:
        connection = type("Plain", (_Checked, HTTPConnection), {"allow": self.allow})
        return type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": connection})

    def _encrypted(self) -> type[HTTPSConnectionPool]:
        connection = type("Encrypted", (_Checked, HTTPSConnection), {"allow": self.allow})
        return type("EncryptedPool", (HTTPSConnectionPool,), {"ConnectionCls": connection})


class _Checked(HTTPConnection):
    allow: Sequence[Network] = ()

    def _new_conn(self) -> socket.socket:
        """Connect to the address that was checked, under the name that the certificate is for."""
        name = self._dns_host
        self._dns_host = str(guard.safe_address(name, self.port or self.default_port, self.allow))
        try:
            return super()._new_conn()
        finally:
            self._dns_host = name
