"""WebKitGTK, the closest to an iPad's engine that runs here: its own small browser with a profile on disk.

WebDriver's sessions are ephemeral: what they store is gone with them, and so is what a kill should be survived by. MiniBrowser
without automation keeps a profile, and its remote inspector runs in the page what a test asks.
"""

import os
import re
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tests.engines.devtools import Devtools, Gone, WebKitPage
from tests.engines.processes import command, family, kill, kill_all, log_of
from tests.ports import free_port

START_S = 30.0
SCREEN = "1024x1366x24"
PROCESSES = {"web": "WebKitWebProcess", "network": "WebKitNetworkProcess"}


class Screen:
    """An X server without a screen, for as long as it is used."""

    def __init__(self, program: Path) -> None:
        """`program` is Xvfb; it takes a free display and says which."""
        self._process = subprocess.Popen(
            [program, "-displayfd", "1", "-screen", "0", SCREEN, "-nolisten", "tcp"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdout is not None
        number = self._process.stdout.readline().decode().strip()
        assert number, "Xvfb did not start"
        self.display = f":{number}"

    def close(self) -> None:
        """Stop it."""
        self._process.terminate()
        self._process.communicate(timeout=10)


@dataclass
class WebKit:
    """A tablet with WebKitGTK. After `web` and `browser` only the profile is left; after `network` the app helps itself."""

    program: Path
    profile: Path
    display: str
    ways: tuple[str, ...] = ("network", "network", "web", "browser")
    name: str = "webkit"
    restarts: int = 0
    screen: Screen | None = None
    """Closed with the tablet, if it is this tablet's own."""
    _process: subprocess.Popen[bytes] | None = None
    _port: int = 0
    _killed: str = ""

    def open(self, address: str) -> WebKitPage:
        """Start the browser with the app in its one window."""
        self._port = free_port()
        environment = self._environment()
        with log_of(self.profile).open("ab") as log:
            self._process = subprocess.Popen(
                [self.program, address],
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        return self.page()

    def page(self) -> WebKitPage:
        """A connection to the window."""
        deadline = time.monotonic() + START_S
        while True:
            try:
                return WebKitPage(self._socket())
            except (OSError, LookupError, Gone):
                assert self._process is not None
                ended = self._process.poll()
                assert ended is None, (
                    f"MiniBrowser ended with {ended} after a kill by {self._killed or 'nobody'}"
                )
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def kill(self, way: str) -> None:
        """SIGKILL of the whole browser, of the process with the page, or of the one with network and IndexedDB."""
        assert self._process is not None
        self._killed = way
        if way == "browser":
            kill_all(self._process.pid)
            self._process.wait(10)
            self._process = None
            return
        members = [pid for pid in family(self._process.pid) if PROCESSES[way] in command(pid)]
        assert members, f"WebKit has no {way} process"
        kill(members)

    def reopen(self, way: str, address: str) -> WebKitPage:
        """What a person does after that: start the app again; nothing where the network process alone was killed."""
        if way == "network":
            return self.page()
        if self._process is not None:
            self.kill("browser")
        return self.open(address)

    def quit(self, page: Devtools) -> None:
        """End the browser as a person does."""
        assert self._process is not None
        page.close()
        self._process.terminate()
        self._process.wait(30)
        self._process = None

    def close(self) -> None:
        """End the browser if it runs."""
        if self._process is not None:
            self.kill("browser")
        if self.screen is not None:
            self.screen.close()

    def _environment(self) -> dict[str, str]:
        folders = {
            name: self.profile / name
            for name in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
        }
        for folder in folders.values():
            folder.mkdir(parents=True, exist_ok=True)
        return os.environ | {
            **{name: str(folder) for name, folder in folders.items()},
            "DISPLAY": self.display,
            "LANG": "sv_SE.UTF-8",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "NO_AT_BRIDGE": "1",
            "WEBKIT_INSPECTOR_HTTP_SERVER": f"127.0.0.1:{self._port}",
        }

    def _socket(self) -> str:
        """The address of the one page's inspector, as the list of pages gives it."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/", timeout=5) as answer:
            found = re.search(r"/socket/\d+/\d+/WebPage", answer.read().decode())
        if not found:
            raise LookupError("no page yet")
        return f"ws://127.0.0.1:{self._port}{found[0]}"
