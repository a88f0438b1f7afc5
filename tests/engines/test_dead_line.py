"""A page whose own line is dead while the browser's is not: Chromium's network process died as the page loaded.

The race itself comes once in some ten kills of that process under load, and lasts until the page is loaded again. What it
leaves behind is made here by the debugging protocol, whose "offline" is the page's alone.
"""

from random import Random

from tests.e2e.backend import Backend
from tests.engines.chromium import Chromium
from tests.engines.trial import Trial

DEAD = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
DIRECT = "fetch('/api/v1/hello').then((r) => r.status, String)"


def test_a_page_with_a_dead_line_delivers_by_its_worker(chromium: Chromium, evening: Backend) -> None:
    trial = Trial(chromium, evening, Random(1))
    trial.begin()
    assert trial.page.evaluate(DIRECT) == 401
    trial.page.call("Network.enable")
    trial.page.call("Network.emulateNetworkConditions", **DEAD)
    assert "Failed to fetch" in trial.page.evaluate(DIRECT)
    trial.record()
    assert trial.deliver() == []
    trial.close()
