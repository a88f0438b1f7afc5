"""What is unsafe about how a store is run, and what to do about it: facts first, then one rule a line."""

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

from sqlalchemy import Connection, select, text
from sqlalchemy.engine import make_url

from app.auth.setup import has_administrator
from app.auth.tables import User
from app.database import Database, table
from app.operations.demo.evenings import demo
from app.settings import Settings
from app.sync.backup import ENDING
from app.sync.identity import SEALING, SIGNING
from app.tls import is_loopback

BACKUP_MS: Final = 86_400_000
"""A backup older than this is none."""
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO

Weight: TypeAlias = Literal["unsafe", "missing", "warning"]
"""`unsafe` is a setting that production refuses. `missing` comes about while the server runs (a backup, an administrator): to
refuse would keep people from the very server on which it is put right. A `warning` may be meant so."""


@dataclass(frozen=True)
class Facts:
    """How a store is run, as far as the rules ask."""

    address: str
    exposed: tuple[Path, ...] = ()
    """Folders and files that other accounts of the machine can get at."""
    shares_disk: bool = False
    """Whether the backups lie on the disk that the data lies on."""
    backup_age: int | None = None
    """Of the newest backup, in ms; None where there is none."""
    demo_accounts: tuple[str, ...] = ()
    has_administrator: bool = True
    role: str = ""
    """What the database lets our role do that it should not; empty on SQLite too."""
    loose: str = ""
    """What may lose an acknowledged change in a power cut."""


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be, and what to do."""

    code: str
    weight: Weight
    what: str
    do: str

    def line(self) -> str:
        """For the terminal."""
        return f"{self.weight} {self.code}: {self.what}. {self.do}."


def examine(db: Database, settings: Settings, now: int) -> list[Finding]:
    """Everything that is not as it should be, in the order of the rules."""
    facts = db.read_now(lambda conn: gather(conn, settings, now))
    return [found for rule in RULES if (found := rule(facts)) is not None]


def gather(conn: Connection, settings: Settings, now: int) -> Facts:
    """The facts of a store and its settings."""
    data, backups = settings.data.absolute(), settings.backup_folder().absolute()
    return Facts(
        address=settings.address(),
        exposed=tuple(_exposed(data, backups, settings.store_url())),
        shares_disk=_disk(data) == _disk(backups),
        backup_age=_age(backups, now),
        demo_accounts=_demo_accounts(conn),
        has_administrator=has_administrator(conn),
        role=role_faults(conn),
        loose=loose_ends(conn),
    )


# Rules ------------------------------------------------------------------------------------------------------


def _address(facts: Facts) -> Finding | None:
    parts = urlsplit(facts.address)
    if parts.scheme == "https" or is_loopback(parts.hostname or ""):
        return None
    what = f"tablets reach this server at {facts.address}, and anybody on the way can read along"
    return Finding(
        "address",
        "unsafe",
        what,
        "Put a proxy with a certificate in front and set INSATS_PUBLIC_URL to https://…",
    )


def _files(facts: Facts) -> Finding | None:
    if not facts.exposed:
        return None
    named = ", ".join(map(str, facts.exposed))
    return Finding(
        "files",
        "unsafe",
        f"other accounts of this machine can get at {named}",
        "Take their rights away: chmod go= on each",
    )


def _demo(facts: Facts) -> Finding | None:
    if not facts.demo_accounts:
        return None
    named = ", ".join(facts.demo_accounts[:3]) + (", …" if len(facts.demo_accounts) > 3 else "")
    what = f"{len(facts.demo_accounts)} accounts of the demo are open ({named})"
    return Finding("demo", "unsafe", what, "Begin with an empty store: INSATS_DATA and INSATS_DATABASE_URL")


def _role(facts: Facts) -> Finding | None:
    if not facts.role:
        return None
    return Finding(
        "database-role",
        "unsafe",
        f"the role in INSATS_DATABASE_URL {facts.role}",
        "Use one that is NOSUPERUSER NOBYPASSRLS",
    )


def _durability(facts: Facts) -> Finding | None:
    if not facts.loose:
        return None
    what = f"the store runs with {facts.loose}: a power cut may take what tablets believe to be safe"
    return Finding(
        "durability", "unsafe", what, "Keep it on a local disk, with the database's own settings for safety"
    )


def _administrator(facts: Facts) -> Finding | None:
    if facts.has_administrator:
        return None
    return Finding(
        "administrator",
        "missing",
        "there is no administrator",
        "Open the link that `insats setup-link` prints",
    )


def _backup(facts: Facts) -> Finding | None:
    if facts.backup_age is not None and facts.backup_age < BACKUP_MS:
        return None
    what = "there is no backup" if facts.backup_age is None else "the newest backup is older than 24 hours"
    return Finding(
        "backup",
        "missing",
        what,
        "Run `insats backup` and read what it says; `insats serve` makes them by itself",
    )


def _backup_disk(facts: Facts) -> Finding | None:
    if not facts.shares_disk:
        return None
    what = "the backups lie on the disk that the data lies on: both go together"
    return Finding("backup-disk", "warning", what, "Set INSATS_BACKUPS to a folder on another disk")


RULES: Final[tuple[Callable[[Facts], Finding | None], ...]] = (
    _address,
    _files,
    _demo,
    _role,
    _durability,
    _administrator,
    _backup,
    _backup_disk,
)


# Facts ------------------------------------------------------------------------------------------------------


def _exposed(data: Path, backups: Path, store: str) -> Iterator[Path]:
    """What is open to others: a folder that nobody else can enter covers what is in it."""
    url = make_url(store)
    secret = [(data, data), *((data / name, data) for name in (SIGNING, SEALING)), (backups, backups)]
    secret += [(path, data) for path in sorted((data / "tls").glob("*"))]
    secret += [(path, backups) for path in sorted((backups / "keys").glob("*.pem"))]
    if url.get_backend_name() == "sqlite" and url.database:
        file = Path(url.database).absolute()
        secret.append((file, file.parent))
    for path, root in secret:
        top = data if root.is_relative_to(data) else root
        around = [each for each in (path, *path.parents) if each.is_relative_to(top)]
        if path.exists() and all(each.stat().st_mode & OTHERS for each in around):
            yield path


def _disk(folder: Path) -> int:
    """The disk of a folder, or of the first one above it that exists."""
    return next(each for each in (folder, *folder.parents) if each.exists()).stat().st_dev


def _age(backups: Path, now: int) -> int | None:
    made = [
        int(name)
        for file in backups.glob(f"insats-*{ENDING}")
        if (name := file.name[7 : -len(ENDING)]).isdigit()
    ]
    return now - max(made) if made else None


def _demo_accounts(conn: Connection) -> tuple[str, ...]:
    """Open accounts that everybody knows who has read the demo."""
    user = table(User).c
    known = [account.id for account in demo().users]
    return tuple(
        conn.execute(select(user.id).where(user.id.in_(known), user.active).order_by(user.id)).scalars()
    )


def role_faults(conn: Connection) -> str:
    """How the role of this connection could pass by row-level security; empty where it cannot, and on SQLite."""
    if conn.dialect.name == "sqlite":
        return ""
    role = conn.execute(
        text("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
    ).one()
    unforced = text(
        "SELECT count(*) FROM pg_class WHERE relrowsecurity AND NOT relforcerowsecurity AND pg_has_role(relowner, 'USAGE')"
    )
    if role.rolsuper:
        return "is a superuser"
    if role.rolbypassrls:
        return "may bypass row-level security"
    return (
        "owns tables whose row-level security is not forced on their owner"
        if conn.execute(unforced).scalar()
        else ""
    )


_SAFE: Final[dict[str, dict[str, str | int]]] = {
    "sqlite": {"PRAGMA journal_mode": "wal", "PRAGMA synchronous": 2},
    "postgresql": {"SHOW fsync": "on", "SHOW full_page_writes": "on", "SHOW synchronous_commit": "on"},
}


def loose_ends(conn: Connection) -> str:
    """The settings by which the store of this connection is not durable, as `name=value`; empty where it is."""
    wanted = _SAFE[conn.dialect.name]
    found = {ask: conn.execute(text(ask)).scalar() for ask in wanted}
    return ", ".join(f"{ask.split()[1]}={value}" for ask, value in found.items() if value != wanted[ask])
