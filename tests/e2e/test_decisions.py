"""What the server holds is decided by people: two tablets, one author, and what each of them is told."""

import re

import pytest
from playwright.sync_api import Locator, expect

from app.auth.accounts import revoke
from app.clock import now_ms
from app.database import Database
from tests.e2e.backend import Backend
from tests.e2e.conftest import Hand
from tests.e2e.evening import evening_of_the_day
from tests.e2e.tablet import DESKTOP, SETTLED_MS, Tablet
from tests.e2e.twice import TwiceProxy

SITE = "Föreningen Dubbelkvasten"
OTHER = "Kiosk Trestegsraketen"
CAFE = "Café Zinkgryningen"
MACHINE = "Spelmaskin/spelautomat"
ARRIVAL = "Läge vid ankomst"
SCREEN = "Vad visar skärmen"
UNHURRIED_MS = 2_200
"""Taps so far apart are changes of their own (COALESCE_MS), each in its own commit; a decider has one matter all the same."""
CHECKED, WRONG = "Kontrollerat med den som skrev", "Uppgiften är fel"


@pytest.fixture
def stage(backend: Backend, proxy: TwiceProxy) -> Backend:
    """A running server with an evening to play."""
    backend.data.mkdir()
    backend.command("demo", "--stage", "planned")
    backend.start()
    proxy.start()
    return backend


def test_what_is_held_is_admitted_or_refused_and_its_author_learns_it(stage: Backend, hand: Hand) -> None:
    alcohol, leader, board = hand("alcohol"), hand("leader"), hand("board", DESKTOP)
    alcohol.enrol(stage.link("u.kom.alk"), "Alkohol 1")
    expect(alcohol.page.get_by_text("Övning: platser, personer")).to_be_visible()
    leader.enrol(stage.link("u.pol.a1"), "Alfa 1")
    board.enrol(stage.link("u.kom.sak"), "Ledning")
    alcohol.offline()
    alcohol.visit(SITE, "Ankomst")
    alcohol.choose(ARRIVAL, "Nekat tillträde")
    alcohol.visit(OTHER, "Räkna")
    for _ in range(3):
        alcohol.count(MACHINE, 1)
        alcohol.page.wait_for_timeout(UNHURRIED_MS)
    _leaves_the_evening(stage, "u.kom.alk")
    alcohol.online()

    alcohol.sync()
    held = alcohol.page.get_by_role("region", name="Behöver en människa")
    expect(held).to_contain_text("Din myndighet hade inte rätt att skriva här", timeout=SETTLED_MS)
    expect(held.get_by_text("Granskas").first).to_be_visible()

    leader.sync()
    expect(_matters(leader)).to_have_count(2, timeout=SETTLED_MS)
    answer, count = _matter(leader, "Checklista"), _matter(leader, "Räkning")
    expect(answer).to_contain_text("Demo Kommun Alkohol (Alkohol)")
    expect(answer).to_contain_text("Nekat tillträde")
    expect(count).to_contain_text(re.compile(r"3\s*styck|3 st"))
    _decide(leader, answer, "Ta med", CHECKED)
    _decide(leader, count, "Avslå", WRONG)
    expect(_matters(leader)).to_have_count(0)
    leader.wait_until_received()

    told = alcohol.page.get_by_role("region", name="Beslut om det du skrev")
    expect(told).to_contain_text(f"Den gäller nu. Skäl: {CHECKED}.", timeout=SETTLED_MS)
    expect(told).to_contain_text(f"Den räknas inte. Skäl: {WRONG}.", timeout=SETTLED_MS)
    alcohol.page.get_by_role("button", name="Jag har läst").click()
    expect(told.get_by_text("2 tidigare beslut")).to_be_visible()

    leader.visit(SITE, "Ankomst")
    expect(leader.question(ARRIVAL).get_by_role("radio", name="Nekat tillträde")).to_be_checked()
    board.page.goto(f"{board.address}/#/board")
    expect(board.page.get_by_role("region", name="Kvällen i siffror")).to_contain_text("Inget räknat än")
    expect(board.page.get_by_role("region", name="Väntar på beslut")).to_have_count(0)


