"""25 May 2018, played: three tablets offline, one board, every request sent twice (issue: the main job, end to end)."""

import json
import re
import time
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from app.database import Database, table
from app.domain.merge import digest
from app.operations import readmodels
from app.photos.tables import Blob, BlobRef
from app.reports.figures import figures_of
from app.sync.pull import stream_digest, stream_states
from app.sync.rebuild import differences
from tests.e2e.backend import Backend
from tests.e2e.conftest import Hand
from tests.e2e.evening import evening_of_the_day, holds
from tests.e2e.tablet import DESKTOP, SETTLED_MS, Tablet
from tests.e2e.twice import TwiceProxy

SITES = (
    "Pizzeria Ugglesoppan",
    "Café Zinkgryningen",
    "Däckhallen Gummiblåst",
    "Salong Nattfjärilskam",
    "Kiosk Trestegsraketen",
    "Föreningen Dubbelkvasten",
    "Lager Spolrännan",
)
MACHINE = "Spelmaskin/spelautomat"
GAMBLING, POSSESSION, USE = "Brott mot lotterilagen", "Narkotikabrott, innehav", "Narkotikabrott, eget bruk"
EMPLOYING = "Anställt utlänning"
SECRETS = ("KRUSBÄRSHATT", "VALNÖTSKRIN", "GRANATSMULA")
"""Words that only police records hold: a report's text, a photo's caption, a checklist's answer."""
RECONNECT_S = 90.0


def test_an_evening_offline_is_merged_and_on_the_board(
    backend: Backend, proxy: TwiceProxy, hand: Hand
) -> None:
    backend.data.mkdir()
    backend.command("demo", "--stage", "planned")
    backend.start()
    proxy.start()
    alfa, bravo, alcohol = hand("alfa"), hand("bravo"), hand("alcohol")
    board = hand("board", DESKTOP)
    alfa.enrol(backend.link("u.pol.a1"), "Alfa 1")
    bravo.enrol(backend.link("u.pol.b1"), "Bravo 1")
    alcohol.enrol(backend.link("u.kom.alk"), "Alkohol 1")
    board.enrol(backend.link("u.kom.sak"), "Ledning")
    board.page.goto(f"{proxy.address}/#/board")
    expect(_glance(board.page)).to_contain_text("0 av 7")

    proxy.stop()
    backend.stop()
    for tablet in (alfa, bravo, alcohol):
        tablet.close()
        tablet.open()
    _record_alfa(alfa)
    _record_bravo(bravo)
    _record_alcohol(alcohol)
    alfa.close()  # what was recorded must be there after a cold start without a server
    alfa.open()
    alfa.visit("Café Zinkgryningen", "Räkna")
    expect(alfa.page.get_by_role("region", name=MACHINE).get_by_role("status")).to_have_text(
        re.compile(r"^2\s*st$")
    )

    backend.start()
    proxy.start()
    for tablet in (alfa, bravo, alcohol):
        expect(tablet.page.get_by_text("Allt mottaget").first).to_be_visible(timeout=RECONNECT_S * 1000)
    db = Database(backend.database_url)
    try:
        _all_replicas_become_the_servers(db, [alfa, bravo, alcohol, board])
        _the_board_shows_the_evening(board.page)
        _the_store_holds_the_evening_once(db, backend)
    finally:
        db.close()
    for tablet in (alfa, bravo, alcohol, board):
        tablet.close()
    _secrets_stay_with_the_police(alfa.profile, [alcohol.profile, board.profile])


def _record_alfa(alfa: Tablet) -> None:
    alfa.visit("Café Zinkgryningen", "Räkna")
    alfa.count(MACHINE, 2)
    alfa.visit("Café Zinkgryningen", "Anmälan")
    alfa.report(GAMBLING, SECRETS[0])
    alfa.visit("Café Zinkgryningen", "Anmälan")
    alfa.report(POSSESSION, "Tabletter i zip-påse")
    alfa.visit("Café Zinkgryningen", "Foton")
    alfa.photograph(SECRETS[1])
    alfa.visit("Café Zinkgryningen", "Checklista")
    alfa.write("Vad visar skärmen", SECRETS[2])
    alfa.visit("Däckhallen Gummiblåst", "Anmälan")
    alfa.report(EMPLOYING, "En person utan rätt att arbeta")
    alfa.visit("Kiosk Trestegsraketen", "Räkna")
    alfa.count(MACHINE, 2)
    alfa.visit("Kiosk Trestegsraketen", "Anmälan")
    alfa.report(GAMBLING, "Två maskiner bakom disken")
    alfa.visit("Föreningen Dubbelkvasten", "Räkna")
    alfa.count(MACHINE, 1)
    alfa.visit("Föreningen Dubbelkvasten", "Ankomst")
    alfa.choose("Läge vid ankomst", "Öppet")
    for site in SITES:
        alfa.visit(site, "Avsluta")
        alfa.conclude()


