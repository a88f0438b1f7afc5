"""Handed over in a basement, read by the other authority once both are up again; and nothing else of it is."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.backend import Backend
from tests.e2e.conftest import Hand
from tests.e2e.evening import holds
from tests.e2e.tablet import SETTLED_MS, Tablet
from tests.e2e.twice import TwiceProxy

SITE = "Föreningen Dubbelkvasten"
SHOWN, HIDDEN = "Fem spelmaskiner i bakre rummet", "Anmälan som ingen annan ska se"
WHY, PROVISO = "Hindrar inte utredningen xq7", "Bara i tillståndsärendet"


@pytest.fixture
def stage(backend: Backend, proxy: TwiceProxy) -> Backend:
    """A running server with an evening to play."""
    backend.data.mkdir()
    backend.command("demo", "--stage", "planned")
    backend.start()
    proxy.start()
    return backend


def test_a_report_is_handed_over_offline_and_arrives_at_the_other_authority_alone(
    stage: Backend, hand: Hand
) -> None:
    leader, alcohol, tax = hand("leader"), hand("alcohol"), hand("tax")
    leader.enrol(stage.link("u.pol.a1"), "Alfa 1")
    alcohol.enrol(stage.link("u.kom.alk"), "Alkohol 1")
    tax.enrol(stage.link("u.skv.1"), "Skatt 1")
    leader.offline()
    for text in (HIDDEN, SHOWN):
        leader.visit(SITE, "Anmälan")
        leader.report("Olovlig försäljning av alkohol", text)
    _hand_over(leader)
    given = _given(leader)
    expect(given).to_contain_text("Väntar på att skickas")
    expect(given).to_contain_text(WHY)
    leader.online()
    expect(given).to_contain_text(re.compile(r"Utlämnad \d\d:\d\d"), timeout=SETTLED_MS)

    alcohol.visit(SITE, "Översikt")
    received = alcohol.page.get_by_role("region", name="Utlämnat till oss")
    expect(received).to_contain_text(SHOWN, timeout=SETTLED_MS)
    for words in ("Från Polis", f"Förbehåll: {PROVISO}", "ALK 9:8", "Fia Lind"):
        expect(received).to_contain_text(words)
    alcohol.wait_until_received()
    tax.visit(SITE, "Översikt")
    expect(tax.page.get_by_role("heading", name="Rättslig grund")).to_be_visible()
    expect(tax.page.get_by_role("region", name="Utlämnat till oss")).to_have_count(0)
    for tablet in (alcohol, tax):
        tablet.close()
    assert holds(alcohol.profile, SHOWN)
    for word in (HIDDEN, WHY):
        assert not holds(alcohol.profile, word)
    for word in (SHOWN, HIDDEN, WHY, PROVISO):
        assert not holds(tax.profile, word)


def _hand_over(leader: Tablet) -> None:
    """From the report that is open: who, on which ground, why; then what was reviewed is signed."""
    leader.page.get_by_role("button", name="Lämna ut…").click()
    form = leader.page.get_by_role("dialog", name="Lämna ut till en annan myndighet")
    review = form.get_by_role("button", name="Granska")
    form.get_by_role("radio", name="Alkohol", exact=True).check(force=True)
    expect(form.get_by_text("OSL 10:15 a")).to_be_visible()
    expect(form.get_by_text("2025:170")).to_have_count(0)  # a duty towards the police, not of theirs
    form.get_by_text("ALK 9:8").click()
    form.get_by_label("Beslutat av").fill("Fia Lind, FU-ledare")
    review.click(force=True)  # blocked, it says why
    expect(form).to_contain_text("Skriv varför det får lämnas ut")
    form.get_by_label("Varför får det lämnas ut?").fill(WHY)
    form.get_by_label("Förbehåll").fill(PROVISO)
    review.click()
    preview = leader.page.get_by_role("dialog", name="Det här lämnas ut")
    expect(preview).to_contain_text(SHOWN)
    expect(preview).not_to_contain_text(HIDDEN)
    preview.get_by_role("button", name="Lämna ut till Alkohol").click()
    expect(leader.page.get_by_text("Utlämnandet är sparat på plattan").first).to_be_visible()


def _given(leader: Tablet) -> Locator:
    leader.visit(SITE, "Översikt")
    return leader.page.get_by_role("region", name="Utlämnat av oss")
