#!/usr/bin/env python3
"""Sets the house up and opens its doors; the Makefile calls it, with nothing but the system's Python.

Everything lands inside the checkout: `.venv` (Python, and Node from a wheel), `static/node_modules`,
`static/dist` and `.cache`. A step notes what it was made from and is skipped while that has not changed.
"""

import argparse
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
BIN = VENV / "bin"
LOCKS = ROOT / "locks"
STATIC = ROOT / "static"
MODULES = STATIC / "node_modules"
DIST = STATIC / "dist"
CACHE = ROOT / ".cache"

OLDEST_PYTHON = (3, 11)
MOST_WORKERS = 4  # each pytest worker has a PostgreSQL of its own, and perhaps a browser

VITE = ("node", "node_modules/vite/bin/vite.js")
VITEST = ("node", "node_modules/vitest/vitest.mjs")
TSC = ("node", "node_modules/typescript/bin/tsc")
BIOME = ("node", "node_modules/@biomejs/biome/bin/biome")

Command = Sequence[str | Path]


class Failed(Exception):
    """A step did not succeed; the message is for a person who has never seen this project."""


# The doors --------------------------------------------------------------------------------------------------


def serve(_: list[str]) -> NoReturn:
    """Set up what running takes, then become the application, which migrates, seeds and prints its links."""
    with setting_up():
        install_python(development=False)
        install_node()
        build_front_end()
    os.execve(BIN / "insats", ["insats", "run"], environment())


def test(arguments: list[str]) -> None:
    """Everything that must hold: the checks, the front end's tests and pytest. One failing hides no other."""
    with setting_up():
        install_everything()
        run("Chromium", [BIN / "python", "-m", "tests.browser"])
        run("WebKitGTK", [BIN / "python", "-m", "tests.webkit"])
    failures = [*failure(run_checks), *failure(run_vitest), *failure(lambda: run_pytest(arguments))]
    if failures:
        raise Failed("; ".join(failures))


def check(_: list[str]) -> None:
    """What can be told without building or running the application."""
    with setting_up():
        install_python(development=True)
        install_node()
    run_checks()


def module(arguments: list[str]) -> None:
    """Set everything up and run one of the project's own modules: its name, then its arguments."""
    with setting_up():
        install_everything()
    run(arguments[0], [BIN / "python", "-m", *arguments])


def lock(arguments: list[str]) -> None:
    """Write the lock files anew and prove that they install. `--upgrade` takes the newest versions."""
    with setting_up():
        install_uv()
        resolve("uv.txt", "--group", "uv", *arguments)
        resolve("run.txt", "pyproject.toml", "-c", "locks/uv.txt", *arguments)
        resolve("dev.txt", "--group", "dev", "-c", "locks/uv.txt", "-c", "locks/run.txt", *arguments)
        install_python(development=True)
        # npm can write a lock that `npm ci` refuses: when a release's packages for other systems are missing.
        npm = "update" if "--upgrade" in arguments else "install"
        run("npm lock", ["npm", npm, "--package-lock-only", "--loglevel=error"], cwd=STATIC)
        install_node()
        refuse_hosts([*sorted(LOCKS.glob("*.txt")), STATIC / "package-lock.json"])


def clean(_: list[str]) -> None:
    """Remove what set-up, builds and tests have made; the data folder stays."""
    for folder in (VENV, MODULES, DIST, CACHE):
        shutil.rmtree(folder, ignore_errors=True)
    for folder in ROOT.rglob("__pycache__"):
        shutil.rmtree(folder, ignore_errors=True)


# Setting up -------------------------------------------------------------------------------------------------


def install_everything() -> None:
    """What testing takes."""
    install_python(development=True)
    install_node()
    build_front_end()


