"""When a referred child was to be seen and was seen; links for receivers without an account."""

import sqlalchemy as sa
from alembic import op

from mengya_health.access.fence import fence_around
from mengya_health.db import Id, UtcTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("referral", sa.Column("visit_by_on", sa.Date(), nullable=True))
    op.add_column("referral", sa.Column("visited_on", sa.Date(), nullable=True))
    op.create_table(
        "referral_link",
        sa.Column("id", Id(), nullable=False),
        sa.Column("referral_id", Id(), nullable=False),
        sa.Column("child_id", Id(), nullable=False),
        sa.Column("receiver_id", Id(), nullable=False),
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("made_by", Id(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=True),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("seal", sa.LargeBinary(length=32), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name=op.f("fk_referral_link_child_id_child")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_referral_link_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_referral_link_token_hash")),
        sa.UniqueConstraint("browser_hash", name=op.f("uq_referral_link_browser_hash")),
    )
    op.create_index("ix_referral_link_referral", "referral_link", ["referral_id"])
    if op.get_bind().dialect.name == "postgresql":
        for statement in fence_around("referral_link"):
            op.execute(statement)
