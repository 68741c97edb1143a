"""Whether letters pressed alone are shortcuts for somebody."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("user", sa.Column("letter_keys", sa.Boolean(), nullable=False, server_default=sa.true()))
