"""From the setup link on the terminal to a person who records: every step by hand, in real browsers."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.backend import Backend
from tests.e2e.conftest import Hand
from tests.e2e.tablet import DESKTOP, SETTLED_MS, Tablet
from tests.e2e.twice import TwiceProxy

LEFT = """async () => {
    const open = indexedDB.open("insats");
    const db = await new Promise((done) => { open.onsuccess = () => done(open.result); });
    const names = [...db.objectStoreNames].filter((name) => name !== "meta");
    const counts = await Promise.all(names.map((name) => new Promise((done) => {
        const asked = db.transaction(name).objectStore(name).count();
        asked.onsuccess = () => done(asked.result);
    })));
    db.close();
    return counts.reduce((sum, n) => sum + n, 0);
}"""
"""How many rows the tablet's store still has."""


def test_from_the_setup_link_to_a_person_who_enrols(backend: Backend, proxy: TwiceProxy, hand: Hand) -> None:
    backend.data.mkdir()
    backend.start()
    proxy.start()
    (setup,) = re.findall(r"^ +(http\S+)$", backend.command("setup-link"), re.MULTILINE)
    system, chief, officer = hand("system", DESKTOP), hand("chief", DESKTOP), hand("officer")

    _set_up(system, setup, "Sara System", "sara")
    page = system.page
    expect(page.get_by_role("heading", name="Personer")).to_be_visible(timeout=SETTLED_MS)
    expect(page.get_by_role("navigation").get_by_text("Idag")).to_have_count(0)
    expect(page.get_by_role("region", name="Händelser")).to_contain_text(
        "Sara System blev systemadministratör"
    )
    link = _invite(
        page, "Petra Polis", "petra", "Myndighetsadministratör", "Polismyndigheten (lokalpolisområde)"
    )
    assert link.startswith(backend.public)

    chief.enrol(link, "Petras dator", "Händelser")
    expect(chief.page.get_by_role("region", name="Konton").get_by_role("listitem")).to_have_count(
        1, timeout=SETTLED_MS
    )
    link = _invite(chief.page, "Olle Officer", "olle", "Inspektör/handläggare")

    officer.enrol(link, "Alfa 1", "Allt mottaget")
    chief.page.reload()
    olle = chief.page.get_by_role("listitem").filter(has_text="pol.olle").first
    expect(olle).to_contain_text("Aktivt")
    olle.get_by_text("1 inloggning").click()
    expect(olle).to_contain_text("Alfa 1")

    olle.get_by_role("button", name="Stäng konto").click()
    chief.page.get_by_role("dialog").get_by_role("button", name="Stäng konto").click()
    expect(chief.page.get_by_text("1 stängt konto")).to_be_visible()
    expect(chief.page.get_by_role("region", name="Händelser")).to_contain_text(
        "Kontot för Olle Officer stängdes"
    )
    page.reload()
    expect(page.get_by_role("region", name="Händelser")).to_contain_text("Kontot för Olle Officer stängdes")
    expect(officer.page.get_by_text("Plattan är tömd")).to_be_visible(timeout=SETTLED_MS)


def test_a_used_setup_link_says_what_to_do(backend: Backend, proxy: TwiceProxy, hand: Hand) -> None:
    backend.data.mkdir()
    backend.start()
    proxy.start()
    (setup,) = re.findall(r"^ +(http\S+)$", backend.command("setup-link"), re.MULTILINE)
    first, second = hand("first", DESKTOP), hand("second", DESKTOP)
    _set_up(first, setup, "Sara", "sara")
    expect(first.page.get_by_role("heading", name="Personer")).to_be_visible(timeout=SETTLED_MS)
    assert "setup" not in first.page.url
    _set_up(second, setup, "Någon annan", "annan")
    refusal = second.page.get_by_role("alert").filter(has_text="Länken gäller inte")
    expect(refusal).to_contain_text("insats setup-link", timeout=SETTLED_MS)


