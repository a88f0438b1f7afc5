"""A browser profile in somebody's hands, told in what that person does."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, Playwright, expect

from tests.browser import LAUNCH_ARGUMENTS

PORTRAIT = {"width": 820, "height": 1180}
DESKTOP = {"width": 1440, "height": 900}
SETTLED_MS = 45_000

READ_REPLICA = """
() => new Promise((resolve, reject) => {
  const opening = indexedDB.open('insats');
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const db = opening.result, stores = db.transaction(['pieces', 'replicas']);
    const pieces = stores.objectStore('pieces').getAll(), replicas = stores.objectStore('replicas').getAll();
    stores.oncomplete = () => { db.close(); resolve({pieces: pieces.result, replicas: replicas.result}); };
  };
})
"""


@dataclass
class Tablet:
    """One person's device: a Chromium with a profile folder of its own. Closed, only the folder is left."""

    playwright: Playwright
    chromium: Path
    profile: Path
    address: str
    viewport: dict[str, int]
    context: BrowserContext | None = None

    def open(self) -> None:
        """Start the browser on the app, whether or not a server answers."""
        self.context = self.playwright.chromium.launch_persistent_context(
            self.profile,
            executable_path=self.chromium,
            args=list(LAUNCH_ARGUMENTS),
            viewport=self.viewport,  # type: ignore[arg-type]
            locale="sv-SE",
            timezone_id="Europe/Stockholm",
            color_scheme="dark",
            has_touch=True,
        )
        self.context.set_default_timeout(20_000)
        self.page.goto(self.address)

    def close(self) -> None:
        """Close the browser, as when a tablet is put away."""
        if self.context is not None:
            self.context.close()
            self.context = None

    @property
    def page(self) -> Page:
        """The one tab."""
        assert self.context is not None, "the tablet is closed"
        return self.context.pages[0]

    def enrol(self, link: str, label: str, shows: str = "Café Zinkgryningen") -> None:
        """Follow a one-time link and wait until what it shows is on the tablet and the app is kept offline."""
        self.page.goto(link)
        self.page.reload()  # a link that only changes the fragment loads nothing by itself
        here = self.page.get_by_role(
            "button", name=re.compile("Använd i det här fönstret|Fortsätt i webbläsaren")
        )
        here.last.click()
        self.page.get_by_label("Plattans namn").fill(label)
        self.page.get_by_role("button", name="Anslut").click()
        self.page.get_by_text(shows).first.wait_for(timeout=SETTLED_MS)
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        self.wait_until_received()

    def offline(self) -> None:
        """Carry the tablet into the basement."""
        assert self.context is not None, "the tablet is closed"
        self.context.set_offline(True)

    def online(self) -> None:
        """Carry it up again."""
        assert self.context is not None, "the tablet is closed"
        self.context.set_offline(False)

    def sync(self) -> None:
        """Go to the page that says what was sent."""
        self.page.goto(f"{self.address}/#/sync")
        self.page.get_by_role("heading", name="Sändning", exact=True).wait_for()

    def wait_until_received(self) -> None:
        """Until the bar says that everything has been received."""
        expect(self.page.get_by_text("Allt mottaget").first).to_be_visible(timeout=SETTLED_MS)

    def visit(self, site: str, section: str) -> None:
        """Go to a part of the visit to a site."""
        self.page.goto(f"{self.address}/#/day")
        self.page.get_by_role("link", name=re.compile(re.escape(site))).first.click()
        parts = self.page.get_by_role("navigation", name="Besökets delar")
        parts.get_by_role("link", name=re.compile(f"^{section}")).click()

    def count(self, category: str, taps: int) -> None:
        """Add a category if it is not there yet, and tap + so many times."""
        more = self.page.get_by_role("button", name=f"Öka {category}")
        if more.count() == 0:
            self.page.get_by_role("button", name="Lägg till slag").click()
            self.page.get_by_role("dialog").get_by_role("button", name=category).first.click()
        for _ in range(taps):
            more.click()

    def question(self, text: str) -> Locator:
        """The group of one question."""
        return self.page.get_by_role("group", name=re.compile(re.escape(text))).first

    def choose(self, question: str, option: str) -> None:
        """Answer a question by one of its options."""
        self.question(question).get_by_text(option, exact=True).click()

    def write(self, question: str, text: str) -> None:
        """Answer a question in words or figures."""
        field = self.page.get_by_role("textbox", name=re.compile(re.escape(question))).first
        field.fill(text)
        field.blur()

    def photograph(self, caption: str) -> None:
        """Take one photo with the viewfinder and caption it."""
        self.page.get_by_role("button", name="Ta foto").first.click()
        camera = self.page.get_by_role("dialog", name="Kamera")
        camera.get_by_role("button", name="Ta bilden").click()
        expect(camera.get_by_text("Fotot är sparat på plattan").first).to_be_visible()
        camera.get_by_role("button", name="Klar").click()
        photos = self.page.get_by_role("region", name="Foton").get_by_role("listitem")
        photos.get_by_role("button", name=re.compile("Ingen bildtext")).first.click()
        dialog = self.page.get_by_role("dialog", name="Foto")
        dialog.get_by_label("Bildtext").fill(caption)
        dialog.get_by_role("button", name="Klar").click()

    def report(self, offence: str, summary: str) -> None:
        """Write a crime report."""
        self.page.get_by_role("button", name="Ny anmälan").click()
        self.page.get_by_role("dialog").get_by_role("button", name=offence).first.click()
        field = self.page.get_by_label("Vad har hänt?")
        field.fill(summary)
        field.blur()

    def conclude(self) -> None:
        """Mark the whole visit as completed, whatever is still missing."""
        self.page.get_by_role("button", name=re.compile("^(Besöket är klart|Klart ändå)$")).click()
        expect(self.page.get_by_text("Besöket är klart").first).to_be_visible()

    def replica(self) -> dict[str, Any]:
        """What IndexedDB holds: the pieces of the replicas and their cursors."""
        stored: dict[str, Any] = self.page.evaluate(READ_REPLICA)
        return stored
