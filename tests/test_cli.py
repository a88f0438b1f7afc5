"""The `insats` command as an operator uses it: a process, a terminal, a data folder."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.e2e.backend import Backend
from tests.ports import free_port


@pytest.fixture
def backend(sqlite_url: str, tmp_path: Path) -> Backend:
    """Commands over an empty, migrated store."""
    (tmp_path / "data").mkdir()
    return Backend(tmp_path / "data", sqlite_url, "http://127.0.0.1:9")


def _run_until_ready(data: Path, port: int) -> str:
    """Start `insats run`, wait for /healthz, stop it as Ctrl-C does; what it printed."""
    env = os.environ | {"INSATS_DATA": str(data), "INSATS_PORT": str(port), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "run"], env=env, stdout=subprocess.PIPE, text=True
    )
    try:
        deadline = time.monotonic() + 90
        while True:
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server did not become ready"
            try:
                if httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=1).json()["status"] == "ok":
                    break
            except httpx.TransportError:
                time.sleep(0.1)
    finally:
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=30)
    return printed


def test_run_prints_the_address_links_and_a_qr_and_a_second_run_keeps_the_data(tmp_path: Path) -> None:
    port = free_port()
    first = _run_until_ready(tmp_path, port)
    again = _run_until_ready(tmp_path, port)
    for printed in (first, again):
        assert f"Insats is at http://127.0.0.1:{port}" in printed
        links = re.findall(rf"http://127\.0\.0\.1:{port}/#/enrol/[0-9A-Z-]{{34}}\n", printed)
        assert len(set(links)) == 3
        assert "█" in printed, "a QR code is drawn"
    assert first != again, "one-time links are minted anew"
    backend = Backend(tmp_path, "", "")
    assert "equal the log" in backend.command("rebuild", "--check")


def test_a_list_of_sites_becomes_an_operation_and_a_bad_one_is_refused_whole(
    backend: Backend, tmp_path: Path
) -> None:
    good = tmp_path / "good.csv"
    good.write_text("name;address;type\nKiosken;Storgatan 1;KIOSK\nBaren;Storgatan 2;BAR\n")
    new = ("--date", "2026-11-27", "--authorities", "POL,KOM_ALK")
    assert backend.command("import-sites", str(good), *new).startswith("2 sites added to operation ")
    bad = tmp_path / "bad.csv"
    bad.write_text(
        "name;address;type\nKiosken;Storgatan 1;KIOSK\n;Storgatan 2;BAR\nKrogen;Storgatan 3;SLOTT\n"
    )
    done = backend.attempt("import-sites", str(bad), *new)
    assert done.returncode == 1
    assert re.search(r"\b3\b", done.stderr)
    assert "SLOTT" in done.stderr


def test_an_account_gets_its_part_in_the_evenings_and_a_link(backend: Backend, tmp_path: Path) -> None:
    sites = tmp_path / "sites.csv"
    sites.write_text("name;type\nKiosken;KIOSK\n")
    backend.command("import-sites", str(sites), "--date", "2026-11-27", "--authorities", "POL")
    person = ("--name", "Po Andersson", "--role", "INSP")
    assert "1 evenings" in backend.command("account", "p.a", *person, "--authority", "POL")
    assert "0 evenings" in backend.command("account", "k.b", *person, "--authority", "KOM_ALK")
    assert "/#/enrol/" in backend.link("p.a")


def test_a_link_for_nobody_is_an_error(backend: Backend) -> None:
    done = backend.attempt("link", "nobody")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no account nobody" in done.stderr


def test_a_backup_says_what_it_holds(backend: Backend) -> None:
    assert re.search(
        r"\d+ rows and 0 photo files in .*insats-\d+\.ndjson\.gz, verified", backend.command("backup")
    )


def test_a_store_is_checked_backed_up_lost_and_restored(backend: Backend, tmp_path: Path) -> None:
    backend.command("demo", "--stage", "planned")
    assert backend.command("check").startswith("Everything holds: ")
    told = backend.command("backup")
    (file,) = re.findall(r"in (\S+), verified", told)
    assert "scratch store and checked" in backend.command("restore", "--verify", file)
    over = backend.attempt("restore", file)
    assert over.returncode == 1
    assert "nothing was restored" in over.stderr
    (tmp_path / "new").mkdir()
    new = Backend(tmp_path / "new", "", "http://127.0.0.1:9")
    assert re.search(r"\d+ commits and 0 photo files restored; epoch \w+", new.command("restore", file))
    assert new.command("check").startswith("Everything holds: ")
    assert new.command("deliver", file).startswith("0 commits and 0 photo files")


def test_the_setup_link_is_printed_until_there_is_an_administrator(backend: Backend) -> None:
    backend.command("migrate")
    first, second = (re.findall(r"^ +(\S+)$", backend.command("setup-link"), re.MULTILINE) for _ in range(2))
    assert len(first) == len(second) == 1
    assert first != second
    assert re.fullmatch(r"http://127.0.0.1:9/#/setup\?code=[0-9A-Z]{4}(-[0-9A-Z]{4}){6}", second[0])
    backend.command("account", "it", "--name", "It", "--authority", "KOM_SAK", "--role", "SYSADM")
    over = backend.attempt("setup-link")
    assert (over.returncode, over.stdout) == (2, "")
    assert "there is an administrator already" in over.stderr


def test_serve_prints_a_new_setup_link_at_each_start(backend: Backend) -> None:
    links = [_printed_by_serve(backend) for _ in range(2)]
    assert all("/#/setup?code=" in told for told in links)
    assert links[0] != links[1]
    backend.command("account", "it", "--name", "It", "--authority", "KOM_SAK", "--role", "SYSADM")
    assert "setup" not in _printed_by_serve(backend)


def _printed_by_serve(backend: Backend) -> str:
    """What `insats serve` says until it answers."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "serve"], env=backend.environment(), stdout=subprocess.PIPE, text=True
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server did not become ready"
            try:
                if httpx.get(f"{backend.address}/healthz", timeout=1).status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
    finally:
        process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=30)[0]
    return told


