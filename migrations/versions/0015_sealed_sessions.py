"""Sessions and bound phones carry a seal; those from before do not, and are signed in anew."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("user_session", "bound_phone"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("seal", sa.LargeBinary(length=32), server_default="", nullable=False))
