"""What the pages say is held against the code, where it can be."""

import re
from pathlib import Path

import orjson
import pytest

from app.auth.tables import Actor
from app.cli import _parser
from app.database import metadata
from app.domain import change, commit
from app.operations.readmodels import MODELS
from app.settings import Limits

ROOT = Path(__file__).resolve().parents[1]
SYNC = (ROOT / "docs/sync.md").read_text()
README = (ROOT / "README.md").read_text()


def test_the_limits_on_the_protocol_page_are_those_of_the_release() -> None:
    found = re.search(r'"limits":(\{[^}]*\})', SYNC)
    assert found is not None
    limits = Limits()
    assert orjson.loads(found[1]) == limits.model_dump()
    assert (limits.commit_changes, limits.commit_bytes, limits.change_bytes) == (
        commit.LIMIT_CHANGES,
        commit.LIMIT_BYTES,
        change.LIMIT_BYTES,
    )


def test_every_verdict_code_on_the_protocol_page_is_given_somewhere() -> None:
    code = "".join(p.read_text() for p in (ROOT / "app").rglob("*.py"))
    paragraph = SYNC[SYNC.index("Custody before merge") : SYNC.index("A commit is accepted if")]
    named = set(re.findall(r"`([a-z]+_[a-z_]+)`", paragraph))
    assert named, "the paragraph names verdict codes"
    assert {name for name in named if f'"{name}"' not in code} == set()


@pytest.mark.parametrize("target", [*re.findall(r"`make ([\w-]+)`", README), "run", "test"])
def test_every_make_target_of_the_readme_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_the_readme_lists_the_commands_that_exist() -> None:
    help_text = _parser().format_help()
    commands = set(re.findall(r"^ {4}([a-z-]+) ", help_text, re.MULTILINE))
    assert set(re.findall(r"^\| `insats ([a-z-]+)", README, re.MULTILINE)) == commands - {"run", "migrate"}


@pytest.mark.parametrize("path", re.findall(r"\]\(((?:docs|app)[^)#]*)\)", README))
def test_links_of_the_readme_lead_somewhere(path: str) -> None:
    assert (ROOT / path).exists()


def test_the_tables_on_the_protocol_page_exist() -> None:
    section = SYNC[SYNC.index("## 5. Store") : SYNC.index("## 6. When something")]
    named = set(re.findall(r"`([a-z]+)\(", section)) | {"actor"}
    assert named <= set(metadata.tables)
    assert Actor.__tablename__ in named
    assert {str(m.__tablename__) for m in MODELS.values()} <= set(metadata.tables)


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = sorted(int(p.name[:4]) for p in (ROOT / "docs/decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_app_has_a_sentence_for_every_verdict_on_the_protocol_page() -> None:
    words = (ROOT / "static/src/ui/words/sync.ts").read_text()
    paragraph = SYNC[SYNC.index("Custody before merge") : SYNC.index("A commit is accepted if")]
    codes = {*re.findall(r"`([a-z]+_[a-z_]+)`", paragraph), "schema"}
    assert {code for code in codes if f'"sync.reason.{code}"' not in words} == set()
