"""Photos that a backup holds; tablets that enrolled, and what a lost one held

Revision ID: 0003
Revises: 0002
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

DEVICE = ("enrolled", "lost_at", "lost_changes", "lost_blobs")


def upgrade() -> None:
    with op.batch_alter_table("blob") as batch_op:
        batch_op.add_column(sa.Column("stable", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("blob") as batch_op:
        batch_op.alter_column("stable", server_default=None)
    with op.batch_alter_table("device") as batch_op:
        for name in DEVICE:
            batch_op.add_column(sa.Column(name, sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE device SET enrolled = created WHERE EXISTS (SELECT 1 FROM session WHERE session.device = device.id)"
    )


def downgrade() -> None:
    with op.batch_alter_table("device") as batch_op:
        for name in DEVICE:
            batch_op.drop_column(name)
    with op.batch_alter_table("blob") as batch_op:
        batch_op.drop_column("stable")
