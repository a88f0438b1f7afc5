"""Every view of the app, and how to look at each: for the accessibility test and for `make screens`."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
from playwright.sync_api import Page, Playwright, Route
from sqlalchemy import select

from app.database import Database, table
from app.operations.tables import Operation, Visit
from tests.e2e.backend import Backend
from tests.e2e.planted import Places, plant_before, plant_with
from tests.e2e.tablet import Tablet

INSPECTOR, SUPERVISOR, RECIPIENT = "u.pol.a1", "u.kom.sak", "u.kom.alk"
CHIEF, SYSTEM = "pol.petra", "kom_sak.sara"
"""An authority's administrator and the system administrator; the demo has none."""
STRANGER = "nobody"
"""A tablet that was enrolled once and whose store is gone."""
SECTIONS = (
    "overview",
    "arrival",
    "checklist",
    "counts",
    "photos",
    "reports",
    "exhibits",
    "decisions",
    "conclude",
)
THEMES = ("light", "dark")
SIZES = {
    "tablet": {"width": 820, "height": 1180},
    "landscape": {"width": 1180, "height": 820},
    "desktop": {"width": 1440, "height": 900},
    "phone": {"width": 390, "height": 844},
}


@dataclass(frozen=True)
class View:
    """One view: whose, at which address within the app."""

    name: str
    user: str
    path: str
    operation: str = ""
    """Id of the evening to choose on the board; empty for the one that is under way."""
    press: tuple[str, ...] = ()
    """Names (patterns) of the buttons that lead to it, pressed one after the other."""
    forged: bool = False
    """Seen while somebody who is not the server answers in its place."""


def views(db: Database) -> list[View]:
    """All views: those of an inspector on a recorded and on a planned visit, and those of a supervisor."""
    recorded, planned = _visit(db, "2018-05-25", position=2), _visit(db, None, position=2)
    other = _visit(db, "2018-05-25", position=6)
    inspector = [
        View("today", INSPECTOR, "day"),
        View("sync", INSPECTOR, "sync"),
        View("settings", INSPECTOR, "settings"),
    ]
    inspector += [View(f"visit-{s}", INSPECTOR, f"visit/{recorded}/{s}") for s in SECTIONS]
    inspector += [
        View(f"planned-{s}", INSPECTOR, f"visit/{planned}/{s}") for s in ("overview", "checklist", "counts")
    ]
    inspector += [
        View("other-conclude", INSPECTOR, f"visit/{other}/conclude"),
        View("other-approve", INSPECTOR, f"visit/{other}/conclude", press=("^(Godkänn|Approve)",)),
        View(
            "visit-withdraw",
            INSPECTOR,
            f"visit/{recorded}/conclude",
            press=("^(Ta tillbaka godkännandet|Withdraw the approval)",),
        ),
        View("sync-admit", INSPECTOR, "sync", press=("^(Ta med|Admit)",)),
        View("sync-refuse", INSPECTOR, "sync", press=("^(Avslå|Refuse)",)),
        View("sync-file", INSPECTOR, "sync", press=("^(Spara som fil|Save as a file)",)),
        View("sync-other-server", INSPECTOR, "sync", press=("^(Skicka nu|Send now)",), forged=True),
    ]
    hand_over = ("^(Lämna ut|Hand over)…",)
    inspector += [
        View("disclose", INSPECTOR, f"visit/{recorded}/checklist", press=hand_over),
        View("disclosed-by-us", INSPECTOR, f"visit/{planned}/overview"),
        View("disclosed-to-us", RECIPIENT, f"visit/{planned}/overview"),
    ]
    return [
        *inspector,
        View("start-store-gone", STRANGER, ""),
        View("start-setup", STRANGER, "setup?code=7K2M-7K2M-7K2M-7K2M-7K2M-7K2M-7K2M"),
        View("people", CHIEF, "people"),
        View("people-invite", CHIEF, "people", press=("^(Bjud in|Invite)$", "^(Skapa länk|Make a link)$")),
        View("people-link", CHIEF, "people", press=("^(Ny länk|New link)",)),
        View("people-close", CHIEF, "people", press=("^(Stäng konto|Close account)",)),
        View("people-block", CHIEF, "people", press=("^(Spärra|Block)",)),
        View("people-system", SYSTEM, "people"),
        View("administrator-settings", CHIEF, "settings"),
        View("board-visit", SUPERVISOR, f"board/{planned}"),
        View("board", SUPERVISOR, "board"),
        View("board-recorded", SUPERVISOR, "board", _operation(db, "2018-05-25")),
        View("board-today", SUPERVISOR, "day"),
    ]


