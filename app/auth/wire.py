"""Reading small JSON bodies: after the caller is known, and never more than a limit."""

import asyncio
from typing import Final, TypeVar

import orjson
from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from app.errors import Malformed, Problem, TooLarge, Unavailable, explain

T = TypeVar("T", bound=BaseModel)

SMALL: Final = 65_536


async def read_body(request: Request, limit: int, *, within_s: float = 30, or_part: bool = False) -> bytes:
    """The whole body, or with `or_part` what came of it before it broke off or the time was up.

    TooLarge as soon as more than `limit` bytes have come, Unavailable if they take longer than `within_s`
    seconds (memory is held for them), Malformed if they break off.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(within_s):
            async for part in request.stream():
                body += part
                if len(body) > limit:
                    raise TooLarge(f"at most {limit} bytes")
    except (TimeoutError, ClientDisconnect) as error:
        if not or_part:
            raise _broken(error) from error
    return bytes(body)


def _broken(error: Exception) -> Problem:
    is_slow = isinstance(error, TimeoutError)
    return Unavailable("the body came too slowly") if is_slow else Malformed("the body broke off")


async def read_json(request: Request, model: type[T], limit: int = SMALL) -> T:
    """The body as `model`; Malformed says where it does not fit."""
    body = await read_body(request, limit)
    try:
        return model.model_validate(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        raise Malformed("the body is not JSON") from error
    except ValidationError as error:
        raise Malformed(explain(error.errors(include_url=False, include_input=False))) from error
