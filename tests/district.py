"""Fixtures on top of the factories: children of the clinic, and a count of what the databases are asked."""

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import event

from mengya_health.access.actor import Actor
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import find_child
from tests.factories import BIRTH_ON, a_child

CHILD = {
    "name": "样本甲",
    "sex": "F",
    "birth_on": BIRTH_ON,
    "gestational_days": 252,
    "birth_weight_kg": "2.60",
    "id_no": "11010520251120002X",
    "allergies": "鸡蛋",
    "contacts": [{"name": "样本甲的妈妈", "phone": "13800138000", "relation": "mother"}],
}


@pytest.fixture
def register(work_as, district) -> Callable[..., ChildFacts]:
    """Register a child at the clinic, with these consents signed on paper, in no class unless said."""

    def registered(*consents: str, group_id: UUID | None = None, **changed) -> ChildFacts:
        wanted = CHILD | {"id_no": None, "group_id": group_id} | changed
        with work_as(district.doctor) as work:
            return a_child(work, district, consents=consents, **wanted)

    return registered


@pytest.fixture
def find(work_as) -> Callable[[Actor, UUID], ChildFacts]:
    """Find a child as somebody, in a unit of work of its own."""

    def found(actor: Actor, child_id: UUID) -> ChildFacts:
        with work_as(actor, writing=False) as work:
            return find_child(work, child_id)

    return found


class Statements:
    """Counts what both databases are asked; BEGIN, COMMIT and what is set for a transaction left out."""

    def __init__(self, *engines) -> None:
        self.seen: list[str] = []
        for engine in engines:
            event.listen(engine, "before_cursor_execute", self._count)

    def _count(self, connection, cursor, statement, parameters, context, many) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "SET", "SELECT set_config")):
            self.seen.append(statement)


@pytest.fixture
def statements(installation) -> Statements:
    return Statements(installation.engine, installation.keystore._engine)
