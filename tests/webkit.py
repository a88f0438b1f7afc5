"""WebKitGTK for the tests, the nearest relative of an iPad's browser: the one named, else Debian's, installed where we may.

There is one, or a test fails and says what to do. Only a machine that says of itself that it has none (`INSATS_WEBKIT=none`)
is spared. `python -m tests.webkit` makes sure of it beforehand and prints the path.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser import CHECKOUT

SETTING, NONE = "INSATS_WEBKIT", "none"
PACKAGES = ("libwebkit2gtk-4.1-0", "xvfb")
LOCK = CHECKOUT / ".cache" / "webkit.lock"
HELP = (
    f"install {' and '.join(PACKAGES)} (apt; as root on Debian the tests do it themselves), "
    f"or set {SETTING} to a MiniBrowser of WebKitGTK, or to `{NONE}` on a machine that shall go without"
)


class NoWebKit(Exception):
    """There is no WebKitGTK and none could be installed; the message says what to do."""


@dataclass(frozen=True)
class Found:
    """The browser, and the X server to show it to."""

    browser: Path
    xvfb: Path


@pytest.fixture(scope="session")
def webkit() -> Found:
    """The WebKitGTK to test with."""
    if os.environ.get(SETTING) == NONE:
        pytest.skip(f"{SETTING}={NONE}: this machine goes without WebKitGTK")
    return find_webkit()


def find_webkit() -> Found:
    """The WebKitGTK to test with; installs it where that is possible."""
    found = present()
    if found is None and may_install():
        install()
        found = present()
    if found is None:
        raise NoWebKit(HELP)
    return found


def present() -> Found | None:
    """What this machine has, if it is complete."""
    named = os.environ.get(SETTING)
    debian = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.1/MiniBrowser"))
    browser = Path(named) if named else next(iter(debian), None)
    xvfb = shutil.which("Xvfb")
    if browser is None or xvfb is None:
        return None
    if not (browser.is_file() and os.access(browser, os.X_OK)):
        raise NoWebKit(f"{browser} cannot be run: {HELP}")
    return Found(browser, Path(xvfb))


def may_install() -> bool:
    """Whether this is root on a Debian."""
    return os.geteuid() == 0 and Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None


def install() -> None:
    """Install the packages; some 60 MB and 20 s, once for each machine."""
    LOCK.parent.mkdir(exist_ok=True)
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # parallel test workers ask at the same moment
        if present() is None:
            environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
            options = ["-qq", "-o", "DPkg::Lock::Timeout=120"]
            install = ["install", "--yes", "--no-install-recommends", *PACKAGES]
            for command in (["update"], install):
                done = subprocess.run(
                    ["apt-get", *options, *command],
                    env=environment,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                if done.returncode:
                    raise NoWebKit(f"apt-get {command[0]} failed: {done.stderr[-500:]}\n{HELP}")


if __name__ == "__main__":
    if os.environ.get(SETTING) == NONE:
        sys.exit(0)
    try:
        print(find_webkit().browser)
    except NoWebKit as reason:
        sys.exit(f"No WebKitGTK: {reason}")
