"""How a change's bytes are read: strictly, and with the same verdict for ever."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.change import (
    LIMIT_BYTES,
    LIMIT_REPLACES,
    LIMIT_TIME,
    Change,
    Refused,
    canonical,
    is_id,
    line_of,
    new_id,
    read_line,
)

ID = "01639815-0000-7000-8000-000000000001"
OLDER = "01639815-0000-7000-8000-000000000000"
NOTE = {"id": ID, "e": "note_1", "f": "text", "v": "hej", "at": 5}

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def line(**changes: Any) -> bytes:
    """A good line with some members set anew; `...` leaves one out."""
    members = {k: v for k, v in {**NOTE, **changes}.items() if v is not ...}
    return json.dumps(members, ensure_ascii=False).encode()


def raw(value: str) -> bytes:
    """A line of the `ref` stream, where every value is allowed, with this JSON text as its value."""
    return f'{{"id":"{ID}","e":"codelist_1","f":"items","v":{value},"at":5}}'.encode()


def verdict(text: bytes) -> str | None:
    """The code under which a line is refused, None where it is read."""
    read = read_line(text, 3, "own" if b"codelist" not in text else "ref")
    return read.code if isinstance(read, Refused) else None


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


# Canonical JSON ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None, "1"]}, '{"a":[true,null,"1"],"b":1}'),
        ({"å": 1, "z": 2, "Z": 3}, '{"Z":3,"z":2,"å":1}'),
        ({"\uffff": 1, "\U0001f4f7": 2}, '{"\uffff":1,"\U0001f4f7":2}'),  # UTF-16 would sort the other way
        ("/\u2028\x7f", '"/\u2028\x7f"'),
        ('"\\\b\f\n\r\t\x01\x1f', '"\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f"'),
        (-(2**53) + 1, "-9007199254740991"),
        ({}, "{}"),
        ([], "[]"),
    ],
)
def test_a_value_has_one_canonical_text(value: Any, text: str) -> None:
    assert canonical(value) == text


@given(plain)
def test_the_canonical_text_is_json_of_the_same_value(value: Any) -> None:
    assert json.loads(canonical(value)) == value
    assert canonical(json.loads(canonical(value))) == canonical(value)


# Ids --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong", [ID.upper().replace("01639815", "0163981A"), ID[:-1], ID + "0", "", None, 7]
)
def test_only_one_spelling_of_a_uuid7_is_an_id(wrong: Any) -> None:
    assert is_id(ID)
    assert not is_id(wrong)


@pytest.mark.parametrize("version", ["1", "4", "8"])
def test_only_version_7_with_its_variant_is_an_id(version: str) -> None:
    assert not is_id(ID.replace("-7", f"-{version}", 1))
    assert not is_id(ID.replace("-8", "-c", 1))


@given(st.integers(0, LIMIT_TIME), st.lists(st.integers(0, LIMIT_TIME), max_size=4))
def test_a_new_id_is_larger_than_all_that_it_follows(now: int, before: list[int]) -> None:
    follows = [new_id(n) for n in before]
    made = new_id(now, follows)
    assert is_id(made)
    assert all(made > one for one in follows)


@pytest.mark.parametrize("now", [-5, 0, 1_527_260_400_000, LIMIT_TIME - 9])
def test_ids_of_one_writer_rise_though_its_clock_stands_still_or_runs_back(now: int) -> None:
    ids = [""]
    for step in range(2_000):
        ids.append(new_id(now - step, ids[-1:] if step else ()))
    assert all(map(is_id, ids[1:]))
    assert ids == sorted(set(ids))


def test_two_writers_who_follow_the_same_id_do_not_take_the_same_one() -> None:
    """A tablet whose clock is ahead must not make two others collide: one of them would be `id_reused`."""
    ahead = new_id(LIMIT_TIME // 2)
    assert len({new_id(0, [ahead]) for _ in range(1_000)}) == 1_000


@pytest.mark.parametrize(
    "end", ["ffffffff-ffff-7fff-8000-000000000000", "ffffffff-ffff-7fff-bfff-fffffffffffe"]
)
def test_an_id_can_follow_even_those_at_the_end_of_their_space(end: str) -> None:
    made = new_id(0, [end])
    assert is_id(made)
    assert made > end


def test_nothing_follows_the_last_id_so_it_does_not_count() -> None:
    assert is_id(new_id(5, ["ffffffff-ffff-7fff-bfff-ffffffffffff", OLDER]))


# Reading ----------------------------------------------------------------------------------------------------


def test_a_line_is_read_as_it_was_written() -> None:
    change = Change(ID, "note_1", "text", 'Räksmörgås 📷 "x" \n', 5, (OLDER,))
    assert read_line(line_of(change).encode().rstrip(b"\n"), 1, "own") == change
    assert "replaces" not in line_of(Change(ID, "note_1", "text", "", 5))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"id":7}',
        b'{"id":"x"}',
        b"\xff",
        b"\xef\xbb\xbf" + line(),
        line() + b" x",
        line().replace(b"hej", b"h\x00j"),
        line().replace(b"hej", b"\xed\xa0\x80"),
        line().replace(b"hej", b"\\ud800"),
    ],
)
def test_what_is_no_json_object_with_an_id_is_refused_by_its_number(text: bytes) -> None:
    assert read_line(text, 3, "own") == Refused("#3", "rejected", "schema")


@pytest.mark.parametrize(
    "changes",
    [
        *({name: ...} for name in ("e", "f", "v", "at")),
        {"e": 1},
        {"f": None},
        {"at": 5.0},
        {"at": True},
        {"at": -1},
        {"at": LIMIT_TIME + 1},
        {"replaces": None},
        {"replaces": ID},
        {"replaces": [ID.upper().replace("01639815", "0163981A")]},
        {"replaces": [7]},
        {"replaces": [OLDER] * (LIMIT_REPLACES + 1)},
        {"extra": 1},
        {"v": "a\0b"},
        {"e": "note_" + "x" * 101},
        {"e": "Note_1"},
        {"e": "note"},
        {"e": "note_"},
    ],
    ids=repr,
)
def test_a_line_of_the_wrong_shape_is_refused_under_its_id(changes: dict[str, Any]) -> None:
    assert read_line(line(**changes), 3, "own") == Refused(ID, "rejected", "schema")


@pytest.mark.parametrize(
    "changes",
    [
        {"at": 0},
        {"at": LIMIT_TIME},
        {"replaces": []},
        {"replaces": [OLDER] * LIMIT_REPLACES},
        {"replaces": [ID]},
        {"v": "a\\u0000b"},
        {"v": None},
        {"e": "note_" + "x" * 100},
    ],
    ids=lambda c: repr(c)[:60],
)
def test_a_line_at_the_edge_of_its_shape_is_read(changes: dict[str, Any]) -> None:
    assert isinstance(read_line(line(**changes), 3, "own"), Change)


@pytest.mark.parametrize("last", ['"second"', '"second","v":"third"'])
def test_of_duplicate_keys_the_last_counts(last: str) -> None:
    read = read_line(
        f'{{"id":"{ID}","e":"note_1","f":"text","v":"first","v":{last},"at":5}}'.encode(), 1, "own"
    )
    assert isinstance(read, Change)
    assert read.v == last.split('"')[-2]


@pytest.mark.parametrize(
    "value",
    [
        "1.0",
        "0.1",
        "-0.0",
        "1e2",
        "1E400",
        str(2**53),
        str(-(2**53)),
        str(2**64),
        '{"a":[1.5]}',
        f"[{2**53}]",
        nested(17),
        '{"a":' * 17 + "1" + "}" * 17,
        nested(1_000),
        '["a\\u0000"]',
        '{"a\\u0000":1}',
        '"\\u0000"',
    ],
    ids=lambda v: v[:30],
)
def test_a_value_the_model_has_no_place_for_is_refused(value: str) -> None:
    assert verdict(raw(value)) == "schema"


@pytest.mark.parametrize(
    "value",
    [
        str(2**53 - 1),
        str(1 - 2**53),
        "-0",
        "true",
        "[]",
        nested(16),
        '{"a":' * 16 + "1" + "}" * 16,
        '"\\ud83d\\ude00"',
        '"\\\\u0000"',
        '{"a":1,"a":2}',
    ],
    ids=lambda v: v[:30],
)
def test_a_value_at_the_edge_of_the_model_is_read(value: str) -> None:
    assert verdict(raw(value)) is None


@pytest.mark.parametrize("character", ["x", "å", "📷"])
def test_a_line_has_at_most_64_kib(character: str) -> None:
    def sized(size: int) -> bytes:
        count = (size - len(raw('""'))) // len(character.encode())
        return raw(f'"{character * count}"').ljust(size)

    assert verdict(sized(LIMIT_BYTES)) is None
    assert verdict(sized(LIMIT_BYTES + 1)) == "too_large"


def test_a_line_that_is_both_too_large_and_wrong_is_too_large() -> None:
    assert verdict(line(e=7).ljust(LIMIT_BYTES + 1)) == "too_large"
    assert read_line(b"{" * (LIMIT_BYTES + 1), 9, "own") == Refused("#9", "rejected", "schema")


def test_content_is_the_value_and_the_time() -> None:
    one = Change(ID, "note_1", "text", {"b": 1, "a": True}, 5, (OLDER,))
    assert one.content() == Change(ID, "note_2", "at", {"a": True, "b": 1}, 5).content()
    assert one.content() != Change(ID, "note_1", "text", {"b": True, "a": 1}, 5).content()
    assert one.content() != Change(ID, "note_1", "text", {"b": 1, "a": True}, 6).content()
