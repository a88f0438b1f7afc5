"""A body is read within a limit of bytes and of time, and a broken one is no failure of the server."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
from starlette.requests import Request

from app.auth.wire import read_body
from app.errors import Malformed, TooLarge, Unavailable

BREAK: dict[str, Any] = {"type": "http.disconnect"}


def part(data: bytes, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": data, "more_body": more}


def request(messages: Sequence[dict[str, Any]], pause: float = 0) -> Request:
    async def each() -> AsyncIterator[dict[str, Any]]:
        for message in messages:
            await asyncio.sleep(pause)
            yield message

    waiting = each()
    return Request({"type": "http", "method": "PATCH", "headers": []}, lambda: anext(waiting))


def test_parts_are_joined_up_to_the_limit() -> None:
    for limit, messages in ((4, [part(b"ab"), part(b"cd", more=False)]), (0, [part(b"", more=False)])):
        assert len(asyncio.run(read_body(request(messages), limit))) == limit


def test_reading_stops_above_the_limit() -> None:
    endless = [part(b"ab")] * 100
    with pytest.raises(TooLarge):
        asyncio.run(read_body(request(endless), 3))


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        (lambda: request([part(b"ab"), BREAK]), Malformed),
        (lambda: request([part(b"ab"), part(b"cd")], pause=0.2), Unavailable),
    ],
)
def test_a_body_that_ends_early_is_refused_or_taken_as_far_as_it_came(
    broken: Callable[[], Request], error: type[Exception]
) -> None:
    with pytest.raises(error):
        asyncio.run(read_body(broken(), 10, within_s=0.3))
    assert asyncio.run(read_body(broken(), 10, within_s=0.3, or_part=True)) == b"ab"
