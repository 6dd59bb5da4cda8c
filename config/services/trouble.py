"""What can go wrong, in words for the person who started it, and the exit code each kind gives."""

from __future__ import annotations


class Trouble(Exception):
    """Something the person at the terminal has to know; `str()` is the whole message."""

    code = 1


class AlreadyRunning(Trouble):
    """Another Relaybox holds the data folder."""

    code = 3


class PortTaken(Trouble):
    """Somebody else listens where the web server should."""

    code = 4