def install_python(*, development: bool) -> None:
    """Install the locked packages, then the project itself, whose build backend uv carries within."""
    install_uv()
    locks = [LOCKS / "uv.txt", LOCKS / "run.txt", *([LOCKS / "dev.txt"] if development else [])]

    def install() -> None:
        uv: list[str | Path] = ["uv", "pip"]
        if development:
            uv += ["sync", *locks]
        else:  # running only adds: it does not take away what testing has installed
            uv += ["install", *(f"--requirement={file}" for file in locks)]
        run("Python packages", [*uv, "--quiet", "--require-hashes"])
        run("the project", ["uv", "pip", "install", "--quiet", "--offline", "--no-deps", "--editable", "."])

    name = "python-dev" if development else "python"
    once(VENV / f".insats-{name}", digest([*locks, ROOT / "pyproject.toml"]), install)


def install_uv() -> None:
    """A virtual environment with uv in it. Its note names the checkout: moved, it would not work."""

    def create() -> None:
        if VENV.is_symlink():
            raise Failed(f"{VENV} is a link: setting up here would empty what it leads to; remove the link")
        missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
        if missing:
            raise Failed(f"This Python lacks {' and '.join(missing)}; on Debian: apt install python3-venv")
        run("virtual environment", [sys.executable, "-m", "venv", "--clear", VENV])

    once(VENV / ".insats-venv", str(ROOT), create)
    locked = LOCKS / "uv.txt"
    options = ["-qq", "--disable-pip-version-check", "--require-hashes", f"--requirement={locked}"]
    pip = [str(BIN / "python"), "-m", "pip", "install", *options]
    once(VENV / ".insats-uv", digest([locked]), lambda: run("uv", pip))


def install_node() -> None:
    """Install the locked npm packages. The folder is emptied first, the note in it too."""
    inputs = [STATIC / name for name in ("package.json", "package-lock.json", ".npmrc")]
    command = ["npm", "ci", "--loglevel=error"]
    once(MODULES / ".insats", digest(inputs), lambda: run("npm packages", command, cwd=STATIC))


def build_front_end() -> None:
    """Build the front end. Every build empties `dist`, the note in it too: it vouches for this one only."""
    inputs = [*files_below(STATIC, {"node_modules", "dist"}), MODULES / ".insats"]
    command = [*VITE, "build", "--logLevel", "warn"]
    once(DIST / ".insats", digest(inputs), lambda: run("front end", command, cwd=STATIC))


def once(note: Path, made_from: str, make: Callable[[], None]) -> None:
    """Call `make` unless the note says that this was done from the very same inputs."""
    if note.is_file() and note.read_text() == made_from:
        return
    note.unlink(missing_ok=True)
    make()
    note.write_text(made_from)


def digest(files: Iterable[Path]) -> str:
    """One hash over names and contents."""
    total = hashlib.sha256()
    for file in files:
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        total.update(f"{file.relative_to(ROOT)} {content}\n".encode())
    return total.hexdigest()


def files_below(folder: Path, but: set[str]) -> Iterator[Path]:
    """All files in a fixed order, without the folders named."""
    for entry in sorted(folder.iterdir()):
        if entry.is_dir() and entry.name not in but:
            yield from files_below(entry, but)
        elif entry.is_file():
            yield entry


@contextmanager
def setting_up() -> Iterator[None]:
    """One set-up at a time in a checkout: a second `make` waits and does not disturb the first."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "set-up.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another set-up of this checkout")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


# Checking ---------------------------------------------------------------------------------------------------


def run_checks() -> None:
    """All checks, as many at a time as there are cores; every failure is shown, not only the first."""
    checks: dict[str, tuple[Command, Path]] = {
        "mypy": ([BIN / "mypy"], ROOT),
        "tsc": ([*TSC, "--project", "."], STATIC),
        "biome": ([*BIOME, "ci", "--error-on-warnings", "--colors=off"], STATIC),
        "import-linter": ([BIN / "lint-imports", "--cache-dir", CACHE / "import-linter"], ROOT),
        "ruff": ([BIN / "ruff", "check"], ROOT),
        "ruff format": ([BIN / "ruff", "format", "--check"], ROOT),
        "Dockerfile": ([BIN / "hadolint", "Dockerfile"], ROOT),
        "compose.yaml": (
            [BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml"],
            ROOT,
        ),
    }

    def passes(name: str) -> bool:
        command, cwd = checks[name]
        start = time.monotonic()
        result = subprocess.run(
            command, cwd=cwd, env=environment(), capture_output=True, text=True, check=False
        )
        seconds = time.monotonic() - start
        if result.returncode == 0:
            say(f"{name}: passed ({seconds:.1f} s)")
        else:
            say(f"{name}: FAILED ({seconds:.1f} s)\n{result.stdout}{result.stderr}")
        return result.returncode == 0

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        failed = [name for name, passed in zip(checks, pool.map(passes, checks), strict=True) if not passed]
    if failed:
        raise Failed(f"{len(failed)} of {len(checks)} checks failed: {', '.join(failed)}")


def run_vitest() -> None:
    """The front end's tests."""
    run("vitest", [*VITEST, "run"], cwd=STATIC)


