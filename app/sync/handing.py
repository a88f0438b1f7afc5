"""The server's hand: the copy of what was handed over, and the mark for who did (docs/decisions/0015)."""

from collections.abc import Sequence

from sqlalchemy import Connection

from app.domain import disclosure
from app.sync.author import Author, Draft
from app.sync.disclosures import Handed
from app.sync.push import HandOver


def handing_over(server: Author) -> HandOver:
    """What makes copies as this author, who has to be the server."""

    def hand_over(conn: Connection, handed: Sequence[Handed], now: int) -> dict[str, int]:
        drafts: dict[str, list[Draft]] = {}
        for each in handed:
            drafts.setdefault(each.recipient, []).append(_copy(each))
            drafts.setdefault(each.source, []).append(_mark(each))
        heads: dict[str, int] = {}
        for stream in sorted(drafts):
            heads |= server.write(conn, stream, drafts[stream], now).heads
        return heads

    return hand_over


def _copy(each: Handed) -> Draft:
    value = disclosure.copy_value(each.change, each.sender, each.actor, each.items)
    return _draft(disclosure.copy_entity(each.change.e, each.sender), value, each, disclosure.COPY)


def _mark(each: Handed) -> Draft:
    value = disclosure.mark_value(each.change, each.items)
    return _draft(disclosure.mark_entity(each.change.e), value, each, disclosure.MARK)


def _draft(entity: str, value: object, each: Handed, purpose: str) -> Draft:
    made = disclosure.derived_id(each.change.id, purpose)
    return Draft(entity, disclosure.OF, value, each.change.at, id=made)