def test_an_account_is_not_called_like_another_authoritys(backend: Backend) -> None:
    refused = backend.attempt("account", "pol.alva", "--name", "Alva", "--authority", "SKV", "--role", "INSP")
    assert refused.returncode == 2
    assert "another authority" in refused.stderr


def test_production_does_not_start_with_an_unsafe_setting(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSATS_PRODUCTION", "true")
    backend.data.chmod(0o700)
    Path(backend.database_url.removeprefix("sqlite:///")).chmod(0o600)
    assert "/#/setup?code=" in _printed_by_serve(backend)
    backend.command("demo", "--stage", "planned")
    refused = backend.attempt("serve")
    assert refused.returncode == 1
    assert "insats: unsafe demo: " in refused.stderr
    assert "does not start" in refused.stderr
    assert "setup" not in refused.stdout
    named = backend.attempt("doctor")
    assert named.returncode == 1
    assert "unsafe demo: " in named.stdout
    over = backend.attempt("run")
    assert over.returncode == 1
    assert "is the demo" in over.stderr


def test_the_doctor_is_content_with_a_store_that_is_kept_well(backend: Backend) -> None:
    backend.data.chmod(0o700)
    Path(backend.database_url.removeprefix("sqlite:///")).chmod(0o600)
    assert "missing administrator: " in backend.attempt("doctor").stdout
    backend.command("account", "it", "--name", "It", "--authority", "KOM_SAK", "--role", "SYSADM")
    backend.command("backup")
    told = backend.command("doctor")
    assert "warning backup-disk: " in told
    assert told.endswith("No setting is unsafe.\n")


def test_the_data_folder_is_made_for_its_owner_alone(backend: Backend) -> None:
    backend.data.rmdir()
    backend.command("migrate")
    assert backend.data.stat().st_mode & 0o077 == 0


def test_faults_are_lines_and_a_status(backend: Backend, tmp_path: Path) -> None:
    backend.command("migrate")
    (tmp_path / "data" / "seal.key").unlink()
    done = backend.attempt("check")
    assert done.returncode == 1
    assert done.stdout.startswith("seal.key: ")
    assert "1 faults in" in done.stderr