def run_pytest(arguments: list[str]) -> None:
    """No line of ours after pytest's own: that one is what people and machines look for."""
    workers = min(MOST_WORKERS, os.cpu_count() or 1)
    parallel = ["--numprocesses", str(workers), "--dist", "worksteal"]
    execute("pytest", [BIN / "pytest", *parallel, *arguments], ROOT)


def failure(part: Callable[[], None]) -> list[str]:
    """Why `part` failed; nothing if it passed."""
    try:
        part()
    except Failed as reason:
        return [str(reason)]
    return []


# Locking ----------------------------------------------------------------------------------------------------


def resolve(name: str, *arguments: str) -> None:
    """Compile one lock file for all systems and Pythons, with hashes and without hosts."""
    plain = ["--quiet", "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"]
    scope = ["--universal", "--python-version", ".".join(map(str, OLDEST_PYTHON)), "--generate-hashes"]
    run(f"locks/{name}", ["uv", "pip", "compile", *plain, *scope, "-o", f"locks/{name}", *arguments])


def refuse_hosts(files: Iterable[Path]) -> None:
    """A lock says what was locked, never from which host: every machine has its own way there."""
    for file in files:
        # npm also repeats where its packages ask for donations: those addresses are fetched by nobody.
        mark = '"resolved":' if file.suffix == ".json" else "://"
        if mark in file.read_text():
            raise Failed(f"{file.relative_to(ROOT)} names a host: look for {mark}")


# Running ----------------------------------------------------------------------------------------------------


def run(name: str, command: Command, cwd: Path = ROOT) -> None:
    """Run one step to its end and say how long it took."""
    say(f"{name} ...")
    start = time.monotonic()
    execute(name, command, cwd)
    say(f"{name}: done ({time.monotonic() - start:.1f} s)")


def execute(name: str, command: Command, cwd: Path) -> None:
    """Run a program with our output and input, and insist on its success."""
    result = subprocess.run(command, cwd=cwd, env=environment(), check=False)
    if result.returncode:
        raise Failed(f"{name} failed (exit code {result.returncode})")


def environment() -> dict[str, str]:
    """The caller's environment with the project's own programs first."""
    return {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "VIRTUAL_ENV": str(VENV),
        "UV_PYTHON_DOWNLOADS": "never",
    }


def say(line: str) -> None:
    """One line about the work, at once, so that it stays in order with what the tools print."""
    print(f"insats: {line}", flush=True)


def main() -> None:
    """Read the door's name and go through it."""
    doors: dict[str, Callable[[list[str]], None]] = {
        door.__name__: door for door in (serve, test, check, module, lock, clean)
    }
    parser = argparse.ArgumentParser(description="Sets the house up and opens its doors.")
    parser.add_argument("door", choices=doors)
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="passed on to what the door runs")
    chosen = parser.parse_args()
    try:
        if sys.version_info < OLDEST_PYTHON:
            raise Failed(
                f"Python {'.'.join(map(str, OLDEST_PYTHON))} or newer is needed, this is {sys.version}"
            )
        doors[chosen.door](chosen.arguments)
    except Failed as reason:
        sys.exit(f"insats: {reason}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
