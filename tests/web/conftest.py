"""A district, a child with its mother, and browsers signed in as each of them."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient

from mengya_health.care import commands, plans
from mengya_health.people.queries import find_child
from mengya_health.record.commands import record_entry
from tests.factories import a_child, a_guardian, client_of


@pytest.fixture
def database() -> str:
    """Pages are the same on both databases; commands and queries are tested on both."""
    return "sqlite"


@pytest.fixture
def child(work_as, district):
    with work_as(district.doctor) as work:
        return a_child(work, district)


@pytest.fixture
def mother(installation, district, child):
    return a_guardian(installation, district, child)


@dataclass
class Browser:
    """A signed-in browser that fills in the hidden fields of a form as a real one does."""

    client: FlaskClient

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.get_data(as_text=True)[-1500:]
        return answer.get_data(as_text=True)

    def post(self, path: str, page: str | None = None, status: int = 303, **fields):
        """Send a form of `page` (by default the page at `path`) and return the answer."""
        hidden = hidden_fields(self.get(page or path))
        answer = self.client.post(path, data={**hidden, **fields})
        assert answer.status_code == status, answer.get_data(as_text=True)[-3000:]
        return answer


def hidden_fields(html: str) -> dict[str, str]:
    """Return the token and the key of a page's forms; every form of a page may use the same token."""
    return {name: re.findall(rf'name="{name}" value="([^"]+)"', html)[-1] for name in ("csrf_token", "idem_key")}


@pytest.fixture
def browse(installation) -> Callable[..., Browser]:
    return lambda actor: Browser(client_of(installation, actor))


PLAN = {
    "summary": "接下来几周，家里和班里一起做几件小事。",
    "goals": [{"measure": "体重", "target": "每月长 0.2 公斤"}],
    "tasks": [{"item": "BB04", "who": "guardian"}, {"item": "BB05", "who": "teacher"}],
}


@pytest.fixture
def case_id(work_as, clock, district, child):
    """A case whose plan waits for the guardian."""
    with work_as(district.doctor) as work:
        found = find_child(work, child.id)
        reading = {"readings": [{"code": "WAZ", "value": "-2.4"}], "position": "l", "oedema": False}
        record_entry(work, found, section="health", kind="screening", content=reading, happened_on=work.today)
        case = commands.open_case(work, child.id, pathway_id="PW_UNDERNUTRITION", reason="体重偏低")
        commands.flag(work, case.id)
        plans.make_plan(work, case.id, plan=PLAN)
        return case.id


@pytest.fixture
def sign_path(browse, mother, case_id):
    return re.search(r'href="(/home/[^"]+/sign/[^"]+)"', browse(mother).get("/home")).group(1)
