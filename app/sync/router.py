"""The sync endpoints: parse, authorise, call one function (docs/sync.md, section 4)."""

import asyncio
import re
import zlib
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import asdict
from hashlib import sha256
from typing import Annotated
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import FileResponse, RedirectResponse, StreamingResponse

from app.auth.principal import Deliverer, Principal
from app.auth.wire import read_body
from app.domain.permissions import Allow, decide_watch_devices
from app.errors import ChecksumMismatch, Malformed, TooLarge, Unavailable, UpgradeRequired
from app.sync.live import DEVICES
from app.sync.service import PROTOCOL, Caller, Sync, version

NDJSON = "application/x-ndjson"
STREAMS_A_PULL = 50
HEARTBEAT_S = 15.0

_SHA256_DIGEST = re.compile(r"(?:^|,)\s*sha-256=:([^:]*):")

router = APIRouter(prefix="/api/v1")


async def sync_of(request: Request) -> Sync:
    """The engine of this worker."""
    return request.app.state.sync  # type: ignore[no-any-return]


async def bringer_of(who: Deliverer) -> Caller:
    """Whoever delivers, as the engine knows them."""
    return Caller(who.person.id, who.person.role, who.actor, who.device, reads=who.right == "read")


async def asker_of(_: Principal, caller: Annotated[Caller, Depends(bringer_of)]) -> Caller:
    """Whoever asks for what others recorded."""
    return caller


Engine = Annotated[Sync, Depends(sync_of)]
Bringer = Annotated[Caller, Depends(bringer_of)]
Asker = Annotated[Caller, Depends(asker_of)]


def inflate(body: bytes, limit: int) -> bytes:
    """The bytes of a gzip body. TooLarge beyond `limit`, however small it travels; Malformed if it is none."""
    stream = zlib.decompressobj(31)
    try:
        data = stream.decompress(body, limit + 1)
    except zlib.error:
        raise Malformed("the body is not gzip") from None
    if len(data) > limit:
        raise TooLarge(f"a request has at most {limit} bytes")
    if not stream.eof or stream.unused_data:
        raise Malformed("the body is not one whole gzip member")
    return data


def check_digest(promised: str, body: bytes) -> None:
    """ChecksumMismatch unless the body is the one that was sent, where the sender says its SHA-256 (RFC 9530).

    Without it a line that the way has spoiled looks like a commit that is bad: a tablet would give that up after some rounds.
    """
    found = _SHA256_DIGEST.search(promised)
    if found is not None and found[1] != b64encode(sha256(body).digest()).decode():
        raise ChecksumMismatch("the body is not the one that was sent")


@router.get("/hello")
async def hello(sync: Engine, who: Deliverer, caller: Bringer) -> Response:
    """What a client needs before it moves; of whoever only delivers nothing but their own."""
    actor = {"id": who.actor, "status": who.actor_status} if who.actor else None
    return _json(await sync.hello(caller) | {"user": asdict(who.person), "actor": actor, "right": who.right})


@router.post("/commits")
async def commits(request: Request, sync: Engine, caller: Bringer) -> Response:
    """Custody for every authentic commit, a verdict for each change, one receipt."""
    limit = sync.limits.request_bytes
    coding = request.headers.get("content-encoding", "identity").lower()
    if coding not in ("gzip", "identity"):
        raise Malformed("a body is sent as it is or as gzip")
    body = await read_body(request, limit)
    check_digest(request.headers.get("content-digest", ""), body)
    if coding == "gzip":
        body = inflate(body, limit)
    if not body.strip():
        raise Malformed("no commits")
    return _json(await sync.push(caller, body))


@router.get("/changes")
async def changes(
    sync: Engine,
    caller: Asker,
    after: Annotated[str, Query(max_length=20_000)],
    if_none_match: Annotated[str | None, Header()] = None,
    accept_encoding: Annotated[str, Header()] = "",
    insats_protocol: Annotated[int, Header()] = PROTOCOL,
) -> Response:
    """The entries after each cursor, `stream:seq` separated by commas."""
    if insats_protocol < PROTOCOL:
        raise UpgradeRequired(min_pull=PROTOCOL)
    cursors = _cursors(after)
    states = await sync.readable(caller, cursors)
    tag = version(states, cursors)
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if if_none_match == tag:
        return Response(status_code=304, headers=headers)
    # Packed here and not on the way out: the same page is packed once for all, and never on the event loop.
    is_packed = "gzip" in accept_encoding
    if is_packed:
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    body = await sync.page(states, cursors, is_packed=is_packed)
    return Response(body, media_type=NDJSON, headers=headers)


def _cursors(after: str) -> dict[str, int]:
    pairs = [part.rpartition(":") for part in after.split(",")]
    if len(pairs) > STREAMS_A_PULL or not all(
        name and seq.isdecimal() and len(seq) < 16 for name, _, seq in pairs
    ):
        raise Malformed(f"after is stream:seq,… for at most {STREAMS_A_PULL} streams")
    return {name: int(seq) for name, _, seq in pairs}


@router.get("/streams/{name:path}/snapshot")
async def snapshot(sync: Engine, caller: Asker, name: str) -> Response:
    """The way to the newest snapshot of a stream."""
    seq = await sync.snapshot(caller, name)
    return RedirectResponse(f"/api/v1/streams/{quote(name)}/snapshot/{seq}", 303)


@router.get("/streams/{name:path}/snapshot/{seq}")
async def snapshot_at(sync: Engine, caller: Asker, name: str, seq: int) -> Response:
    """One immutable snapshot, stored as gzip and sent as it is stored."""
    path = await sync.snapshot_file(caller, name, seq)
    headers = {"Content-Encoding": "gzip", "Cache-Control": "private, max-age=3600, immutable"}
    return FileResponse(path, media_type=NDJSON, headers=headers)


@router.get("/streams/{name:path}/digest")
async def digest(sync: Engine, caller: Asker, name: str) -> Response:
    """The digest over all heads of a stream, to compare replicas by."""
    return _json(await sync.digest(caller, name))


@router.get("/held")
async def held(sync: Engine, caller: Asker) -> Response:
    """What is held and waits for a decision of the caller; an empty list for those who decide nothing."""
    return _json(await sync.held(caller))


@router.get("/events")
async def events(request: Request, sync: Engine, caller: Asker) -> Response:
    """Server-sent pokes `{stream, head}`: something is new, pull it."""
    if sync.live.is_full:
        raise Unavailable(retry_after=30)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_pokes(request, sync, caller), media_type="text/event-stream", headers=headers)


async def _pokes(request: Request, sync: Sync, caller: Caller) -> AsyncIterator[bytes]:
    """Permission is read afresh before each poke: a stream that was lost is not mentioned again."""
    listener = sync.live.join(caller.user, watches=isinstance(decide_watch_devices(caller.role), Allow))
    try:
        yield b": hello\n\n"
        loop = asyncio.get_running_loop()
        looked = loop.time()
        while True:
            moved = await listener.next(HEARTBEAT_S)
            if loop.time() - looked >= HEARTBEAT_S:  # to ask costs as much as a poke
                if await request.is_disconnected():
                    return
                looked = loop.time()
            if not moved:
                yield b": still here\n\n"
                continue
            readers = await sync.readers(caller.user, moved.keys() - {DEVICES})
            for name, head in moved.items():
                if (caller.user, name) in readers or name == DEVICES:
                    yield b"data: %s\n\n" % orjson.dumps({"stream": name, "head": head})
    finally:
        sync.live.leave(listener)


def _json(data: object) -> Response:
    return Response(orjson.dumps(data), media_type="application/json", headers={"Cache-Control": "no-store"})
