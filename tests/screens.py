"""`make screens`: a picture of every view, tablet and desktop, light and dark, into `.cache/screens`.

They are taken of a real server with the demo evenings, to be looked at by people.
"""

import tempfile
from pathlib import Path

from playwright.sync_api import Page, Playwright, sync_playwright

from app.database import Database
from tests.browser import find_chromium
from tests.e2e.backend import Backend
from tests.e2e.views import SIZES, THEMES, onlookers, show, views

TARGET = Path(__file__).parents[1] / ".cache" / "screens"


def main() -> None:
    """Take them all."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="insats-screens-") as name, sync_playwright() as playwright:
        folder = Path(name)
        backend = Backend(folder / "data", f"sqlite:///{folder}/store.db", "")
        backend.public = backend.address
        backend.data.mkdir()
        backend.command("demo", "--exercise")
        backend.start()
        try:
            take(playwright, backend, folder)
        finally:
            backend.stop()
    print(f"{len(list(TARGET.glob('*.png')))} pictures in {TARGET}")


def take(playwright: Playwright, backend: Backend, folder: Path) -> None:
    """Every view in every size and theme."""
    db = Database(backend.database_url)
    found = views(db)
    db.close()
    with onlookers(playwright, find_chromium(), backend, folder) as people:
        for size, viewport in SIZES.items():
            for view in found:
                page = people[view.user].page
                page.set_viewport_size(viewport)  # type: ignore[arg-type]
                for theme in THEMES:
                    show(page, backend.address, view, theme)
                    if size == "desktop":
                        page.set_viewport_size({"width": viewport["width"], "height": whole_height(page)})
                    page.screenshot(path=TARGET / f"{view.name}-{size}-{theme}.png")
                    page.set_viewport_size(viewport)  # type: ignore[arg-type]


def whole_height(page: Page) -> int:
    """The page scrolls inside its panes: as high as the highest wants to be, and no higher than wide (that is portrait)."""
    panes = "main, .split-detail, .visit-body, .board-side-open"
    heights = page.eval_on_selector_all(panes, "all => all.map(e => e.scrollHeight)")
    size = SIZES["desktop"]
    return min(size["width"] - 1, max(size["height"], *(int(h) + 100 for h in heights)))


if __name__ == "__main__":
    main()
