"""A colleague sees the server's view of a photo; what is no picture is kept, and both are told so."""

import re

import pytest
from playwright.sync_api import Locator, expect

from app.photos.decoder import EDGE
from tests.e2e.backend import Backend
from tests.e2e.conftest import Hand
from tests.e2e.tablet import SETTLED_MS, Tablet
from tests.e2e.twice import TwiceProxy

SITE = "Café Zinkgryningen"
BROKEN = {"name": "trasig.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff<script>alert(1)</script>"}


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_photo_is_seen_by_a_colleague_and_what_is_none_is_said_to_be_kept(
    backend: Backend, proxy: TwiceProxy, hand: Hand
) -> None:
    backend.data.mkdir()
    backend.command("demo", "--stage", "planned")
    backend.start()
    proxy.start()
    alfa, bravo = hand("alfa"), hand("bravo")
    alfa.enrol(backend.link("u.pol.a1"), "Alfa 1")
    bravo.enrol(backend.link("u.pol.b1"), "Bravo 1")
    alfa.visit(SITE, "Foton")
    alfa.photograph("Entrén")
    alfa.page.locator("input[type=file]").first.set_input_files(BROKEN)  # type: ignore[arg-type]
    alfa.wait_until_received()

    bravo.visit(SITE, "Foton")
    asked: list[str] = []
    bravo.page.on("request", lambda request: asked.append(request.url))
    whole = _opened(bravo, "Entrén").get_by_role("img")
    expect(whole).to_be_visible(timeout=SETTLED_MS)
    expect(whole).to_have_js_property("naturalWidth", EDGE, timeout=SETTLED_MS)  # no thumbnail any more
    bravo.page.get_by_role("dialog").get_by_role("button", name="Klar").click()
    for tablet in (alfa, bravo):
        tablet.visit(SITE, "Foton")
        dialog = _opened(tablet, "Ingen bildtext")
        expect(dialog.get_by_text("Fotot är bevarat som det togs")).to_be_visible(timeout=SETTLED_MS)
        expect(dialog.get_by_role("img", name=re.compile("Foto från besöket"))).to_have_count(0)
    blobs = [url for url in asked if "/blobs/" in url and not url.endswith("/missing")]
    assert blobs, "bravo asked for what he was shown"
    assert all(url.endswith("/view") for url in blobs)


def _opened(tablet: Tablet, caption: str) -> Locator:
    photos = tablet.page.get_by_role("region", name="Foton").get_by_role("listitem")
    photos.get_by_role("button", name=re.compile(caption)).first.click(timeout=SETTLED_MS)
    return tablet.page.get_by_role("dialog", name="Foto")
