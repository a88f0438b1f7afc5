"""Writing the log: one entry more, hashed into the chain of its stream."""

from typing import Any

import orjson

from app.domain.commit import next_chain
from app.sync.store import StreamRow


def append(
    stream: StreamRow,
    commit: str,
    received: int,
    skip: list[str],
    dead: list[str],
    only: list[str] | None = None,
) -> dict[str, Any]:
    """Move the stream on by an entry; the row of the `entry` table.

    `only` names the changes of the commit that a person admitted, in the order of its body; all its others are as they were.
    """
    stream.head += 1
    stream.moved = True
    told = {
        "stream": stream.name,
        "seq": stream.head,
        "commit": commit,
        "received": received,
        "skip": skip,
        "dead": dead,
    }
    r = orjson.dumps(told if only is None else told | {"only": only}).decode()
    stream.chain = next_chain(stream.chain, r)
    return {
        "stream": stream.id,
        "seq": stream.head,
        "commit": commit,
        "r": r,
        "chain": stream.chain.hex(),
    }
