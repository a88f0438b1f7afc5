"""Every unsafe setting is named, each by a rule that sees it in the real thing."""

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text, update

from app.auth.accounts import add_user
from app.auth.tables import User
from app.clock import now_ms
from app.database import Database, table
from app.operations.recovery import doctor
from app.operations.recovery.doctor import BACKUP_MS, RULES, Facts, examine, loose_ends, role_faults
from app.settings import Settings

NOW = 1_550_000_000_000
SAFE = Facts(address="https://insats.example", backup_age=0)


def found(facts: Facts) -> dict[str, str]:
    return {f.code: f.weight for rule in RULES if (f := rule(facts)) is not None}


@pytest.fixture
def db(store_url: str) -> Iterator[Database]:
    """An empty store."""
    opened = Database(store_url)
    yield opened
    opened.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data folder with its two keys that nobody else can enter."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    for name in ("server.key", "seal.key"):
        (folder / name).touch(0o600)
    return folder


def settings(db: Database, home: Path, **other: object) -> Settings:
    chosen = {"data": home, "database_url": db.url, "public_url": "https://insats.example", **other}
    return Settings.model_validate(chosen)


def codes(db: Database, settings: Settings, now: int = NOW) -> set[str]:
    return {finding.code for finding in examine(db, settings, now)}


def test_a_safe_store_has_nothing_to_name() -> None:
    assert found(SAFE) == {}


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        ({"address": "http://insats.example"}, {"address": "unsafe"}),
        ({"exposed": (Path("x"),)}, {"files": "unsafe"}),
        ({"demo_accounts": ("u.pol.a1",)}, {"demo": "unsafe"}),
        ({"role": "is a superuser"}, {"database-role": "unsafe"}),
        ({"loose": "fsync=off"}, {"durability": "unsafe"}),
        ({"has_administrator": False}, {"administrator": "missing"}),
        ({"backup_age": None}, {"backup": "missing"}),
        ({"backup_age": BACKUP_MS}, {"backup": "missing"}),
        ({"backup_age": BACKUP_MS - 1}, {}),
        ({"shares_disk": True}, {"backup-disk": "warning"}),
    ],
    ids=repr,
)
def test_each_rule_names_its_own(facts: dict[str, object], wanted: dict[str, str]) -> None:
    assert found(dataclasses.replace(SAFE, **facts)) == wanted  # type: ignore[arg-type]


@pytest.mark.asvs("V12.2.1")
@pytest.mark.parametrize(
    ("address", "is_safe"),
    [
        ("https://insats.example", True),
        ("http://127.0.0.1:8000", True),
        ("http://localhost:8000", True),
        ("http://[::1]:8000", True),
        ("http://10.0.0.7:8000", False),
        ("http://0.0.0.0:8000", False),
        ("http://localhost.example", False),
        ("ftp://insats.example", False),
        ("insats.example", False),
    ],
)
def test_an_address_is_encrypted_or_stays_on_the_machine(
    db: Database, home: Path, address: str, is_safe: bool
) -> None:
    assert ("address" in codes(db, settings(db, home, public_url=address))) is not is_safe


def test_without_an_address_it_is_the_one_listened_on(db: Database, home: Path) -> None:
    assert "address" in codes(db, settings(db, home, public_url="", host="0.0.0.0"))
    assert "address" not in codes(db, settings(db, home, public_url=""))


@pytest.mark.asvs("V13.3.2")
@pytest.mark.parametrize("name", ["", "server.key", "seal.key", "tls/server.key"])
def test_what_others_can_read_is_named(sqlite_url: str, home: Path, name: str) -> None:
    db = Database(sqlite_url)
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    file.chmod(0o600)
    chosen = settings(db, home)
    assert "files" not in codes(db, chosen)
    (home / "tls").mkdir()
    (home / "tls" / "server.key").touch(0o600)
    home.chmod(0o750)
    other = home / name
    other.chmod(0o640 if name else 0o750)
    told = next(f for f in examine(db, chosen, NOW) if f.code == "files")
    assert str(other) in told.what
    db.close()


def test_a_closed_folder_covers_what_is_in_it(sqlite_url: str, home: Path) -> None:
    db = Database(sqlite_url)
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    file.chmod(0o644)
    file.parent.chmod(0o755)
    assert "files" in codes(db, settings(db, home))
    file.parent.chmod(0o700)
    (home / "server.key").chmod(0o644)
    (home / "backups" / "keys").mkdir(parents=True)
    assert "files" not in codes(db, settings(db, home))
    db.close()


