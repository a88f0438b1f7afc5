"""Work carried as a file: sealed on a silent tablet, handed in on another authority's, read by the server alone."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from app.database import Database
from tests.e2e.backend import Backend
from tests.e2e.conftest import Hand
from tests.e2e.evening import entities_of, evening_of_the_day, holds
from tests.e2e.tablet import SETTLED_MS, Tablet
from tests.e2e.twice import TwiceProxy

SITE = "Café Zinkgryningen"
PLANTED = "KRUSBÄRSHATT"


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_file_from_a_silent_tablet_arrives_by_another_that_cannot_read_it(
    backend: Backend, proxy: TwiceProxy, hand: Hand, tmp_path: Path
) -> None:
    backend.data.mkdir()
    backend.command("demo", "--stage", "planned")
    backend.start()
    proxy.start()
    alfa, alcohol = hand("alfa"), hand("alcohol")
    alfa.enrol(backend.link("u.pol.a1"), "Alfa 1")
    alcohol.enrol(backend.link("u.kom.alk"), "Alkohol 1")
    alfa.offline()
    alfa.visit(SITE, "Anmälan")
    alfa.report("Brott mot lotterilagen", PLANTED)
    alfa.visit(SITE, "Foton")
    alfa.photograph("Maskinen")
    carried = _saved_file(alfa, tmp_path)
    assert carried.name.startswith("insats-Alfa-1-")
    assert PLANTED.encode() not in carried.read_bytes()

    alcohol.sync()
    choose = alcohol.page.get_by_label("Lämna någon annans fil")
    alcohol.offline()
    choose.set_input_files(carried)
    card = alcohol.page.get_by_role("region", name="Skicka med någon annan")
    expect(card.get_by_text("Kontakten bröts")).to_be_visible(timeout=SETTLED_MS)
    alcohol.online()
    card.get_by_role("button", name="Försök igen").click()
    expect(card.get_by_text(f"{carried.name} är lämnad")).to_be_visible(timeout=SETTLED_MS)
    _the_server_has_the_report(backend)

    alcohol.close()
    alfa.online()
    alfa.wait_until_received()  # what another delivered is his own all the same, once
    alfa.close()
    _the_server_has_the_report(backend)
    assert holds(alfa.profile, PLANTED), "the search must find the word where it was written"
    assert not holds(alcohol.profile, PLANTED)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_another_file_is_not_handed_in(
    backend: Backend, proxy: TwiceProxy, hand: Hand, tmp_path: Path
) -> None:
    backend.data.mkdir()
    backend.command("demo", "--stage", "planned")
    backend.start()
    proxy.start()
    alfa = hand("alfa")
    alfa.enrol(backend.link("u.pol.a1"), "Alfa 1")
    alfa.sync()
    wrong = tmp_path / "semester.insats"
    wrong.write_bytes(b"JPEG or whatever")
    alfa.page.get_by_label("Lämna någon annans fil").set_input_files(wrong)
    expect(alfa.page.get_by_text("Filen går inte att lämna")).to_be_visible()


def _saved_file(tablet: Tablet, folder: Path) -> Path:
    """Make the file on the sync page and keep what the browser downloads."""
    tablet.sync()
    tablet.page.get_by_role("button", name="Spara som fil").click()
    with tablet.page.expect_download() as download:
        tablet.page.get_by_role("link", name="Spara filen").click()
    kept = folder / download.value.suggested_filename
    download.value.save_as(kept)
    return kept


def _the_server_has_the_report(backend: Backend) -> None:
    """Once, with its text, and the number beside it."""
    db = Database(backend.database_url)
    try:
        shared = db.read_now(evening_of_the_day)
        own = shared.replace("/shared", "/POL")
        reports = db.read_now(lambda conn: entities_of(conn, own, "report"))
        photos = db.read_now(lambda conn: entities_of(conn, own, "photo"))
    finally:
        db.close()
    assert [[head[1] for head in report["summary"]] for report in reports] == [[PLANTED]]
    assert len(photos) == 1
