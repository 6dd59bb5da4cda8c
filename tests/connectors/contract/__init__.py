"""What every connector promises. A platform's test class inherits these and brings its own facts.

A fact that a platform does not have (no edits, no window) is None, and the test class says so.
"""

from tests.connectors.contract.base import LOOPBACK, NOW, QUESTION, STRANGERS
from tests.connectors.contract.parse import ParseContract
from tests.connectors.contract.poll import PollContract
from tests.connectors.contract.send import SendContract
from tests.connectors.contract.verify import VerifyContract

__all__ = [
    "LOOPBACK",
    "NOW",
    "QUESTION",
    "STRANGERS",
    "ParseContract",
    "PollContract",
    "SendContract",
    "VerifyContract",
]
