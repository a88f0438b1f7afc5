"""A store that is gone and a server that came back older: what was recorded comes back, or is missed by name."""

import re
from contextlib import suppress

import pytest
from playwright.sync_api import Error, expect

from tests.e2e.backend import Backend
from tests.e2e.conftest import Hand
from tests.e2e.tablet import DESKTOP, SETTLED_MS, Tablet
from tests.e2e.twice import TwiceProxy

SITE, OTHER = "Café Zinkgryningen", "Kiosk Trestegsraketen"
MACHINE = "Spelmaskin/spelautomat"


@pytest.fixture
def stage(backend: Backend, proxy: TwiceProxy) -> Backend:
    """A running server with an evening to play."""
    backend.data.mkdir()
    backend.command("demo", "--stage", "planned")
    backend.start()
    proxy.start()
    return backend


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_tablet_that_lost_its_store_says_so_and_the_board_names_it(stage: Backend, hand: Hand) -> None:
    alfa, board = hand("alfa"), hand("board", DESKTOP)
    alfa.enrol(stage.link("u.pol.a1"), "Alfa 1")
    board.enrol(stage.link("u.kom.sak"), "Ledning")
    with suppress(Error):  # the app notices it and loads anew, sometimes before this is told
        alfa.page.evaluate(
            "new Promise((done, failed) => { const asked = indexedDB.deleteDatabase('insats');"
            " asked.onsuccess = done; asked.onerror = failed; })"
        )
    alfa.close()
    alfa.open()
    gone = alfa.page.get_by_role("region", name="Plattans lager är borta")
    expect(gone).to_contain_text("Det här var Alfa 1.", timeout=SETTLED_MS)
    expect(gone).to_contain_text("Anslut plattan med en ny engångskod.")
    alfa.page.goto(stage.link("u.pol.a1"))
    alfa.page.reload()
    expect(alfa.page.get_by_label("Plattans namn")).to_have_value("Alfa 1")
    alfa.page.get_by_role("button", name="Anslut").click()
    alfa.page.get_by_text(SITE).first.wait_for(timeout=SETTLED_MS)

    board.page.goto(f"{board.address}/#/board")
    alert = board.page.get_by_role("region", name=re.compile("Platta som tappat sitt lager"))
    expect(alert).to_contain_text("Alfa 1 (Polis)", timeout=SETTLED_MS)
    expect(board.page.get_by_role("region", name="Plattorna")).to_contain_text(
        re.compile("Lagret tömt|Tappat lager")
    )
    alert.get_by_role("button", name=re.compile("Jag har tagit hand om det")).click()
    expect(alert).to_have_count(0)
    board.page.reload()
    expect(board.page.get_by_role("region", name="Plattorna")).to_contain_text(
        re.compile("Lagret tömt|Tappat lager"), timeout=SETTLED_MS
    )
    expect(alert).to_have_count(0)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_two_tabs_of_one_tablet_record_and_send_everything_once(stage: Backend, hand: Hand) -> None:
    alfa, board = hand("alfa"), hand("board", DESKTOP)
    alfa.enrol(stage.link("u.pol.a1"), "Alfa 1")
    board.enrol(stage.link("u.kom.sak"), "Ledning")
    board.page.goto(f"{board.address}/#/board")
    alfa.visit(SITE, "Räkna")
    assert alfa.context is not None
    other = alfa.context.new_page()
    other.goto(alfa.page.url)
    alfa.count(MACHINE, 2)
    more = other.get_by_role("button", name=f"Öka {MACHINE}")
    figure = other.get_by_role("region", name=MACHINE).get_by_role("status")
    expect(figure).to_have_text(re.compile(r"^2\s*st$"))  # what the first tab counted stands in the second
    more.click()
    alfa.page.bring_to_front()
    alfa.count(MACHINE, 1)
    for page in (alfa.page, other):
        seen = page.get_by_role("region", name=MACHINE).get_by_role("status")
        expect(seen).to_have_text(re.compile(r"^4\s*st$"))
    alfa.wait_until_received()
    expect(board.page.get_by_role("region", name="Kvällen i siffror")).to_contain_text(
        "4 st", timeout=SETTLED_MS
    )


def test_a_server_restored_from_an_older_backup_gets_everything_back(
    stage: Backend, proxy: TwiceProxy, hand: Hand
) -> None:
    alfa, bravo, board = hand("alfa"), hand("bravo"), hand("board", DESKTOP)
    alfa.enrol(stage.link("u.pol.a1"), "Alfa 1")
    bravo.enrol(stage.link("u.pol.b1"), "Bravo 1")
    board.enrol(stage.link("u.kom.sak"), "Ledning")
    alfa.visit(SITE, "Räkna")
    alfa.count(MACHINE, 1)
    alfa.wait_until_received()
    stage.command("backup")

    alfa.count(MACHINE, 2)
    bravo.visit(OTHER, "Räkna")
    bravo.count(MACHINE, 4)
    for tablet in (alfa, bravo):
        tablet.wait_until_received()  # acknowledged, and newer than the backup
    proxy.stop()
    stage.stop()
    for tablet in (alfa, bravo):
        tablet.count(MACHINE, 1)  # and something the server has never seen
        tablet.sync()
    stage.restore_newest_backup()
    stage.start()
    proxy.start()
    for tablet in (alfa, bravo):
        _catches_up(tablet)
    board.page.goto(f"{board.address}/#/board")
    glance = board.page.get_by_role("region", name="Kvällen i siffror")
    expect(glance).to_contain_text("9 st", timeout=SETTLED_MS)
    assert stage.attempt("check").returncode == 0


def _catches_up(tablet: Tablet) -> None:
    """The sync page ends without anything under way, whatever it had to do again."""
    tablet.page.get_by_role("button", name="Skicka nu").click()
    tablet.wait_until_received()
    expect(tablet.page.get_by_text("Servern är återställd från en säkerhetskopia")).to_have_count(
        0, timeout=SETTLED_MS
    )
    expect(tablet.page.get_by_text("Hämtar om från servern")).to_have_count(0, timeout=SETTLED_MS)
