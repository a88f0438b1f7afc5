"""What a tablet holds, on the engines of both worlds: the storage underneath is what differs between them."""

from random import Random
from typing import Any

from tests.e2e.backend import Backend
from tests.engines.processes import wait_until
from tests.engines.trial import Browser, Trial, says, take_up

WATCH = """(() => {
  globalThis.opened = [];
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function (stores, mode, options) {
    if (mode === "readwrite") opened.push([[stores].flat().includes("unsealed"), options?.durability ?? "default"]);
    return transaction.call(this, stores, mode, options);
  };
  return true;
})()"""
KEY = """insats.tablet.running().tablet.db.getAll("actors").then(async ([actor]) => ({
  extractable: actor.privateKey.extractable,
  exported: await crypto.subtle.exportKey("pkcs8", actor.privateKey).then(() => "exported", () => "refused"),
  signs: (await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, actor.privateKey, new Uint8Array(8))).byteLength,
}))"""
FIGURES = "[...document.querySelectorAll('output')].map((each) => parseInt(each.innerText))"


def test_a_tablet_records_starts_without_a_server_and_delivers(browser: Browser, evening: Backend) -> None:
    trial = Trial(browser, evening, Random(1))
    trial.begin()
    trial.page.evaluate(WATCH)
    trial.record(least=60)
    transactions: list[tuple[bool, str]] = trial.page.evaluate("opened")
    found = trial.look()

    evening.kill()
    trial.start_again()
    again = trial.look()
    _is_shown(trial, again["counts"]["SPELMASKIN"])
    key = trial.page.evaluate(KEY)

    evening.start()
    assert trial.deliver() == []
    assert _holdings(again) == _holdings(found)
    assert trial.ledger.faults(found) == []
    assert {durability for records, durability in transactions if records} == {"strict"}
    assert key == {"extractable": False, "exported": "refused", "signs": 64}


def _holdings(found: dict[str, Any]) -> dict[str, Any]:
    """What was recorded, without how far it has come meanwhile."""
    return {name: found[name] for name in ("saves", "counts", "answers", "photos", "photosCounted", "broken")}


def _is_shown(trial: Trial, count: int) -> None:
    """The count is what a person reads, not only what the store holds.

    Chromium writes web storage now and then only, so the kill may have taken away that this window may record.
    """
    trial.page.do("localStorage.setItem('insats.window', '1') || setTimeout(() => location.reload())")
    wait_until(lambda: says(trial.page, "globalThis.person === undefined"), 20, "it does not load again")
    take_up(trial.page)
    trial.page.do("person.show('counts')")
    wait_until(lambda: count in trial.page.evaluate(FIGURES), 20, f"no count on the screen says {count}")
