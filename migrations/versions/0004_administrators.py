"""Codes that make the first administrator, and what administrators did

Revision ID: 0004
Revises: 0003
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from app.database import Bytewise

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SQLITE = """CREATE TRIGGER administration_no_{act} BEFORE {act} ON administration
BEGIN SELECT RAISE(ABORT, 'administration is append-only'); END"""
POSTGRESQL = (
    """CREATE FUNCTION administration_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'administration is append-only'; END $$""",
    """CREATE TRIGGER administration_append_only BEFORE UPDATE OR DELETE ON administration
FOR EACH ROW EXECUTE FUNCTION administration_append_only()""",
    """CREATE TRIGGER administration_not_emptied BEFORE TRUNCATE ON administration
FOR EACH STATEMENT EXECUTE FUNCTION administration_append_only()""",
)


def upgrade() -> None:
    with op.batch_alter_table("enrolment_code") as batch_op:
        batch_op.alter_column("user", existing_type=Bytewise(), nullable=True)
    op.create_table(
        "administration",
        sa.Column("id", Bytewise(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", Bytewise(), nullable=True),
        sa.Column("act", Bytewise(), nullable=False),
        sa.Column("user", Bytewise(), nullable=False),
        sa.Column("authority", Bytewise(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["user.id"], name=op.f("fk_administration_by")),
        sa.ForeignKeyConstraint(["user"], ["user.id"], name=op.f("fk_administration_user")),
        sa.ForeignKeyConstraint(["authority"], ["authority.id"], name=op.f("fk_administration_authority")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_administration")),
    )
    op.create_index(op.f("ix_administration_authority"), "administration", ["authority"])
    sqlite = [SQLITE.format(act=act) for act in ("UPDATE", "DELETE")]
    for statement in sqlite if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("administration")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION administration_append_only")
    op.execute('DELETE FROM enrolment_code WHERE "user" IS NULL')
    with op.batch_alter_table("enrolment_code") as batch_op:
        batch_op.alter_column("user", existing_type=Bytewise(), nullable=False)
