"""The `insats` command: what an operator does from a terminal."""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import segno
import uvicorn
from sqlalchemy import Connection, func, select

from app import cli_recovery
from app.auth.accounts import add_user, note
from app.auth.service import mint_code
from app.auth.setup import SETUP_MS, mint_setup
from app.auth.tables import User
from app.cli_recovery import open_store
from app.clock import now_ms
from app.database import Database, table
from app.domain import codes
from app.domain.accounts import belongs_elsewhere
from app.domain.change import new_id
from app.operations import readmodels, tables
from app.operations.demo.load import load_demo
from app.operations.importing import import_sites
from app.operations.planning import Operation, welcome
from app.operations.recovery.doctor import Finding, examine
from app.operations.site_files import Refused
from app.operations.staff import server_author
from app.settings import Settings
from app.sync.identity import server_key
from app.sync.rebuild import differences, rebuild
from app.tls import Certificate, is_loopback, local_address, own_certificate, utc_now

DEMO_PEOPLE = ("u.pol.a1", "u.kom.alk", "u.kom.sak")
"""Whose links `insats run` prints: a police inspector, a municipal alcohol inspector, the supervisor."""
DEMO_LINK_MINUTES = 12 * 60
"""A demo is played with over a day; a real code lives `code_minutes`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    options = _parser().parse_args(arguments)
    settings = Settings()
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    status: int = options.run(settings, options)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "insats", description="Joint inspections that survive an evening without network."
    )
    commands = parser.add_subparsers(required=True)

    def command(name: str, run: object, help_text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help_text, description=help_text)
        added.set_defaults(run=run)
        return added

    command("run", _run, "Migrate, load the demo evenings, print links and serve: the way to try Insats.")
    command("serve", _serve, "Migrate and serve.")
    command("migrate", _migrate, "Bring the store to this release's schema and code lists.")
    demo = command("demo", _demo, "Load the three demo evenings; a second time changes nothing.")
    demo.add_argument("--stage", choices=["recorded", "planned"], default="recorded")
    demo.add_argument("--exercise", action="store_true", help="add an evening of today to practise on")
    account = command(
        "account", _account, "Make an account, or bring it up to date, with its part in every evening."
    )
    account.add_argument("user", help="a short name, such as p.andersson")
    account.add_argument("--name", required=True)
    account.add_argument("--authority", required=True, choices=sorted(codes.ids("authorities")))
    account.add_argument("--role", required=True, choices=sorted(codes.ids("roles")))
    link = command("link", _link, "Print a one-time link by which an account enrols a tablet.")
    link.add_argument("user")
    command("setup-link", _setup_link, "Print a one-time link that makes the first administrator.")
    sites = command("import-sites", _import_sites, "Import a CSV or GeoJSON list of sites, all or nothing.")
    sites.add_argument("file", type=Path)
    where = sites.add_mutually_exclusive_group(required=True)
    where.add_argument("--operation", help="id of a planned operation")
    where.add_argument("--date", type=date.fromisoformat, help="date of a new operation")
    sites.add_argument("--title", default="", help="title of a new operation")
    sites.add_argument("--authorities", default="", help="participants of a new operation: POL,KOM_ALK,…")
    check = command(
        "rebuild", _rebuild, "Compare the merged state with the log; make it again where they differ."
    )
    check.add_argument("--check", action="store_true", help="only compare; exit status 1 where they differ")
    cli_recovery.add(command)
    return parser


def _migrate(settings: Settings, _: argparse.Namespace) -> int:
    open_store(settings).close()
    return 0


def _run(settings: Settings, _: argparse.Namespace) -> int:
    if settings.production:
        print(
            "insats: INSATS_PRODUCTION is set, and `insats run` is the demo; use `insats serve`",
            file=sys.stderr,
        )
        return 1
    if not is_loopback(settings.host):
        shown = local_address() if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - compared, not bound
        settings = settings.model_copy(
            update={"public_url": settings.public_url or f"https://{shown}:{settings.port}"}
        )
    db = open_store(settings)
    print("Loading the demo evenings …", flush=True)
    load_demo(db, settings.data, now_ms(), exercise=True)
    _print_links(db, settings)
    db.close()
    # Whoever tries Insats should see an entry become "backed up" within a minute.
    os.environ.setdefault("INSATS_BACKUP_EVERY_S", "30")
    if is_loopback(settings.host):
        return _listen(settings)
    certificate = own_certificate(
        settings.data / "tls", urlsplit(settings.address()).hostname or "", utc_now()
    )
    print(f"A tablet must trust {certificate.authority} first: copy it there and install it.", flush=True)
    return _listen(settings, certificate)


def _serve(settings: Settings, _: argparse.Namespace) -> int:
    db = open_store(settings)
    unsafe = (
        [f for f in examine(db, settings, now_ms()) if f.weight == "unsafe"] if settings.production else []
    )
    link = None if unsafe else _new_setup_link(db, settings)
    db.close()
    if unsafe:
        return _refuse_production(unsafe)
    if link is not None:
        _print_setup_link(link)
    return _listen(settings)


def _refuse_production(unsafe: Sequence[Finding]) -> int:
    for finding in unsafe:
        print(f"insats: {finding.line()}", file=sys.stderr)
    print("insats: INSATS_PRODUCTION is set, and the server does not start like this", file=sys.stderr)
    return 1


def _setup_link(settings: Settings, _: argparse.Namespace) -> int:
    db = open_store(settings)
    link = _new_setup_link(db, settings)
    db.close()
    if link is None:
        print("insats: there is an administrator already; `insats link` lets them in again", file=sys.stderr)
        return 2
    _print_setup_link(link)
    return 0


def _new_setup_link(db: Database, settings: Settings) -> str | None:
    code = db.write_now(lambda conn: mint_setup(conn, now_ms()))
    return None if code is None else f"{settings.address()}/#/setup?code={code}"


def _print_setup_link(link: str) -> None:
    print(
        f"There is no administrator yet. This link makes the first one, once, within {SETUP_MS // 60_000} minutes:"
    )
    print(f"  {link}", flush=True)


def _listen(settings: Settings, certificate: Certificate | None = None) -> int:
    uvicorn.run(
        "app.main:factory",
        factory=True,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
        ssl_certfile=certificate.chain if certificate else None,
        ssl_keyfile=certificate.key if certificate else None,
    )
    return 0


def _demo(settings: Settings, options: argparse.Namespace) -> int:
    db = open_store(settings)
    load_demo(db, settings.data, now_ms(), stage=options.stage, exercise=options.exercise)
    db.close()
    return 0


def _print_links(db: Database, settings: Settings) -> None:
    links = [_mint_link(db, settings, user, DEMO_LINK_MINUTES) for user in DEMO_PEOPLE]
    print(f"\nInsats is at {settings.address()}\n\nOne-time links, one tablet or browser profile each:")
    for name, link in links:
        print(f"  {name}\n    {link}")
    print(f"\nScan to open it as {links[0][0]} on a tablet that reaches this address:")
    segno.make(links[0][1], error="m").terminal(compact=True)
    sys.stdout.flush()


def _mint_link(db: Database, settings: Settings, user: str, minutes: int) -> tuple[str, str]:
    """(name, link) of an account; KeyError where there is none."""

    def work(conn: Connection) -> tuple[str, str]:
        accounts = table(User).c
        row = conn.execute(select(accounts.name, accounts.authority).where(accounts.id == user)).first()
        if row is None:
            raise KeyError(user)
        code = mint_code(conn, user, now_ms(), minutes * 60_000)
        note(conn, "link", user, row.authority, now_ms())
        return f"{row.name} ({row.authority})", f"{settings.address()}/#/enrol/{code}"

    return db.write_now(work)


def _account(settings: Settings, options: argparse.Namespace) -> int:
    if belongs_elsewhere(options.user, options.authority, codes.ids("authorities")):
        print(f"insats: {options.user} has the form of another authority's accounts", file=sys.stderr)
        return 2
    db, now = open_store(settings), now_ms()

    def work(conn: Connection) -> int:
        add_user(conn, options.user, options.name, options.authority, options.role)
        note(conn, "invite", options.user, options.authority, now, detail=options.role)
        return welcome(conn, options.user, options.authority, options.role, now)

    evenings = db.write_now(work)
    db.close()
    print(f"{options.user} takes part in {evenings} evenings; `insats link {options.user}` enrols a tablet")
    return 0


def _link(settings: Settings, options: argparse.Namespace) -> int:
    db = open_store(settings)
    try:
        name, link = _mint_link(db, settings, options.user, settings.code_minutes)
    except KeyError:
        print(f"insats: there is no account {options.user}", file=sys.stderr)
        return 2
    finally:
        db.close()
    print(f"{name}\n{link}")
    segno.make(link, error="m").terminal(compact=True)
    return 0


def _import_sites(settings: Settings, options: argparse.Namespace) -> int:
    db, key, now = open_store(settings), server_key(settings.data), now_ms()
    into = options.operation or _new_operation(db, options, now)
    try:
        done = import_sites(db, key, server_author(key), options.file, into, now)
    except (Refused, OSError) as refused:
        print(refused, file=sys.stderr)
        return 1
    finally:
        db.close()
    for column in done.ignored:
        print(f"insats: the column {column} means nothing to Insats", file=sys.stderr)
    print(f"{done.added} sites added to operation {done.operation}, {done.present} were there already")
    return 0


def _new_operation(db: Database, options: argparse.Namespace, now: int) -> Operation:
    """A planned operation without sites, numbered after the last one."""
    last = db.read_now(lambda conn: conn.execute(select(func.max(table(tables.Operation).c.number))).scalar())
    title = options.title or f"Insats {options.date}"
    authorities = tuple(a.strip() for a in options.authorities.split(",") if a.strip())
    return Operation(
        new_id(now), (last or 0) + 1, {"sv": title, "en": title}, options.date.isoformat(), authorities
    )


def _rebuild(settings: Settings, options: argparse.Namespace) -> int:
    db = open_store(settings)
    try:
        found = db.read_now(lambda conn: differences(conn, readmodels.differences))
        for line in found:
            print(line)
        if found and not options.check:
            count = db.write_now(lambda conn: rebuild(conn, [readmodels.refresh], readmodels.clear))
            print(f"{count} entities made again from the log")
        elif not found:
            print("The merged state and every read model equal the log.")
    finally:
        db.close()
    return 1 if found and options.check else 0
