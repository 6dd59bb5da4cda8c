"""What an admin does on a platform to connect it, and what each field of a connection is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


def gettext_noop(text: str) -> str:
    """Marks a text for the translators; it is translated where it is shown."""
    return text


@dataclass(frozen=True, slots=True)
class Guide:
    """`{url}` in a step stands for the connection's webhook address, other names for what `words` has."""

    steps: tuple[str, ...]
    fields: Mapping[str, str]
    words: Mapping[str, str] = field(default_factory=dict)

    def told(self, url: str, translate: Callable[[str], str] = str) -> list[str]:
        """The steps for one connection, in the reader's language."""
        return [self._filled(translate(step), url) for step in self.steps]

    def _filled(self, step: str, url: str) -> str:
        for name, value in {**self.words, "url": url}.items():
            step = step.replace(f"{{{name}}}", value)
        return step
