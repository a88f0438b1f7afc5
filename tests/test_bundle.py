"""The first load of the app: what a tablet fetches before it is ready, over a poor line."""

import gzip
import re
from pathlib import Path

DIST = Path(__file__).resolve().parents[1] / "static" / "dist"
JAVASCRIPT_LIMIT = 150_000


def _compressed(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9))


def test_the_first_load_is_at_most_150_kb_of_compressed_javascript() -> None:
    scripts = [p for p in DIST.rglob("*.js") if p.is_file()]
    assert any(p.parent.name == "assets" for p in scripts), "the front end has been built"
    assert sum(map(_compressed, scripts)) <= JAVASCRIPT_LIMIT


def test_everything_the_start_page_names_is_kept_offline() -> None:
    named = set(re.findall(r'(?:src|href)="(/[^"#]+)"', (DIST / "index.html").read_text()))
    kept = set(re.findall(r"""["'`](/[^"'`]*)["'`]""", (DIST / "sw.js").read_text()))
    assert named, "the start page names its scripts and styles"
    assert named <= kept