def places(db: Database) -> Places:
    """Where something is planted: held in the evening that is under way, approved in the recorded one."""
    return Places(_operation(db, None), _visit(db, "2018-05-25", 2), _visit(db, None, 2))


def _operation(db: Database, date: str | None) -> str:
    """The bare id of the evening of that date, or of the one that is not over."""
    operation = table(Operation).c
    which = operation.date == date if date else operation.status == "PAGAR"
    found = db.read_now(lambda conn: conn.execute(select(operation.id).where(which)).scalar_one())
    return str(found).removeprefix("operation_")


def _visit(db: Database, date: str | None, position: int) -> str:
    """A visit of the evening of that date, or of the one that is not over."""
    operation, visit = table(Operation).c, table(Visit).c
    query = select(visit.id).join_from(table(Visit), table(Operation), visit.stream == operation.stream)
    which = operation.date == date if date else operation.status == "PAGAR"
    return str(
        db.read_now(lambda conn: conn.execute(query.where(which, visit.position == position)).scalar_one())
    )


@contextmanager
def onlookers(
    playwright: Playwright, chromium: Path, backend: Backend, folder: Path
) -> Iterator[dict[str, Tablet]]:
    """A tablet for each user of the views on a running server that has the demo, and what is planted besides."""
    people = {}
    db = Database(backend.database_url)
    planted = places(db)
    db.close()
    plant_before(backend, planted)
    try:
        for user, label in (
            (INSPECTOR, "Alfa 1"),
            (SUPERVISOR, "Ledning"),
            (RECIPIENT, "Alkohol 1"),
            (CHIEF, "Petras dator"),
            (SYSTEM, "Saras dator"),
            (STRANGER, ""),
        ):
            tablet = Tablet(playwright, chromium, folder / user, backend.address, SIZES["tablet"])
            tablet.open()
            people[user] = tablet
            if label:
                shows = {"shows": "Händelser"} if user in (CHIEF, SYSTEM) else {}
                tablet.enrol(backend.link(user), label, **shows)
        people[STRANGER].page.evaluate(FORGET)
        plant_with(backend, people[INSPECTOR], planted)
        yield people
    finally:
        for tablet in people.values():
            tablet.close()


FORGET = """() => {
  localStorage.setItem('insats.device', JSON.stringify({id: 'd_x', label: 'Bravo 2', enrolled: 1}));
  localStorage.setItem('insats.window', '1');
}"""
"""What stays of an enrolled tablet outside its store."""


def show(page: Page, address: str, view: View, theme: str, language: str = "sv") -> None:
    """Bring a view on the screen as somebody with these preferences sees it, and wait until it has come to rest."""
    prefs = orjson.dumps({"theme": theme, "language": language, "text": "m"}).decode()
    page.emulate_media(reduced_motion="reduce")
    page.evaluate("prefs => localStorage.setItem('insats.prefs', prefs)", prefs)
    page.context.unroute_all()
    if view.forged:
        page.context.route("**/api/v1/hello", _forge)
    page.goto(f"{address}/#/{view.path}")
    page.reload()
    page.get_by_role("main").get_by_role("heading").first.wait_for()
    if view.operation:
        page.get_by_role("combobox").first.select_option(value=view.operation)
    for name in view.press:
        page.get_by_role("button", name=re.compile(name)).first.click()
    page.evaluate("document.fonts.ready.then(() => true)")
    page.wait_for_timeout(
        800
    )  # pictures come out of IndexedDB, figures out of the worker, lists from the server


def _forge(route: Route) -> None:
    """The answer of a server that has another key than the one this tablet knows."""
    answer = route.fetch()
    told = answer.json()
    told["server"] |= {"kid": "0" * 16, "key": told["server"]["seal"]}
    route.fulfill(response=answer, json=told)
