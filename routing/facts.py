"""What a decision may look at: one message and what was known about it at the time."""

from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything a rule can ask. Recorded with the decision, so that it can be computed again in a year."""

    text: str
    platform: str = ""
    connection: str = ""
    kind: str = "message"
    # As the platform says it; empty means: find out from the text.
    language: str = ""
    rating: int | None = None
    followers: int | None = None
    verified: bool | None = None
    is_reply: bool = False
    has_media: bool = False
    # The labels of the author, as a contact.
    labels: tuple[str, ...] = ()
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    # Short names of the teams that are on duty at that time.
    covered: frozenset[str] = frozenset()
    # What identifies the message: a rule for a share of messages takes the same ones every time.
    key: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            **{each.name: getattr(self, each.name) for each in fields(self)},
            "labels": list(self.labels),
            "at": self.at.astimezone(UTC).isoformat(),
            "covered": sorted(self.covered),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Facts as recorded; fields of a later version that this one does not know are left aside."""
        known = {each.name for each in fields(cls)}
        values = {name: value for name, value in data.items() if name in known}
        values["labels"] = tuple(values.get("labels", ()))
        values["covered"] = frozenset(values.get("covered", ()))
        if "at" in values:
            values["at"] = datetime.fromisoformat(values["at"])
        return cls(**values)
