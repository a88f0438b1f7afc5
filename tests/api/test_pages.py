"""Pages that are read once for many: what is kept must never be more than what the store says now."""

import gzip
from dataclasses import replace

import pytest
from sqlalchemy import Connection, event

from app.sync import pages
from app.sync.pages import Page, Pages, Stretch
from app.sync.pull import StreamState, stream_states
from tests.api.evening import Evening, Tablet, recorded
from tests.sync.world import SHARED, VISIT

PAGE = 4_000


@pytest.fixture
def alva(night: Evening) -> Tablet:
    return recorded(night, 20)


def state_of(night: Evening) -> StreamState:
    return night.db.read_now(lambda conn: stream_states(conn, [SHARED])[SHARED])


def read(night: Evening, kept: Pages, after: int = 0, limit: int = PAGE) -> tuple[Stretch, int]:
    """A stretch, and how many statements it took."""
    state, statements = state_of(night), list[str]()

    def work(conn: Connection) -> Stretch:
        event.listen(conn, "before_cursor_execute", lambda *told: statements.append(told[2]))
        return kept.read(conn, state, after, limit)

    return night.db.read_now(work), len(statements)


@pytest.mark.usefixtures("alva")
def test_what_was_read_is_not_read_again(night: Evening) -> None:
    kept = Pages()
    first, statements = read(night, kept)
    again, fewer = read(night, kept)
    assert first is again
    assert first.is_full
    assert 0 < first.last < 20
    assert (statements, fewer) == (2, 1)


def test_the_last_page_is_read_again_once_there_is_more(night: Evening, alva: Tablet) -> None:
    kept = Pages()
    first, _ = read(night, kept, limit=10**6)
    assert not first.is_full
    again, statements = read(night, kept, limit=10**6)
    assert again is first
    assert statements == 1, "what is kept is looked for in the store, also at the head"
    alva.push(alva.person.seal(SHARED, alva.person.change(VISIT, "team", "B")))
    more, _ = read(night, kept, limit=10**6)
    assert more.last == first.last + 1
    assert more.lines.startswith(first.lines)


@pytest.mark.usefixtures("alva")
def test_what_the_store_does_not_have_is_not_given_out(night: Evening) -> None:
    """A store put back, or a reader from whom the rows are hidden: the last entry is another one, or none."""
    kept = Pages()
    true, _ = read(night, kept)
    for other in (replace(true, chain="cd" * 32), replace(true, last=10**6)):
        kept._keep((state_of(night).id, 0, PAGE), replace(other, lines=b"of another past\n"))
        assert read(night, kept)[0].lines == true.lines


@pytest.mark.usefixtures("alva")
def test_only_so_much_is_kept(night: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Pages()
    most = 4 * PAGE
    monkeypatch.setattr(pages, "KEPT_BYTES", most)
    for after in (*range(15), *range(15)):
        read(night, kept, after)
    held = list(kept._kept.values())
    assert 1 < len(held) < 15
    assert sum(len(each.lines) + len(each.packed) for each in held) < kept._bytes <= most


def test_packed_and_plain_are_the_same_page(night: Evening, alva: Tablet) -> None:
    question = {"params": {"after": f"{SHARED}:0,ref:0"}}
    plain = alva.get("/changes", **question, headers={"Accept-Encoding": "identity"})
    packed = alva.get("/changes", **question, headers={"Accept-Encoding": "br, gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["vary"]
    assert packed.content == plain.content
    found = [Page(read(night, Pages(), after)[0], b'{"end":true}\n') for after in (0, 7)]
    assert gzip.decompress(pages.packed(found)) == pages.plain(found)
