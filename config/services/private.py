"""Secrets made once and kept in the data folder, readable by their owner only."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def secret(folder: Path, name: str) -> str:
    """The secret of that name; made on the first call. Never half-written, never overwritten."""
    path = folder / "secrets" / name
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if not path.exists():
        unfinished = path.with_name(f"{name}.{os.getpid()}")
        write_private(unfinished, secrets.token_urlsafe(48))
        try:
            os.link(unfinished, path)  # fails when somebody else made it in between
        except FileExistsError:
            pass
        finally:
            unfinished.unlink()
    return path.read_text().strip()


def write_private(path: Path, text: str) -> None:
    """A new file with mode 0600 from its first moment, on the disk when this returns."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