def _record_bravo(bravo: Tablet) -> None:
    bravo.visit("Café Zinkgryningen", "Räkna")
    bravo.count(MACHINE, 2)
    bravo.visit("Föreningen Dubbelkvasten", "Räkna")
    bravo.count(MACHINE, 2)
    bravo.visit("Föreningen Dubbelkvasten", "Foton")
    bravo.photograph("Källaren")
    for offence in (GAMBLING, POSSESSION, USE):
        bravo.visit("Föreningen Dubbelkvasten", "Anmälan")
        bravo.report(offence, "Se beslag")


def _record_alcohol(alcohol: Tablet) -> None:
    alcohol.visit("Föreningen Dubbelkvasten", "Ankomst")
    alcohol.choose("Läge vid ankomst", "Nekat tillträde")
    alcohol.visit("Föreningen Dubbelkvasten", "Checklista")
    alcohol.choose("Serveringstillstånd för lokalen", "Saknas")
    alcohol.visit("Pizzeria Ugglesoppan", "Foton")
    alcohol.photograph("Serveringstillståndet på väggen")


def _glance(page: Page) -> Locator:
    return page.get_by_role("region", name="Kvällen i siffror")


def _the_board_shows_the_evening(page: Page) -> None:
    glance = _glance(page)
    expect(glance).to_contain_text("7 av 7", timeout=SETTLED_MS)
    expect(glance).to_contain_text("9 st")
    expect(glance).to_contain_text(re.compile(r"Brottsanmälningar\s*7"))
    expect(glance).to_contain_text(re.compile(r"Foton\s*3"))
    expect(glance).to_contain_text(re.compile(r"Olika svar\s*1"))
    conflict = page.get_by_role("region", name=re.compile("Olika svar")).last
    for text in ("Öppet", "Nekat tillträde", "Demo Polis Alfa", "Demo Kommun Alkohol"):
        expect(conflict).to_contain_text(text)


def _the_store_holds_the_evening_once(db: Database, backend: Backend) -> None:
    shared = db.read_now(lambda conn: evening_of_the_day(conn))
    figures = db.read_now(lambda conn: figures_of(conn, shared))
    assert (figures.visits, figures.done, figures.reports_total) == (7, 7, 7)
    assert figures.seizures == {"SPELMASKIN": {"ST": 9}}
    assert figures.reports == {"SPEL": 3, "NARK": 3, "SPEC": 1}
    assert (figures.photos, figures.conflicts, figures.review) == (3, 1, 0)
    assert db.read_now(lambda conn: differences(conn, readmodels.differences)) == []
    _every_photo_is_here(db, backend.data)


def _every_photo_is_here(db: Database, data: Path) -> None:
    """Three photos with their thumbnails are named, and all bytes arrived. Two of the fake camera's may be alike."""
    deadline = time.monotonic() + 30
    named, here = _named_and_here(db)
    while here != set(named) and time.monotonic() < deadline:
        time.sleep(0.2)
        named, here = _named_and_here(db)
    assert len(named) == 6
    assert here == set(named)
    assert {p.name for p in (data / "blobs").rglob("*") if p.is_file()} == here


def _named_and_here(db: Database) -> tuple[list[str], set[str]]:
    """The digests that photos name, one for each name, and those whose bytes are verified."""
    return db.read_now(
        lambda conn: (
            list(conn.execute(select(table(BlobRef).c.sha256)).scalars()),
            set(conn.execute(select(table(Blob).c.sha256)).scalars()),
        )
    )


def _all_replicas_become_the_servers(db: Database, tablets: list[Tablet]) -> None:
    deadline = time.monotonic() + RECONNECT_S
    while True:
        wrong = [x for tablet in tablets for x in _differing(db, tablet)]
        if not wrong or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    assert wrong == []


def _differing(db: Database, tablet: Tablet) -> list[str]:
    """The streams of a tablet's replica that are not what the server has."""
    stored = tablet.replica()
    heads = {row["stream"]: row["cursor"] for row in stored["replicas"]}
    cells: dict[str, dict[str, Mapping[str, list[list[object]]]]] = {name: {} for name in heads}
    for piece in stored["pieces"]:
        # In the order of their keys: the last line of an entity counts.
        cells[piece["stream"]].update(
            (line["e"], line["h"]) for line in map(json.loads, piece["lines"].split("\n"))
        )
    known = db.read_now(lambda conn: stream_states(conn, sorted(heads)))
    assert len(heads) > 1, "a tablet without streams proves nothing"
    servers = db.read_now(lambda conn: {name: stream_digest(conn, name) for name in known})
    return [
        f"{tablet.profile.name}: {name}"
        for name in known
        if servers[name] != {"stream": name, "seq": heads[name], "digest": digest(cells[name].items())}
    ]


def _secrets_stay_with_the_police(police: Path, others: list[Path]) -> None:
    for word in SECRETS:
        assert holds(police, word), f"the search must find {word} where it was written"
        assert [p.name for p in others if holds(p, word)] == []
