"""S-57: what means something to SQL is only text, and no statement is put together from text. S-47: two roles."""

import ast
import re

import pytest
from sqlalchemy import select

from mengya_health.errors import Invalid
from mengya_health.operations.accounts import add_staff, give_role
from mengya_health.operations.import_file import import_as
from mengya_health.people import accounts
from mengya_health.people.models import Membership
from tests.factories import an_account, client_of
from tests.test_architecture import ROOT, SOURCES

# GRANT takes no parameters: there the role's name is quoted by the dialect, and comes from the operator's settings.
NO_PARAMETERS = ("mengya_health/operations/upgrading.py",)
# What SQLAlchemy compiled from columns and placeholders; the values go beside it.
COMPILED = ("mengya_health/audit.py", "statement")
HARMLESS = "没有这个人"
CORPUS = (
    "' OR '1'='1", "' OR 1=1 --", "\" OR \"\"=\"", "'; DROP TABLE child; --", "') UNION SELECT body FROM revision --",
    "1; SELECT pg_sleep(9)", "' AND (SELECT count(*) FROM user) > 0 --", "%' --", "\\'; --", "0x27 OR 1", "${1}",
    ":login", "?1", "%(login)s", "'||(SELECT seal FROM membership LIMIT 1)||'", "ASC; DELETE FROM audit_event",
)  # fmt: skip
# Where text is typed that goes into a search, and the field it goes into; who types it.
SEARCHES = (
    ("sign_in", "/sign-in", "login", {"password": "not the password", "next": ""}),
    ("doctor", "/children/search", "q", {}),
    ("doctor", "/emergency", "number", {"code": "rescue", "text": "孩子在急诊抢救，要看过敏史"}),
    ("officer", "/oversight/audit", "login", {}),
)
SORTED_AND_FILTERED = (
    ("doctor", "/", "tab"), ("doctor", "/cases", "tab"), ("doctor", "/children", "found"),
    ("officer", "/oversight/audit", "user"), ("officer", "/oversight/audit", "action"),
)  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request) -> str:
    return request.param


def shown(answer, typed: str) -> tuple[int, str]:
    """Return status and page, without what was typed and what differs from page to page."""
    page = answer.get_data(as_text=True)
    page = re.sub(r"<table.*?</table>|最新的 \d+ 条", "", page, flags=re.DOTALL)  # the audit grows as it is asked
    page = re.sub(r'name="(csrf_token|idem_key)" value="[^"]+"|[0-9a-f]{8}-[0-9a-f-]{27}', "", page)
    return answer.status_code, re.sub(r'(name="(?:login|q|number)"[^>]*value=")[^"]*', r"\1", page)


def test_what_means_something_to_a_database_finds_what_harmless_text_finds(installation, district, register):
    """S-57: no error and no difference, in every search and in every key that sorts or filters."""
    register("P1")
    clients = {
        "doctor": client_of(installation, district.doctor),
        "officer": client_of(installation, district.security_officer),
    }
    clients["sign_in"] = clients["doctor"].application.test_client()
    for who, path, field, more in SEARCHES:
        client = clients[who]
        page = client.get(path if who != "doctor" or path == "/emergency" else "/children").get_data(as_text=True)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        answers = {}
        for text in (HARMLESS, *CORPUS[: 15 if who != "sign_in" else 3]):
            sent = {"csrf_token": token, field: text, **more}
            answers[text] = shown(client.post(path, data=sent), text)
        differing = {text for text, answer in answers.items() if answer != answers[HARMLESS]}
        assert differing == set(), (path, answers[HARMLESS][0], [answers[text][0] for text in differing])
    for who, path, name in SORTED_AND_FILTERED:
        for text in CORPUS:
            answer = clients[who].get(path, query_string={name: text})
            assert answer.status_code in (200, 302, 404, 422), (path, name, text, answer.status_code)


def test_no_statement_is_put_together_from_text():
    """S-57, the lint: what `text(…)` and `exec_driver_sql(…)` are given is written out, never formatted or joined."""
    found = []
    for source in (*SOURCES, *(ROOT / "migrations").rglob("*.py")):
        for node in ast.walk(ast.parse(source.read_text())):
            name = getattr(getattr(node, "func", None), "attr", getattr(getattr(node, "func", None), "id", ""))
            if str(source.relative_to(ROOT)) in NO_PARAMETERS:
                continue
            if isinstance(node, ast.Call) and name in ("text", "exec_driver_sql", "literal_column") and node.args:
                first = node.args[0]
                if (str(source.relative_to(ROOT)), getattr(first, "id", "")) == COMPILED:
                    continue
                choices = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
                if not all(isinstance(each, ast.Constant) for each in choices):
                    found.append(f"{source.relative_to(ROOT)}:{node.lineno}")
    assert found == []


@pytest.mark.parametrize("first", ["sysadmin", "security_officer"])
def test_who_keeps_the_keys_never_watches_over_their_use(installation, district, work_as, first):
    """S-47: in either order, by the command that pages and the command line share."""
    second = {"sysadmin": "security_officer", "security_officer": "sysadmin"}[first]
    with work_as(district.sysadmin) as work:
        user_id = an_account(work, login="both").id
        accounts.add_membership(work, user_id=user_id, role=first)
    with work_as(district.sysadmin) as work, pytest.raises(Invalid) as refused:
        accounts.add_membership(work, user_id=user_id, role=second)
    assert "不能是同一个人" in refused.value.fields["given_role"][0]
    with work_as(district.sysadmin) as work, pytest.raises(Invalid):
        give_role(work, user_id, role=second, organisation=None)
    with work_as(district.sysadmin) as work:  # nor by renewing the first one, once it is over and the other is given
        old = work.session.scalar(select(Membership.id).where(Membership.user_id == user_id))
        accounts.end_membership(work, old)
        accounts.add_membership(work, user_id=user_id, role=second)
    with work_as(district.sysadmin) as work, pytest.raises(Invalid):
        accounts.renew_membership(work, old)
    # A new account under the same sign-in name is refused before any role is given.
    with work_as(district.sysadmin) as work, pytest.raises(Invalid):
        add_staff(work, login="both", name="样本员工", role=second, organisation=None)


@pytest.mark.parametrize("database", ["sqlite"])
def test_no_import_gives_anybody_a_role(installation, district, work_as, tmp_path):
    """S-47: an import knows children and measurements; columns about accounts are refused."""
    table = tmp_path / "accounts.csv"
    table.write_text("登录名,角色\nboth,sysadmin\nboth,security_officer\n", encoding="utf-8")
    with work_as(district.sysadmin) as work:
        user = an_account(work, login="importer")
        accounts.add_membership(work, user_id=user.id, role="doctor", organisation_id=district.clinic_id)
    before = members(work_as)
    with pytest.raises(Invalid):
        import_as(installation, table, login="importer")
    assert members(work_as) == before


def members(work_as) -> set:
    with work_as(None, writing=False) as work:
        return {(row.user_id, row.role) for row in work.session.scalars(select(Membership))}
