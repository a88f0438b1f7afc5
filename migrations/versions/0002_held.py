"""Held changes and what was decided about them

Revision ID: 0002
Revises: 0001
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from app.database import Bytewise

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BATCH = 500


def upgrade() -> None:
    held = op.create_table(
        "held",
        sa.Column("commit", Bytewise(), nullable=False),
        sa.Column("change", Bytewise(), nullable=False),
        sa.Column("stream", sa.Integer(), nullable=False),
        sa.Column("actor", Bytewise(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("code", Bytewise(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("t", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("decided", Bytewise(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decision", Bytewise(), nullable=True),
        sa.ForeignKeyConstraint(["stream"], ["stream.id"], name=op.f("fk_held_stream")),
        sa.PrimaryKeyConstraint("commit", "change", name=op.f("pk_held")),
    )
    op.create_index("ix_held_open", "held", ["stream", "decided", "received"])
    op.create_index("ix_held_change", "held", ["change"])
    op.create_index("ix_held_actor", "held", ["actor"])
    _list_what_is_held(op.get_bind(), held)


def _list_what_is_held(conn: sa.Connection, held: sa.Table) -> None:
    """What the release before has held, so that a person can decide about it too."""
    names = ("hash", "stream", "actor", "n", "header", "body", "received", "exceptions")
    commits = sa.table("commit", *map(sa.column, names))
    found = conn.execute(sa.select(commits).where(commits.c.exceptions.contains('"held"'))).all()
    rows = [row for commit in found for row in _held_of(commit)]
    for start in range(0, len(rows), BATCH):
        conn.execute(held.insert(), rows[start : start + BATCH])


def _held_of(commit: Any) -> Iterator[dict[str, Any]]:
    codes = {k: x["code"] for k, x in json.loads(commit.exceptions).items() if x["verdict"] == "held"}
    off = json.loads(commit.header).get("off", 0)
    for number, line in enumerate(commit.body.split("\n")[:-1], 1):
        change = _object(line)
        if change.get("id") in codes:
            yield {
                "commit": commit.hash,
                "change": change["id"],
                "stream": commit.stream,
                "actor": commit.actor,
                "n": commit.n,
                "code": codes[change["id"]],
                "received": commit.received,
                "t": min(change["at"] + off, commit.received),
                "line": number,
                "text": line,
                "decided": None,
                "reason": None,
                "decision": None,
            }


def _object(line: str) -> dict[str, Any]:
    try:
        data = json.loads(line)
    except ValueError:
        return {}
    return data if isinstance(data, dict) and isinstance(data.get("id"), str) else {}


def downgrade() -> None:
    op.drop_table("held")