def test_backups_beside_the_data_are_a_warning(db: Database, home: Path) -> None:
    elsewhere = Path("/dev/shm")  # the one other file system that every Linux has
    assert elsewhere.stat().st_dev != home.stat().st_dev
    assert "backup-disk" in codes(db, settings(db, home))
    assert "backup-disk" in codes(db, settings(db, home, backups=home.parent / "not" / "there"))
    assert "backup-disk" not in codes(db, settings(db, home, backups=elsewhere / f"insats-{os.getpid()}"))


def test_a_backup_is_looked_for_by_its_time(db: Database, home: Path) -> None:
    backups = home / "backups"
    backups.mkdir()
    assert "backup" in codes(db, settings(db, home))
    (backups / f"insats-{NOW}.part").touch()
    (backups / "insats-new.ndjson.gz").touch()
    assert "backup" in codes(db, settings(db, home))
    (backups / f"insats-{NOW}.ndjson.gz").touch()
    (backups / f"insats-{NOW - BACKUP_MS}.ndjson.gz").touch()
    assert "backup" not in codes(db, settings(db, home), NOW + BACKUP_MS - 1)
    assert "backup" in codes(db, settings(db, home), NOW + BACKUP_MS)


@pytest.mark.asvs("V6.3.2")
def test_open_accounts_of_the_demo_are_named(db: Database, home: Path) -> None:
    assert "demo" not in codes(db, settings(db, home))
    db.write_now(lambda conn: add_user(conn, "u.pol.a1", "Demo", "POL", "LAGLED"))
    assert "demo" in codes(db, settings(db, home))
    user = table(User)
    db.write_now(lambda conn: conn.execute(update(user).values(active=False)))
    assert "demo" not in codes(db, settings(db, home))


def test_a_store_wants_an_administrator(db: Database, home: Path) -> None:
    assert "administrator" in codes(db, settings(db, home))
    db.write_now(lambda conn: add_user(conn, "pol.it", "It", "POL", "SYSADM"))
    assert "administrator" not in codes(db, settings(db, home))


@pytest.mark.asvs("V13.2.2")
def test_a_role_that_passes_by_row_level_security_is_named(postgresql_url: str) -> None:
    db = Database(postgresql_url)
    name = f"plain_{os.getpid()}_{now_ms()}"

    def look(conn: Connection) -> list[str]:
        """Everything is rolled back with the transaction, the role too."""
        seen = [role_faults(conn)]
        for statement in (f"CREATE ROLE {name} BYPASSRLS", f"SET LOCAL ROLE {name}"):
            conn.execute(text(statement))
        seen.append(role_faults(conn))
        for statement in (
            "RESET ROLE",
            f"ALTER ROLE {name} NOBYPASSRLS",
            f"ALTER TABLE safety_notice OWNER TO {name}",
            f"SET LOCAL ROLE {name}",
        ):
            conn.execute(text(statement))
        seen.append(role_faults(conn))
        conn.execute(text("ALTER TABLE safety_notice ENABLE ROW LEVEL SECURITY"))
        seen.append(role_faults(conn))
        conn.execute(text("ALTER TABLE safety_notice FORCE ROW LEVEL SECURITY"))
        seen.append(role_faults(conn))
        raise _Enough(seen)

    with pytest.raises(_Enough) as told:
        db.write_now(look)
    superuser, bypasses, owner_without, unforced, forced = told.value.args[0]
    assert "superuser" in superuser
    assert "bypass" in bypasses
    assert (owner_without, forced) == ("", "")
    assert "not forced" in unforced
    db.close()


class _Enough(Exception):
    """Takes back what was tried."""


def test_sqlite_writes_through_to_the_disk(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    assert db.read_now(loose_ends) == ""

    with db._read_engine.connect() as conn:
        driver = conn.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA synchronous=NORMAL")
        assert loose_ends(conn) == "synchronous=1"
        conn.rollback()
        driver.execute("PRAGMA synchronous=FULL")
        driver.execute("PRAGMA journal_mode=DELETE")
        assert loose_ends(conn) == "journal_mode=delete"
    db.close()


def test_so_does_postgresql(postgresql_url: str) -> None:
    """The database of the tests is fast and forgetful: it must be seen to be."""
    db = Database(postgresql_url)
    told = db.read_now(loose_ends)
    assert "fsync=off" in told
    assert "synchronous_commit" not in told, "every connection of ours sets it"
    db.close()


def test_a_line_says_what_and_what_to_do() -> None:
    for facts in (
        dataclasses.replace(SAFE, address="http://x.example"),
        dataclasses.replace(SAFE, demo_accounts=tuple("abcd"), shares_disk=True),
    ):
        for rule in doctor.RULES:
            finding = rule(facts)
            if finding is not None:
                assert finding.line().startswith(f"{finding.weight} {finding.code}: ")
                assert finding.line().endswith(f"{finding.do}.")
