"""A hundred thousand spoiled envelopes: none is accepted that nobody has signed, and none makes the check fail."""

from typing import Any

import pytest

from app.domain import commit
from app.sync import custody
from tests.hardening import envelopes
from tests.hardening.envelopes import PART, SPOILS, Tally, parts, run

CASES = 100_000


@pytest.mark.asvs("V1.5.2", "V11.3.3")
@pytest.mark.parametrize(("start", "count"), list(parts(0, CASES)))
def test_nothing_is_accepted_that_nobody_has_signed(start: int, count: int) -> None:
    tally = run(start, count)
    assert tally.wrong == []
    assert tally.accepted > count / 50, "the unspoiled ones, or the check would refuse everything"
    assert tally.refused > count / 2


def test_there_are_as_many_as_are_told_of() -> None:
    assert sum(count for _, count in parts(0, CASES)) == CASES
    assert len(SPOILS) == 10


def found_by(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, bug: Any) -> Tally:
    monkeypatch.setattr(module, name, bug)
    return run(0, PART)


def test_a_check_that_forgets_the_body_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def lax(envelope: commit.Envelope, key: Any) -> bool:
        return commit.verify(key, envelope.s, envelope.h.encode())

    assert found_by(monkeypatch, custody, "is_authentic", lax).wrong


def test_a_check_that_believes_the_key_in_the_header_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def lax(envelope: commit.Envelope, key: Any) -> bool:
        told = envelopes._read(envelope.h) or {}
        brought = commit.public_key(commit.unb64(told["key"])) if "key" in told else key
        return commit.is_authentic(envelope, brought)

    assert found_by(monkeypatch, custody, "is_authentic", lax).wrong


def test_a_reader_that_looks_into_what_it_does_not_know_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def deep(header: dict[str, Any]) -> bool:
        from app.domain.change import canonical

        return canonical(header.get("v")) == "1" and header.get("alg") == "ES256"

    assert any("Recursion" in line for line in found_by(monkeypatch, commit, "_is_version_1", deep).wrong)
