"""Builds of the front end that lie outside the checkout: one that a test can drive, and a later version of it.

They are made from a copy of the source with as little changed as can be: the modules of the app are put where a test finds
them, and the later version differs in what a release may add to the store of the tablet.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.browser import CHECKOUT, node

STATIC = CHECKOUT / "static"
DRIVEN = """import * as loss from "./state/loss";
import * as operation from "./state/operation";
import * as photos from "./state/photos";
import * as recording from "./state/recording";
import * as replica from "./state/replica";
import * as session from "./state/session";
import * as status from "./state/status";
import * as tablet from "./state/tablet";
import * as update from "./state/update";
import * as freshLog from "./store/freshLog";
import { APP } from "./sync/version";

const insats = { freshLog, loss, operation, photos, recording, replica, session, status, tablet, update, APP };
Object.assign(globalThis, { insats });
"""

ADDED = """
function addLater(db: Db): void {
  (db as unknown as { createObjectStore(name: string): unknown }).createObjectStore("later");
}
"""


def driven(folder: Path) -> Path:
    """The app of the checkout, driven: its `dist`."""
    source = _copied(folder)
    return _built(source)


def later(folder: Path) -> Path:
    """The app as a later release might be: another version, and one store more in the tablet's database."""
    source = _copied(folder)
    opening = source / "src" / "store" / "open.ts"
    text = opening.read_text()
    found = re.search(r"^(?:export )?const VERSION = (\d+);$", text, re.MULTILINE)
    assert found, "store/open.ts names its version no longer as it did"
    text = text.replace(found[0], found[0].replace(found[1], str(int(found[1]) + 1)))
    upgrade = "upgrade: (db, old) => { if (old < " + found[1] + ") \\1(db, old); addLater(db); },"
    text, hits = re.subn(r"upgrade: (\w+),", upgrade, text)
    assert hits == 1, "store/open.ts upgrades no longer as it did"
    opening.write_text(text + ADDED)
    package = source / "package.json"
    package.write_text(re.sub(r'"version": "[^"]+"', '"version": "9.9.9"', package.read_text(), count=1))
    return _built(source)


def _copied(folder: Path) -> Path:
    """The source without what is made from it, and with its modules handed out."""
    source = folder / "static"
    shutil.copytree(STATIC, source, ignore=shutil.ignore_patterns("node_modules", "dist"))
    (source / "node_modules").symlink_to((STATIC / "node_modules").resolve())
    (source / "src" / "driven.ts").write_text(DRIVEN)
    main = source / "src" / "main.tsx"
    main.write_text('import "./driven";\n' + main.read_text())
    return source


def _built(source: Path) -> Path:
    command = [node(), "node_modules/vite/bin/vite.js", "build", "--logLevel", "warn"]
    done = subprocess.run(
        command,
        cwd=source,
        env=os.environ | {"NODE_ENV": "production"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return source / "dist"
