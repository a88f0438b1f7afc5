"""axe-core, WCAG 2.2 AA included, on every view in both themes and languages: nothing to find."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright

from app.database import Database
from tests.e2e.backend import Backend
from tests.e2e.tablet import Tablet
from tests.e2e.views import SIZES, THEMES, View, onlookers, show, views

AXE = Path(__file__).parents[2] / "static" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOKS = [("dark", "sv", "tablet"), ("light", "sv", "desktop"), ("dark", "en", "phone")]


@pytest.fixture(scope="module")
def stage(
    playwright: Playwright, chromium_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Backend, dict[str, Tablet], list[View]]]:
    """A server with the recorded demo evenings and an exercise, and two people who look at it."""
    folder = tmp_path_factory.mktemp("axe")
    backend = Backend(folder / "data", f"sqlite:///{folder}/store.db", "")
    backend.public = backend.address
    backend.data.mkdir()
    backend.command("demo", "--exercise")
    backend.start()
    db = Database(backend.database_url)
    found = views(db)
    db.close()
    with onlookers(playwright, chromium_path, backend, folder) as people:
        yield backend, people, found
    backend.stop()


@pytest.mark.parametrize(("theme", "language", "size"), LOOKS)
def test_axe_finds_nothing_on_any_view(
    stage: tuple[Backend, dict[str, Tablet], list[View]], theme: str, language: str, size: str
) -> None:
    backend, people, found = stage
    assert theme in THEMES
    faults = []
    for view in found:
        page = people[view.user].page
        page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]
        show(page, backend.address, view, theme, language)
        faults += [f"{view.name}: {fault}" for fault in _axe(page)]
    assert faults == []


def test_axe_would_find_something(stage: tuple[Backend, dict[str, Tablet], list[View]]) -> None:
    backend, people, found = stage
    page = people[found[0].user].page
    show(page, backend.address, found[0], "dark")
    page.evaluate("document.querySelector('main').append(document.createElement('img'))")
    assert any("image-alt" in fault for fault in _axe(page))


def _axe(page: Page) -> list[str]:
    """The violations on the page, one line each with the first element."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    found: dict[str, Any] = page.evaluate("tags => axe.run({runOnly: {type: 'tag', values: tags}})", TAGS)
    return [
        f"{v['id']} ({len(v['nodes'])}): {v['nodes'][0]['html'][:160]} — {v['nodes'][0]['failureSummary'][:200]}"
        for v in found["violations"]
    ]
