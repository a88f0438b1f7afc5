"""Sessions that only deliver, tablets that are blocked, and the version of the app on each

Revision ID: 0005
Revises: 0004
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("session") as batch_op:
        batch_op.add_column(sa.Column("ended", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("device") as batch_op:
        batch_op.add_column(sa.Column("blocked", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("app", sa.Text(), nullable=True))


def downgrade() -> None:
    op.execute("DELETE FROM session WHERE ended IS NOT NULL")
    with op.batch_alter_table("device") as batch_op:
        batch_op.drop_column("app")
        batch_op.drop_column("blocked")
    with op.batch_alter_table("session") as batch_op:
        batch_op.drop_column("ended")
