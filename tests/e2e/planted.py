"""What the pictures and the accessibility test need besides the demo: held changes, an approval, decisions, a lost tablet."""

from dataclasses import dataclass
from typing import Any

import httpx
from playwright.sync_api import expect

from app.clock import now_ms
from tests.api.evening import Tablet as Client
from tests.api.evening import enrol
from tests.e2e.backend import Backend
from tests.e2e.tablet import Tablet

AUTHOR, OTHER_LEADER, LOSER = "u.kom.alk", "u.pol.b1", "u.skv.1"
ADMINISTRATORS = (
    ("pol.petra", "Petra Polischef", "POL", "MYNADM"),
    ("kom_sak.sara", "Sara Systemansvarig", "KOM_SAK", "SYSADM"),
)
COALESCED_MS = 2_500
"""After this long two answers to one question are two changes."""
REASON = "Kontrollerat med den som skrev"


@dataclass(frozen=True)
class Places:
    """The evening and two visits of it."""

    operation: str
    approved: str
    """Approved by the police; some of their own changes came later."""
    planned: str
    """Where somebody's entries are held."""

    def stream(self, part: str) -> str:
        """One of the evening's streams."""
        return f"op/{self.operation}/{part}"


def plant_before(backend: Backend, places: Places) -> None:
    """What others have done before anybody looks."""
    with httpx.Client(base_url=backend.address) as client:
        _hold(_person(backend, client, AUTHOR), places)
        _lose(backend, client)
    for user, name, authority, role in ADMINISTRATORS:
        backend.command("account", user, "--name", name, "--authority", authority, "--role", role)


def plant_with(backend: Backend, leader: Tablet, places: Places) -> None:
    """The leader submits and approves a visit and changes it afterwards; another leader decides about a part of that."""
    page = leader.page
    page.goto(f"{leader.address}/#/visit/{places.approved}/conclude")
    part = page.get_by_role("region", name="Er egen del (Polis)")
    part.get_by_role("button", name="Lämna in").click()
    leader.wait_until_received()
    part.get_by_role("button", name="Godkänn").click()
    page.get_by_role("dialog").get_by_role("button", name="Godkänn").click()
    expect(part.get_by_text("Godkändes av")).to_be_visible()
    leader.wait_until_received()
    page.goto(f"{leader.address}/#/visit/{places.approved}/checklist")
    for option in ("Penningautomat", "Varuspelsautomat", "Tärning/roulette"):
        page.get_by_text(option, exact=True).first.click()
        page.wait_for_timeout(COALESCED_MS)
        leader.wait_until_received()
    hand_over(leader, places.planned)
    with httpx.Client(base_url=backend.address) as client:
        _decide(_person(backend, client, OTHER_LEADER))


def hand_over(leader: Tablet, visit: str) -> None:
    """A crime report and its way to the alcohol inspectors."""
    page = leader.page
    page.goto(f"{leader.address}/#/visit/{visit}/reports")
    leader.report("Olovlig försäljning av alkohol", "Såldes över disk utan tillstånd kl. 21.40.")
    page.get_by_role("button", name="Lämna ut…").click()
    form = page.get_by_role("dialog", name="Lämna ut till en annan myndighet")
    form.get_by_text("Alkohol", exact=True).click()
    form.get_by_text("ALK 9:8").click()
    form.get_by_label("Varför får det lämnas ut?").fill("Hindrar inte utredningen.")
    form.get_by_label("Förbehåll").fill("Får bara användas i tillståndsärendet.")
    form.get_by_role("button", name="Granska").click()
    page.get_by_role("dialog").get_by_role("button", name="Lämna ut till Alkohol").click()
    leader.wait_until_received()


def _person(backend: Backend, client: httpx.Client, user: str) -> Client:
    code = backend.link(user).rpartition("/")[2].strip()
    return enrol(client, code, user)


def _hold(author: Client, places: Places) -> None:
    """Answers that this server's lists do not know: a person decides."""
    shared, now = places.stream("shared"), now_ms()
    sheet = f"checklist_{places.planned.removeprefix('visit_')}.ANK"

    def commit(*cells: tuple[str, str, Any]) -> None:
        changes = (author.person.change(e, f, v, at=now - 240_000) for e, f, v in cells)
        answer = author.push(author.person.seal(shared, *changes))
        assert answer.status_code == 200, answer.text
        assert "held" in answer.text

    commit((places.planned, "status", "OMKLASSAD"), (places.planned, "activity", "MYCKET_HOG"))
    commit(*((sheet, f"ANK9{i}", f"Svar {i} från en nyare app") for i in range(6)))


def _lose(backend: Backend, client: httpx.Client) -> None:
    """A tablet that told what it holds, and whose store was empty when it came again."""
    first = _person(backend, client, LOSER)
    first.get("/hello", headers={"Insats-Pending": "changes=7;blobs=2;oldest=900;free=64000000000"})
    code = backend.link(LOSER).rpartition("/")[2].strip()
    device = {"id": f"{first.person.id}-again", "label": "Skatt 1"}
    lost = {"id": f"tablet-{first.person.id}", "label": "Skatt 1"}
    again = client.post("/api/v1/enrol", json={"code": code, "device": device | {"lost": lost}})
    assert again.status_code == 200, again.text


def _decide(leader: Client) -> None:
    """Admits the first and refuses the second of the police's own amendments; the third stays."""
    own = [held for held in leader.get("/held").json()["held"] if held["stream"].endswith("/POL")]
    assert own, "the late changes are held"
    for held, admit in zip(own, (True, False), strict=False):
        verdict = {"commit": held["commit"], "admit": admit, "reason": REASON}
        change = leader.person.change(f"admission_{held['change']['id']}", "verdict", verdict, at=now_ms())
        answer = leader.push(leader.person.seal(held["stream"], change))
        assert answer.status_code == 200, answer.text
