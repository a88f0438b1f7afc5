"""`make kill-browser KILLS=n`: kill a browser while somebody records as fast as it can, and look what is left.

A kill is not a power cut: the system keeps what the browser wrote although the disk may not have it. What holds then is that
each recording is a transaction of durability `strict`, which static/src/store/save.test.ts asserts.
"""

import argparse
import json
import os
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from app.database import migrate
from tests.browser import find_chromium
from tests.e2e.backend import Backend
from tests.engines import builds
from tests.engines.chromium import Chromium
from tests.engines.processes import log_of
from tests.engines.trial import Round, Trial
from tests.engines.webkit import Screen, WebKit
from tests.webkit import find_webkit

AWAY, BACK = 5, 3
"""So many kills without a server, then so many with it; then everything is delivered and compared."""
BACKUP_EVERY_S = "20"
"""Lets go of what is delivered while the kills go on: that is a recording's last danger."""


def main() -> None:
    """Kill as often as asked and print what came of it; exit status 1 if anything was lost or doubled."""
    parser = argparse.ArgumentParser("kill-browser")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--browser", choices=["chromium", "webkit"], default="chromium")
    parser.add_argument("--start", type=int, default=1, help="the seed of all that is random")
    options = parser.parse_args()
    # Whoever ends this run ends its browser and its server as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.environ["INSATS_BACKUP_EVERY_S"] = BACKUP_EVERY_S
    with TemporaryDirectory(prefix="insats-kill-") as folder:
        trial = prepared(Path(folder), options.browser, Random(options.start))
        try:
            rounds, faults = run(trial, options.kills)
        except Exception:
            print(log_of(trial.browser.profile).read_text(errors="replace")[-6_000:], file=sys.stderr)
            raise
        finally:
            trial.close()
            trial.backend.kill()
    report(trial, rounds, faults)
    sys.exit(1 if faults else 0)


def prepared(folder: Path, name: str, random: Random) -> Trial:
    """A server with the planned evening, and a new tablet."""
    backend = served(folder, builds.driven(folder))
    if name == "chromium":
        return Trial(Chromium(find_chromium(), folder / "profile"), backend, random)
    found = find_webkit()
    screen = Screen(found.xvfb)
    return Trial(WebKit(found.browser, folder / "profile", screen.display, screen=screen), backend, random)


def served(folder: Path, front: Path, url: str = "") -> Backend:
    """A running server on a store of its own, with the planned evening."""
    (folder / "data").mkdir()
    url = url or f"sqlite:///{folder / 'store.db'}"
    backend = Backend(folder / "data", url, "", front=front)
    backend.public = backend.address
    migrate(url)
    backend.command("demo", "--stage", "planned")
    backend.start()
    return backend


def run(trial: Trial, kills: int) -> tuple[list[Round], list[str]]:
    """Kill so often, some with and some without a server; the rounds and everything that was wrong."""
    trial.begin()
    rounds: list[Round] = []
    faults: list[str] = []
    for number in range(kills):
        place = number % (AWAY + BACK)
        if place == 0:
            trial.backend.kill()
        elif place == AWAY:
            trial.backend.start()
        made = trial.round(trial.browser.ways[number % len(trial.browser.ways)])
        rounds.append(made)
        faults += [f"kill {number + 1} ({made.way}): {fault}" for fault in made.faults]
        if place == AWAY + BACK - 1 or number == kills - 1:
            faults += _delivered(trial, number + 1)
    return rounds, faults


def _delivered(trial: Trial, number: int) -> list[str]:
    trial.backend.start()
    wrong = trial.deliver()
    trial.ledger.settle(trial.look())
    print(
        f"{time.strftime('%H:%M:%S')} {number} kills, {trial.ledger.noted} shown as saved, faults: {wrong or 'none'}",
        flush=True,
    )
    return [f"after kill {number}: {fault}" for fault in wrong]


def report(trial: Trial, rounds: list[Round], faults: list[str]) -> None:
    """What a person wants to know of it, and the same for a machine."""
    back = sorted(made.back for made in rounds)
    print(f"\n{trial.browser.name}: {len(rounds)} kills {dict(Counter(made.way for made in rounds))}")
    print(
        f"shown as saved: {trial.ledger.noted}; refused while something was dead: {dict(trial.ledger.refused)}"
    )
    print(
        f"lost or doubled: {len(faults)}; reloads by hand: {trial.by_hand}, restarts: {trial.browser.restarts}"
    )
    print(
        f"from kill to everything on the screen again: median {back[len(back) // 2]:.2f} s, worst {back[-1]:.2f} s"
    )
    for fault in faults:
        print(f"FAULT {fault}")
    print(
        json.dumps(
            {
                "browser": trial.browser.name,
                "kills": len(rounds),
                "saved": trial.ledger.noted,
                "faults": faults,
                "back_s": {"median": round(back[len(back) // 2], 2), "worst": round(back[-1], 2)},
            }
        )
    )


if __name__ == "__main__":
    main()
