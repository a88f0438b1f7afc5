"""First schema

Revision ID: 0001
Revises:
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from app.database import Bytewise

# Every live answer of every checklist: several rows where people disagree. `value` is text, lists are JSON.
ANSWER = {
    "sqlite": """
        CREATE VIEW answer AS
        SELECT e.stream, e.id AS checklist, f.key AS question, h.value ->> 0 AS change,
               CAST(h.value ->> 1 AS TEXT) AS value, h.value ->> 2 AS actor, h.value ->> 3 AS at
        FROM entity AS e, json_each(e.heads) AS f, json_each(f.value) AS h
        WHERE e.kind = 'checklist' AND f.key NOT IN ('visit', 'template', 'status', '@')
    """,
    "postgresql": """
        CREATE VIEW answer AS
        SELECT e.stream, e.id AS checklist, f.key AS question, h.value ->> 0 AS change, h.value ->> 1 AS value,
               h.value ->> 2 AS actor, (h.value ->> 3)::bigint AS at
        FROM entity AS e, jsonb_each(e.heads::jsonb) AS f, jsonb_array_elements(f.value) AS h
        WHERE e.kind = 'checklist' AND f.key NOT IN ('visit', 'template', 'status', '@')
    """,
}

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "authority",
        sa.Column("id", Bytewise(), nullable=False),
        sa.Column("sv", sa.Text(), nullable=True),
        sa.Column("en", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authority")),
    )
    op.create_table(
        "blob",
        sa.Column("sha256", Bytewise(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mime", Bytewise(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_blob")),
    )
    op.create_table(
        "server_fact",
        sa.Column("name", Bytewise(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_server_fact")),
    )
    op.create_table(
        "stream",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", Bytewise(), nullable=False),
        sa.Column("head", sa.BigInteger(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stream")),
        sa.UniqueConstraint("name", name=op.f("uq_stream_name")),
    )
    op.create_table(
        "blob_holder",
        sa.Column("sha256", Bytewise(), nullable=False),
        sa.Column("user", Bytewise(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["blob.sha256"], name=op.f("fk_blob_holder_sha256")),
        sa.PrimaryKeyConstraint("sha256", "user", name=op.f("pk_blob_holder")),
    )
    op.create_table(
        "blob_ref",
        sa.Column("sha256", Bytewise(), nullable=False),
        sa.Column("stream", sa.Integer(), nullable=False),
        sa.Column("entity", Bytewise(), nullable=False),
        sa.ForeignKeyConstraint(["stream"], ["stream.id"], name=op.f("fk_blob_ref_stream")),
        sa.PrimaryKeyConstraint("sha256", "stream", "entity", name=op.f("pk_blob_ref")),
    )
    op.create_table(
        "chain",
        sa.Column("actor", Bytewise(), nullable=False),
        sa.Column("stream", sa.Integer(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("stable", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["stream"], ["stream.id"], name=op.f("fk_chain_stream")),
        sa.PrimaryKeyConstraint("actor", "stream", name=op.f("pk_chain")),
    )
    op.create_table(
        "checklist",
        sa.Column("stream", sa.Integer(), nullable=False),
        sa.Column("id", Bytewise(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("review", sa.Boolean(), nullable=False),
        sa.Column("conflicts", sa.Integer(), nullable=False),
        sa.Column("visit", Bytewise(), nullable=True),
        sa.Column("template", Bytewise(), nullable=True),
        sa.Column("status", Bytewise(), nullable=True),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["stream"], ["stream.id"], name=op.f("fk_checklist_stream")),
        sa.PrimaryKeyConstraint("stream", "id", name=op.f("pk_checklist")),
    )
    op.create_table(
        "commit",
        sa.Column("hash", Bytewise(), nullable=False),
        sa.Column("stream", sa.Integer(), nullable=False),
        sa.Column("actor", Bytewise(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("prev", sa.Text(), nullable=False),
        sa.Column("header", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("forked", sa.Boolean(), nullable=False),
        sa.Column("exceptions", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["stream"], ["stream.id"], name=op.f("fk_commit_stream")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_commit")),
    )
    op.create_table(
        "crime_report",
        sa.Column("stream", sa.Integer(), nullable=False),
        sa.Column("id", Bytewise(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("review", sa.Boolean(), nullable=False),
        sa.Column("conflicts", sa.Integer(), nullable=False),
        sa.Column("visit", Bytewise(), nullable=True),
        sa.Column("offence", Bytewise(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("status", Bytewise(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["stream"], ["stream.id"], name=op.f("fk_crime_report_stream")),
        sa.PrimaryKeyConstraint("stream", "id", name=op.f("pk_crime_report")),
    )
    op.create_table(
        "custody_event",
        sa.Column("stream", sa.Integer(), nullable=False),
        sa.Column("id", Bytewise(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("review", sa.Boolean(), nullable=False),
        sa.Column("conflicts", sa.Integer(), nullable=False),
        sa.Column("exhibit", Bytewise(), nullable=True),
        sa.Column("event", Bytewise(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("to", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["stream"], ["stream.id"], name=op.f("fk_custody_event_stream")),
        sa.PrimaryKeyConstraint("stream", "id", name=op.f("pk_custody_event")),
    )
    op.create_table(
        "decision",
        sa.Column("stream", sa.Integer(), nullable=False),
        sa.Column("id", Bytewise(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("review", sa.Boolean(), nullable=False),
        sa.Column("conflicts", sa.Integer(), nullable=False),
        sa.Column("visit", Bytewise(), nullable=True),
        sa.Column("outcome", Bytewise(), nullable=True),
        sa.Column("status", Bytewise(), nullable=True),
        sa.Column("decided", Bytewise(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["stream"], ["stream.id"], name=op.f("fk_decision_stream")),
        sa.PrimaryKeyConstraint("stream", "id", name=op.f("pk_decision")),
    )
    op.create_table(
        "entity",
        sa.Column("stream", sa.Integer(), nullable=False),
        sa.Column("id", Bytewise(), nullable=False),
        sa.Column("kind", Bytewise(), nullable=False),
        sa.Column("heads", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["stream"], ["stream.id"], name=op.f("fk_entity_stream")),
        sa.PrimaryKeyConstraint("stream", "id", name=op.f("pk_entity")),
    )
    with op.batch_alter_table("entity", schema=None) as batch_op:
        batch_op.create_index("ix_entity_stream_kind", ["stream", "kind"], unique=False)

    op.create_table(
        "entry",
        sa.Column("stream", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("commit", Bytewise(), nullable=False),
        sa.Column("r", sa.Text(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["stream"], ["stream.id"], name=op.f("fk_entry_stream")),
        sa.PrimaryKeyConstraint("stream", "seq", name=op.f("pk_entry")),
    )
    op.create_table(
        "exhibit",
        sa.Column("stream", sa.Integer(), nullable=False),
        sa.Column("id", Bytewise(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("review", sa.Boolean(), nullable=False),
        sa.Column("conflicts", sa.Integer(), nullable=False),
        sa.Column("visit", Bytewise(), nullable=True),
        sa.Column("category", Bytewise(), nullable=True),
        sa.Column("qty", sa.BigInteger(), nullable=True),
        sa.Column("unit", Bytewise(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("seal", sa.Text(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("offence", Bytewise(), nullable=True),
        sa.Column("status", Bytewise(), nullable=True),
        sa.ForeignKeyConstraint(["stream"], ["stream.id"], name=op.f("fk_exhibit_stream")),
        sa.PrimaryKeyConstraint("stream", "id", name=op.f("pk_exhibit")),
    )
    op.create_table(
        "operation",
        sa.Column("stream", sa.Integer(), nullable=False),
        sa.Column("id", Bytewise(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("review", sa.Boolean(), nullable=False),
        sa.Column("conflicts", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("date", Bytewise(), nullable=True),
        sa.Column("status", Bytewise(), nullable=True),
        sa.Column("authorities", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["stream"], ["stream.id"], name=op.f("fk_operation_stream")),
        sa.PrimaryKeyConstraint("stream", "id", name=op.f("pk_operation")),
    )
    op.create_table(
        "party",
        sa.Column("stream", sa.Integer(), nullable=False),
        sa.Column("id", Bytewise(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("review", sa.Boolean(), nullable=False),
        sa.Column("conflicts", sa.Integer(), nullable=False),
        sa.Column("visit", Bytewise(), nullable=True),
        sa.Column("authority", Bytewise(), nullable=True),
        sa.Column("regime", Bytewise(), nullable=True),
        sa.Column("law", sa.Text(), nullable=True),
        sa.Column("entered", sa.BigInteger(), nullable=True),
        sa.Column("departed", sa.BigInteger(), nullable=True),
        sa.Column("done", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["stream"], ["stream.id"], name=op.f("fk_party_stream")),
        sa.PrimaryKeyConstraint("stream", "id", name=op.f("pk_party")),
    )
    op.create_table(
        "photo",
        sa.Column("stream", sa.Integer(), nullable=False),
        sa.Column("id", Bytewise(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("review", sa.Boolean(), nullable=False),
        sa.Column("conflicts", sa.Integer(), nullable=False),
        sa.Column("visit", Bytewise(), nullable=True),
        sa.Column("sha256", Bytewise(), nullable=True),
        sa.Column("thumb_sha256", Bytewise(), nullable=True),
        sa.Column("caption", sa.Text(), nullable=True),
        sa.Column("about", Bytewise(), nullable=True),
        sa.Column("question", Bytewise(), nullable=True),
        sa.Column("taken", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["stream"], ["stream.id"], name=op.f("fk_photo_stream")),
        sa.PrimaryKeyConstraint("stream", "id", name=op.f("pk_photo")),
    )
    op.create_table(
        "retired",
        sa.Column("change", Bytewise(), nullable=False),
        sa.Column("stream", sa.Integer(), nullable=False),
        sa.Column("entity", Bytewise(), nullable=False),
        sa.Column("field", Bytewise(), nullable=False),
        sa.Column("content", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["stream"], ["stream.id"], name=op.f("fk_retired_stream")),
        sa.PrimaryKeyConstraint("change", "stream", "entity", "field", name=op.f("pk_retired")),
    )
    op.create_table(
        "safety_notice",
        sa.Column("stream", sa.Integer(), nullable=False),
        sa.Column("id", Bytewise(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("review", sa.Boolean(), nullable=False),
        sa.Column("conflicts", sa.Integer(), nullable=False),
        sa.Column("visit", Bytewise(), nullable=True),
        sa.Column("level", Bytewise(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("injuries", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["stream"], ["stream.id"], name=op.f("fk_safety_notice_stream")),
        sa.PrimaryKeyConstraint("stream", "id", name=op.f("pk_safety_notice")),
    )
    op.create_table(
        "site",
        sa.Column("stream", sa.Integer(), nullable=False),
        sa.Column("id", Bytewise(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("review", sa.Boolean(), nullable=False),
        sa.Column("conflicts", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("type", Bytewise(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("area", sa.Text(), nullable=True),
        sa.Column("lat", sa.BigInteger(), nullable=True),
        sa.Column("lon", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["stream"], ["stream.id"], name=op.f("fk_site_stream")),
        sa.PrimaryKeyConstraint("stream", "id", name=op.f("pk_site")),
    )
    op.create_table(
        "tally",
        sa.Column("stream", sa.Integer(), nullable=False),
        sa.Column("id", Bytewise(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("review", sa.Boolean(), nullable=False),
        sa.Column("conflicts", sa.Integer(), nullable=False),
        sa.Column("visit", Bytewise(), nullable=True),
        sa.Column("of", Bytewise(), nullable=True),
        sa.Column("code", Bytewise(), nullable=True),
        sa.Column("unit", Bytewise(), nullable=True),
        sa.Column("qty", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["stream"], ["stream.id"], name=op.f("fk_tally_stream")),
        sa.PrimaryKeyConstraint("stream", "id", name=op.f("pk_tally")),
    )
    op.create_table(
        "user",
        sa.Column("id", Bytewise(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("authority", Bytewise(), nullable=False),
        sa.Column("role", Bytewise(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["authority"], ["authority.id"], name=op.f("fk_user_authority")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
    )
    with op.batch_alter_table("user", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_authority"), ["authority"], unique=False)

    op.create_table(
        "visit",
        sa.Column("stream", sa.Integer(), nullable=False),
        sa.Column("id", Bytewise(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("review", sa.Boolean(), nullable=False),
        sa.Column("conflicts", sa.Integer(), nullable=False),
        sa.Column("site", Bytewise(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("status", Bytewise(), nullable=True),
        sa.Column("arrived", sa.BigInteger(), nullable=True),
        sa.Column("departed", sa.BigInteger(), nullable=True),
        sa.Column("activity", Bytewise(), nullable=True),
        sa.Column("persons", sa.BigInteger(), nullable=True),
        sa.Column("remarks", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["stream"], ["stream.id"], name=op.f("fk_visit_stream")),
        sa.PrimaryKeyConstraint("stream", "id", name=op.f("pk_visit")),
    )
    op.create_table(
        "device",
        sa.Column("id", Bytewise(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("authority", Bytewise(), nullable=True),
        sa.Column("user", Bytewise(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.Column("pending_changes", sa.BigInteger(), nullable=False),
        sa.Column("pending_blobs", sa.BigInteger(), nullable=False),
        sa.Column("oldest", sa.BigInteger(), nullable=True),
        sa.Column("free", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["authority"], ["authority.id"], name=op.f("fk_device_authority")),
        sa.ForeignKeyConstraint(["user"], ["user.id"], name=op.f("fk_device_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
    )
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_user"), ["user"], unique=False)

    op.create_table(
        "enrolment_code",
        sa.Column("code_hash", Bytewise(), nullable=False),
        sa.Column("user", Bytewise(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user"], ["user.id"], name=op.f("fk_enrolment_code_user")),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_enrolment_code")),
    )
    op.create_table(
        "membership",
        sa.Column("stream", Bytewise(), nullable=False),
        sa.Column("user", Bytewise(), nullable=False),
        sa.Column("role", Bytewise(), nullable=False),
        sa.Column("granted", sa.BigInteger(), nullable=False),
        sa.Column("revoked", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user"], ["user.id"], name=op.f("fk_membership_user")),
        sa.PrimaryKeyConstraint("stream", "user", name=op.f("pk_membership")),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_membership_user"), ["user"], unique=False)

    op.create_table(
        "upload",
        sa.Column("id", Bytewise(), nullable=False),
        sa.Column("user", Bytewise(), nullable=False),
        sa.Column("sha256", Bytewise(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["user.id"], name=op.f("fk_upload_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
        sa.UniqueConstraint("user", "sha256", "size", name=op.f("uq_upload_user_sha256_size")),
    )
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_upload_expires"), ["expires"], unique=False)

    op.create_table(
        "actor",
        sa.Column("id", Bytewise(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("user", Bytewise(), nullable=False),
        sa.Column("device", Bytewise(), nullable=False),
        sa.Column("status", Bytewise(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["device"], ["device.id"], name=op.f("fk_actor_device")),
        sa.ForeignKeyConstraint(["user"], ["user.id"], name=op.f("fk_actor_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actor")),
    )
    with op.batch_alter_table("actor", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_actor_user"), ["user"], unique=False)

    op.create_table(
        "session",
        sa.Column("token_hash", Bytewise(), nullable=False),
        sa.Column("user", Bytewise(), nullable=False),
        sa.Column("device", Bytewise(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["device"], ["device.id"], name=op.f("fk_session_device")),
        sa.ForeignKeyConstraint(["user"], ["user.id"], name=op.f("fk_session_user")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_session")),
    )
    op.execute(ANSWER[op.get_bind().dialect.name])


def downgrade() -> None:
    op.execute("DROP VIEW answer")
    op.drop_table("session")
    with op.batch_alter_table("actor", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_actor_user"))

    op.drop_table("actor")
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_upload_expires"))

    op.drop_table("upload")
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_membership_user"))

    op.drop_table("membership")
    op.drop_table("enrolment_code")
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_device_user"))

    op.drop_table("device")
    op.drop_table("visit")
    with op.batch_alter_table("user", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_authority"))

    op.drop_table("user")
    op.drop_table("tally")
    op.drop_table("site")
    op.drop_table("safety_notice")
    op.drop_table("retired")
    op.drop_table("photo")
    op.drop_table("party")
    op.drop_table("operation")
    op.drop_table("exhibit")
    op.drop_table("entry")
    with op.batch_alter_table("entity", schema=None) as batch_op:
        batch_op.drop_index("ix_entity_stream_kind")

    op.drop_table("entity")
    op.drop_table("decision")
    op.drop_table("custody_event")
    op.drop_table("crime_report")
    op.drop_table("commit")
    op.drop_table("checklist")
    op.drop_table("chain")
    op.drop_table("blob_ref")
    op.drop_table("blob_holder")
    op.drop_table("stream")
    op.drop_table("server_fact")
    op.drop_table("blob")
    op.drop_table("authority")