def test_a_person_ends_a_sign_in_of_their_own(backend: Backend, proxy: TwiceProxy, hand: Hand) -> None:
    backend.data.mkdir()
    backend.command("account", "pol.petra", "--name", "Petra", "--authority", "POL", "--role", "MYNADM")
    backend.start()
    proxy.start()
    desk, other = hand("desk", DESKTOP), hand("other", DESKTOP)
    desk.enrol(backend.link("pol.petra"), "Skrivbordet", "Händelser")
    other.enrol(backend.link("pol.petra"), "Kontoret hemma", "Händelser")
    desk.page.goto(f"{desk.address}/#/settings")
    own = desk.page.get_by_role("region", name="Dina inloggningar")
    expect(own.get_by_text("Skrivbordet")).to_be_visible(timeout=SETTLED_MS)
    expect(own.get_by_role("button", name="Avsluta")).to_have_count(1)
    own.get_by_role("button", name="Avsluta Kontoret hemma").click()
    desk.page.get_by_role("dialog").get_by_role("button", name="Avsluta", exact=True).click()
    expect(own.get_by_text("Kontoret hemma")).to_have_count(0)
    expect(other.page.get_by_text("Plattan är tömd")).to_be_visible(timeout=SETTLED_MS)


def test_a_blocked_tablet_sends_what_it_has_and_is_emptied(
    backend: Backend, proxy: TwiceProxy, hand: Hand
) -> None:
    backend.data.mkdir()
    backend.command("demo", "--stage", "planned")
    backend.command("account", "pol.petra", "--name", "Petra", "--authority", "POL", "--role", "MYNADM")
    backend.start()
    proxy.start()
    chief, stolen, leader = hand("chief", DESKTOP), hand("stolen"), hand("leader")
    chief.enrol(backend.link("pol.petra"), "Skrivbordet", "Händelser")
    stolen.enrol(backend.link("u.pol.a1"), "Alfa 1")
    leader.enrol(backend.link("u.pol.b1"), "Bravo 1")
    stolen.offline()
    stolen.visit("Café Zinkgryningen", "Räkna")
    stolen.count("Spelmaskin/spelautomat", 1)

    chief.page.reload()
    kept = chief.page.get_by_role("region", name="Plattor")
    row = kept.get_by_role("listitem").filter(has_text="Alfa 1")
    expect(row).to_contain_text("version")
    row.get_by_role("button", name="Spärra").click()
    chief.page.get_by_role("dialog").get_by_role("button", name="Spärra", exact=True).click()
    expect(kept.get_by_text("1 spärrad platta")).to_be_visible(timeout=SETTLED_MS)
    expect(chief.page.get_by_role("region", name="Händelser")).to_contain_text("Plattan Alfa 1 spärrades")

    stolen.online()
    expect(stolen.page.get_by_text("Plattan är tömd")).to_be_visible(timeout=SETTLED_MS)
    assert stolen.page.evaluate(LEFT) == 0
    leader.page.goto(f"{leader.address}/#/sync")
    expect(leader.page.get_by_role("region", name="Väntar på beslut")).to_contain_text(
        "Plattan var spärrad", timeout=SETTLED_MS
    )


def _set_up(tablet: Tablet, link: str, name: str, short: str) -> None:
    page = tablet.page
    page.goto(link)
    page.reload()  # a link that only changes the fragment loads nothing by itself
    expect(page.get_by_role("heading", name="Första starten")).to_be_visible()
    page.get_by_role("button", name="Bli administratör").click()
    expect(page.get_by_text("Skriv ett namn.")).to_be_visible()
    page.get_by_label("Namn").fill(name)
    page.get_by_label("Kort konto-id").fill(short)
    page.get_by_label("Din myndighet").select_option(label=_municipality(page))
    page.get_by_role("button", name="Bli administratör").click()


def _municipality(page: Page) -> str:
    options = page.get_by_label("Din myndighet").locator("option")
    expect(options.nth(1)).to_be_attached(timeout=SETTLED_MS)
    return next(each for each in options.all_inner_texts() if "säkerhetsenheten" in each)


def _invite(page: Page, name: str, short: str, role: str, authority: str = "") -> str:
    """Invite somebody; the link that is shown."""
    page.get_by_role("button", name="Bjud in").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Namn").fill(name)
    dialog.get_by_label("Kort konto-id").fill(short)
    if authority:
        dialog.get_by_label("Myndighet", exact=True).select_option(label=authority)
    dialog.get_by_label("Roll").select_option(label=role)
    dialog.get_by_role("button", name="Skapa länk").click()
    expect(dialog.get_by_role("img", name="QR-kod")).to_be_visible()
    link = dialog.get_by_text(re.compile("/#/enrol/")).inner_text()
    dialog.get_by_role("button", name="Klar").click()
    expect(page.get_by_role("region", name="Konton")).to_contain_text(name)
    return link
