"""Chromium with a profile on disk, started and killed without anything in between."""

import json
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.browser import LAUNCH_ARGUMENTS
from tests.engines.devtools import ChromiumPage, Devtools, Gone
from tests.engines.processes import command, family, kill, kill_all, log_of, wait_until

START_S = 30.0
ARGUMENTS = (
    *LAUNCH_ARGUMENTS,
    "--headless",
    "--remote-debugging-port=0",
    "--no-first-run",
    "--disable-gpu",
    "--disable-crash-reporter",
    "--password-store=basic",
    "--use-mock-keychain",
    "--window-size=820,1180",
)


@dataclass
class Chromium:
    """A tablet with Chromium. `ways` are what can be killed; after `browser` only the profile is left."""

    program: Path
    profile: Path
    extra: tuple[str, ...] = ()
    ways: tuple[str, ...] = ("browser", "browser", "browser", "renderer", "utility")
    name: str = "chromium"
    restarts: int = 0
    """How often loading the page again was not enough."""
    _process: subprocess.Popen[bytes] | None = None

    def open(self, address: str) -> ChromiumPage:
        """Start the browser with the app in its one tab."""
        self.profile.mkdir(parents=True, exist_ok=True)
        self._port_file.unlink(missing_ok=True)
        with log_of(self.profile).open("ab") as log:
            self._process = subprocess.Popen(
                [self.program, *ARGUMENTS, *self.extra, f"--user-data-dir={self.profile}", address],
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        wait_until(self._listens, START_S, "Chromium does not listen")
        return self.pages()[0]

    def pages(self) -> list[ChromiumPage]:
        """A connection to each tab, in the order of their opening."""
        wait_until(self._targets, START_S, "Chromium has no page")
        return [ChromiumPage(target["webSocketDebuggerUrl"]) for target in reversed(self._targets())]

    def another(self, address: str) -> ChromiumPage:
        """A second tab."""
        made = self._ask(f"/json/new?{address}", "PUT")
        return ChromiumPage(made["webSocketDebuggerUrl"])

    def kill(self, way: str) -> None:
        """SIGKILL of the whole browser, of its renderers, or of its network and storage services."""
        assert self._process is not None
        if way == "browser":
            kill_all(self._process.pid)
            self._process.wait(10)
            self._process = None
            return
        members = [pid for pid in family(self._process.pid) if f"--type={way}" in command(pid)]
        assert members, f"Chromium has no {way} process"
        kill(members)

    def reopen(self, way: str, address: str) -> ChromiumPage:
        """What a person does after that: load the page again, and where that hangs start the browser again."""
        if way != "browser":
            try:
                return ChromiumPage(self._targets()[-1]["webSocketDebuggerUrl"], load=address)
            except Gone:
                self.restarts += 1
                self.kill("browser")
        return self.open(address)

    def quit(self, page: Devtools) -> None:
        """End the browser as a person does: it writes what it has not written yet."""
        assert self._process is not None
        page.call("Browser.close")
        self._process.wait(30)
        self._process = None

    def close(self) -> None:
        """End the browser if it runs; nothing is left to save."""
        if self._process is not None:
            self.kill("browser")

    @property
    def _port_file(self) -> Path:
        return self.profile / "DevToolsActivePort"

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "Chromium ended at once"
        return self._port_file.exists() and "\n" in self._port_file.read_text()

    def _targets(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._ask("/json/list")
        return [target for target in found if target["type"] == "page"]

    def _ask(self, path: str, method: str = "GET") -> Any:
        port = self._port_file.read_text().splitlines()[0]
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)
