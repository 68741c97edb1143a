"""Row-level security on PostgreSQL: a child's rows show only to those the child is tied to."""

from alembic import op

from mengya_health.access.fence import FUNCTION, fence_around

revision = "0011"
down_revision = "0009"
branch_labels = None
depends_on = None

# The history is left out: ids and salted commitments, to which officers add who have no tie to any child.
OF_A_CHILD = (
    "relationship", "consent", "section_closure", "entry", "revision", "dispute", "attachment", "attachment_segment",
    "task", "case", "case_step", "referral", "signature", "paper_signature", "handout",
)  # fmt: skip


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(FUNCTION)
    for statement in fence_around("child", "id"):
        op.execute(statement)
    for table in OF_A_CHILD:
        for statement in fence_around(table):
            op.execute(statement)