def test_a_late_change_to_an_approved_visit_becomes_an_amendment(stage: Backend, hand: Hand) -> None:
    alfa, bravo = hand("alfa"), hand("bravo")
    alfa.enrol(stage.link("u.pol.a1"), "Alfa 1")
    bravo.enrol(stage.link("u.pol.b1"), "Bravo 1")
    alfa.visit(CAFE, "Checklista")
    alfa.write(SCREEN, "Startbild")
    alfa.wait_until_received()
    bravo.visit(CAFE, "Checklista")
    expect(bravo.page.get_by_role("textbox", name=re.compile(SCREEN)).first).to_have_value("Startbild")
    bravo.offline()

    alfa.visit(CAFE, "Avsluta")
    part = alfa.page.get_by_role("region", name="Er egen del (Polis)")
    part.get_by_role("button", name="Lämna in").click()
    expect(part).to_contain_text("Lämnades in av Demo Polis Alfa (Polis)")
    alfa.wait_until_received()
    part.get_by_role("button", name="Godkänn").click()
    alfa.page.get_by_role("dialog").get_by_role("button", name="Godkänn").click()
    expect(part).to_contain_text("Godkändes av Demo Polis Alfa (Polis)")
    alfa.wait_until_received()
    alfa.visit(CAFE, "Checklista")
    expect(alfa.page.get_by_text("Det du ändrar sparas som tillägg")).to_be_visible()

    bravo.write(SCREEN, "Rullande hjul")
    bravo.online()
    bravo.sync()
    held = bravo.page.get_by_role("region", name="Behöver en människa")
    expect(held).to_contain_text("Besöket var godkänt när det kom fram", timeout=SETTLED_MS)

    alfa.sync()
    amendment = _matter(alfa, "Checklista")
    expect(amendment).to_contain_text("Rullande hjul", timeout=SETTLED_MS)
    expect(amendment).to_contain_text("Gäller nu: Startbild")
    _decide(alfa, amendment, "Ta med", CHECKED)
    expect(bravo.page.get_by_text("Den gäller nu.")).to_be_visible(timeout=SETTLED_MS)
    for tablet in (alfa, bravo):
        tablet.visit(CAFE, "Checklista")
        answer = tablet.page.get_by_role("textbox", name=re.compile(SCREEN)).first
        expect(answer).to_have_value("Rullande hjul", timeout=SETTLED_MS)
    assert stage.attempt("rebuild", "--check").returncode == 0


def _leaves_the_evening(stage: Backend, user: str) -> None:
    """End a user's part in the shared stream of the evening that is played."""
    db = Database(stage.database_url)
    try:
        stream = db.read_now(evening_of_the_day)
        db.write_now(lambda conn: revoke(conn, stream, user, now_ms()))
    finally:
        db.close()


def _matters(tablet: Tablet) -> Locator:
    return tablet.page.get_by_role("region", name="Väntar på beslut").get_by_role("article")


def _matter(tablet: Tablet, name: str) -> Locator:
    region = tablet.page.get_by_role("region", name="Väntar på beslut")
    return region.get_by_role("article", name=re.compile(f"^{name}")).first


def _decide(tablet: Tablet, matter: Locator, act: str, reason: str) -> None:
    """One tap decides nothing: the dialog wants a reason first."""
    before = _matters(tablet).count()
    matter.get_by_role("button", name=re.compile(f"^{act}")).click()
    dialog = tablet.page.get_by_role("dialog")
    dialog.get_by_role("button", name=act).click(force=True)  # it says why it cannot
    expect(dialog.get_by_text("Skriv varför").first).to_be_visible()
    assert _matters(tablet).count() == before
    dialog.get_by_text(reason).first.click()
    dialog.get_by_role("button", name=act).click()
    expect(dialog).to_have_count(0)
