"""Forty strings that no file may hold, carried through pages, worker and failures of every kind. Security row S-08."""

import logging
import re
import tempfile
from io import BytesIO
from pathlib import Path
from uuid import UUID

import pytest
from pypdf import PdfReader
from sqlalchemy import select, text

from mengya_health import worker
from mengya_health.app import create_app
from mengya_health.care import check_ins, class_advice, commands, plans, referrals
from mengya_health.care.models import Task
from mengya_health.db import new_id
from mengya_health.errors import Invalid
from mengya_health.jobs import Job, make_queue
from mengya_health.operations.installation import begin_work
from mengya_health.people import accounts
from mengya_health.people.acting import actor_of_login
from mengya_health.web import children as child_pages
from tests.care.walking import SHOWN
from tests.factories import an_account
from tests.web.browsing import Browser
from tests.web.test_doors import forms_of

SECRETS = {
    "doctor_password": "金丝雀飞过了十七座青石桥",
    "teacher_password": "金丝雀停在十八棵老树上面",
    "mother_password": "金丝雀数了十九颗星星睡着",
    "wrong_password": "金丝雀把二十个字记错了呀",
    "pin": "739146",
    "wrong_pin": "826413",
}
SAID = {
    "doctor_login": "canary.doctor@clinic.example",
    "doctor_name": "金丝雀医生",
    "doctor_phone": "13711220001",
    "teacher_login": "canary.teacher@kita.example",
    "teacher_name": "金丝雀老师",
    "teacher_phone": "13711220002",
    "child_name": "金丝雀小满",
    "id_no": "11010520251120002X",
    "birth_on": "2025-11-20",
    "birth_weight_kg": "3.217",
    "allergies": "金丝雀牡蛎",
    "contact_name": "金丝雀外婆",
    "contact_phone": "13711220003",
    "mother_name": "金丝雀妈妈",
    "mother_phone": "13711220004",
    "mother_login": "canary.mother@home.example",
    "weight_kg": "6.93",
    "length_cm": "70.3",
    "head_cm": "43.9",
    "advice": "金丝雀多晒太阳",
    "corrected_advice": "金丝雀每天户外两小时",
    "reason_of_correction": "金丝雀写错了字",
    "home_note": "金丝雀今天吃得少",
    "concern": "金丝雀不爱看人",
    "observation": "金丝雀自己上台阶",
    "class_concern": "金丝雀午睡总是醒",
    "case_reason": "金丝雀体重不增",
    "flag_reason": "金丝雀达到标准",
    "plan_summary": "金丝雀接下来几周的小事",
    "goal_measure": "金丝雀复查指标",
    "goal_target": "金丝雀回到同龄范围",
    "check_in": "金丝雀做了两次",
    "referral_reason": "金丝雀请专科评估",
    "feedback": "金丝雀专科已看",
    "for_class": "金丝雀在班里多说话",
    "refused_advice": "金丝雀被退回的话",
    "draft": "金丝雀还没写完的话",
    "csrf_advice": "金丝雀没有令牌的话",
    "failed_advice": "金丝雀出错时的话",
    "failed_job": "金丝雀打印时出错",
    "new_allergy": "金丝雀花生",
    "page_not_found": "canary-in-an-address",
    "search": "金丝雀查无此人",
    "file_name": "金丝雀的回执",
    "file_words": "金丝雀写在文件里的话",
}
# Typed but refused or unfinished, or kept to find somebody by and never shown.
NEVER_SHOWN = {
    "doctor_login", "doctor_phone", "teacher_login", "teacher_phone", "mother_login", "mother_phone", "csrf_advice",
    "failed_advice", "failed_job", "refused_advice", "page_not_found",
}  # fmt: skip
TIMING = re.compile(r"\[(cached since|generated in) [^\]]+\]|executed in [\d.]+s")  # SQLAlchemy's and huey's
CODE = re.compile(r"\b([34679ACDEFGHJKMNPQRTWXY]{5}-[34679ACDEFGHJKMNPQRTWXY]{5})\b")


@pytest.fixture
def database() -> str:
    return "sqlite"


@pytest.fixture(autouse=True)
def everything_is_logged_and_below_one_folder(monkeypatch, tmp_path, caplog) -> None:
    """Loggers say all they can, and whoever makes a temporary file makes it where the test looks."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("sqlalchemy.engine").setLevel(logging.DEBUG)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield
    logging.getLogger("sqlalchemy.engine").setLevel(logging.NOTSET)


class Flow:
    """The district, its people with their browsers, and what they saw."""

    def __init__(self, installation, district) -> None:
        self.installation, self.district = installation, district
        self.app = create_app(installation)
        self.seen = ""

    def enter(self, login: str, password: str) -> Browser:
        browser = Browser(self.app.test_client())
        browser.send("/sign-in", login=login, password=SECRETS["wrong_password"])
        assert browser.send("/sign-in", login=login, password=password).status_code == 303
        return browser

    def send(self, browser: Browser, path: str, action: str | None = None, status: int = 303, **typed):
        answer = browser.send(path, action, **typed)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer

    def look(self, browser: Browser, path: str) -> str:
        page = browser.open(path)
        self.seen += page
        return page

    def ask(self, browser: Browser, path: str, **wanted: str) -> None:
        """Ask for the paper whose form holds these values."""
        forms = [form for _action, form in forms_of(browser.open(f"{path}/papers"))]
        form = next(form for form in forms if all(form.get(name) == [value] for name, value in wanted.items()))
        answer = browser.client.post(f"{path}/papers", data=form)
        assert answer.status_code == 303, answer.get_data(as_text=True)

    def print(self, browser: Browser, path: str, **wanted: str) -> str:
        """Have a paper printed by the worker, and return its text."""
        self.installation.now.forward(minutes=1)
        self.ask(browser, path, **wanted)
        self.run_jobs()
        handout = re.findall(r"/papers/[0-9a-f-]{36}\.pdf", browser.open("/papers"))[0]
        return "".join(page.extract_text() for page in PdfReader(BytesIO(browser.client.get(handout).data)).pages)

    def run_jobs(self) -> None:
        """Take every job off the queue and do it, as the worker's loop does."""
        queue = make_queue(self.installation.settings, lambda job_id: worker.run_job(self.installation, job_id))
        while task := queue.dequeue():
            queue.execute(task)
        queue.storage.close()


@pytest.fixture
def flow(installation, district) -> Flow:
    made = Flow(installation, district)
    with begin_work(installation, district.sysadmin) as work:
        places = {
            "doctor": (district.clinic_id, None),
            "teacher": (district.kindergarten_id, district.group_id),
        }
        for role, (organisation_id, group_id) in places.items():
            said = {part: SAID[f"{role}_{part}"] for part in ("login", "name", "phone")}
            user = an_account(work, password=SECRETS[f"{role}_password"], **said)
            where = {"organisation_id": organisation_id, "group_id": group_id}
            accounts.add_membership(work, user_id=user.id, role=role, **where)
    return made


def open_a_record(flow: Flow, desk: Browser) -> str:
    sheet = ("id_no", "birth_on", "birth_weight_kg", "allergies", "contact_name", "contact_phone")
    typed = {name: SAID[name] for name in sheet} | {"name": SAID["child_name"], "sex": "F"}
    consents = {f"consent_{purpose}": "yes" for purpose in ("P1", "P2", "P3")}
    more = {"contact_relation": "grandparent", "group_id": str(flow.district.group_id)}
    answer = flow.send(desk, "/children/new", "/children", **typed, **consents, **more)
    path = answer.location.partition("?")[0]
    flow.send(desk, f"{path}/measurement", measured_on="2026-11-23", position="l", **_figures())
    flow.send(desk, f"{path}/advice", text=SAID["advice"])
    return path


def _figures() -> dict[str, str]:
    return {name: SAID[name] for name in ("weight_kg", "length_cm", "head_cm")}


def come_in_by_invitation(flow: Flow, desk: Browser, path: str) -> tuple[Browser, str]:
    invite = {"authority": "signs", "saw_document": "yes"}
    invited = flow.send(desk, f"{path}/invitation", status=200, **invite).get_data(as_text=True)
    code = CODE.search(invited).group(1)
    family = Browser(flow.app.test_client())
    password = SECRETS["mother_password"]
    typed = {"code": code, "relation": "mother", "password": password, "password_again": password}
    typed |= {"name": SAID["mother_name"], "phone": SAID["mother_phone"], "login": SAID["mother_login"]}
    page = family.open("/invitations")
    form = family.form(page, "/invitations") | {"login": [SAID["mother_login"]]}
    answer = family.send_form(form, "/invitations", birth_on=SAID["birth_on"], **typed)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    pins = {"pin": SECRETS["pin"], "pin_again": SECRETS["pin"], "password": password}
    flow.send(family, "/account/agreement", accept="1", **pins)
    return family, code


def write_in_every_hand(flow: Flow, desk: Browser, family: Browser, path: str) -> None:
    child_id = path.rpartition("/")[2]
    entry = re.search(rf"{path}/entries/[0-9a-f-]+", flow.look(desk, path)).group()
    corrected = {"text": SAID["corrected_advice"], "reason": SAID["reason_of_correction"]}
    flow.send(desk, entry, **corrected)
    flow.look(desk, entry)
    scan = f"%PDF-1.7 {SAID['file_words']} %%EOF".encode()
    flow.send(desk, f"{entry}/attachments", file=(BytesIO(scan), f"{SAID['file_name']}.pdf"))
    kept = re.search(rf"{path}/attachments/[0-9a-f-]+", flow.look(desk, f"{entry}/attachments")).group()
    flow.seen += desk.client.get(kept).text
    flow.send(family, f"/home/{child_id}/record", note=SAID["home_note"])
    flow.send(family, f"/home/{child_id}/concern", text=SAID["concern"])
    flow.send(desk, f"{path}/advice", status=200, draft_step="keep", text=SAID["draft"], pin=SECRETS["wrong_pin"])
    flow.look(desk, f"{path}/advice")
    teacher = flow.enter(SAID["teacher_login"], SECRETS["teacher_password"])
    in_class = f"/class/{flow.district.group_id}/children/{child_id}"
    flow.send(teacher, in_class, domain="move", note=SAID["observation"])
    flow.send(teacher, f"{in_class}/concern", text=SAID["class_concern"])
    flow.look(teacher, "/class/written")
    flow.seen += flow.send(desk, "/children", "/children/search", status=200, q=SAID["search"]).text
    flow.look(desk, f"{path}/edit")
    flow.send(desk, f"{path}/edit", allergies=SAID["new_allergy"])
    for address in ("/children/", "/static/", "/invitations/", "/"):
        desk.client.get(address + SAID["page_not_found"])


def go_round(flow: Flow, child_id: UUID) -> UUID:
    """Take the child's case some way round the loop, with words of every hand; return its id."""
    with begin_work(flow.installation, None, writing=False) as work:
        people = {who: actor_of_login(work, SAID[f"{who}_login"]) for who in ("doctor", "mother")}
        people["specialist"] = flow.district.specialist

    def step(who: str, command, *arguments, **more):
        with begin_work(flow.installation, people[who]) as work:
            return command(work, *arguments, **more)

    case = step("doctor", commands.open_case, child_id, pathway_id="PW_UNDERNUTRITION", reason=SAID["case_reason"])
    step("doctor", commands.flag, case.id, reason=SAID["flag_reason"])
    goals = [{"measure": SAID["goal_measure"], "target": SAID["goal_target"]}]
    tasks = [{"item": "BB04", "who": "guardian"}, {"item": "BB05", "who": "teacher"}]
    plan = {"summary": SAID["plan_summary"], "goals": goals, "tasks": tasks}
    step("doctor", plans.make_plan, case.id, plan=plan)
    signing = {"shown": SHOWN, "nonce": bytes(16)}
    with pytest.raises(Invalid):
        step("mother", plans.agree, case.id, version=1, pin=SECRETS["wrong_pin"], **signing)
    step("mother", plans.agree, case.id, version=1, pin=SECRETS["pin"], **signing)
    with begin_work(flow.installation, people["mother"], writing=False) as work:
        at_home = select(Task.id).where(
            Task.case_id == case.id, Task.kind == "care_task", Task.whose_turn == "guardian"
        )
        task_id = work.session.scalars(at_home).one()
    step("mother", check_ins.check_in, task_id, done="done", note=SAID["check_in"])
    asked = {"within": "SLA_REFER_URGENT", "reason": SAID["referral_reason"], "materials": ["chart"]}
    referral = step("doctor", referrals.refer_child, case.id, receiver_id=flow.district.mch_institute_id, **asked)
    step("specialist", referrals.accept_referral, referral.id)
    reply = {"text": SAID["feedback"], "for_class": SAID["for_class"]}
    step("specialist", referrals.record_feedback, referral.id, result="confirmed", **reply)
    return case.id


def fail_in_every_way(flow: Flow, desk: Browser, path: str, monkeypatch) -> None:
    """Let forms be refused, and pages and jobs break with what was typed in their hands."""
    form = desk.form(desk.open(f"{path}/advice"), f"{path}/advice")
    too_long = SAID["refused_advice"] * 200
    assert desk.send_form(form, f"{path}/advice", text=too_long).status_code == 422
    assert desk.client.post(f"{path}/advice", data={"text": SAID["csrf_advice"]}).status_code == 400

    def breaks(*_arguments, **_more):
        raise ValueError(SAID["failed_advice"])

    def breaks_in_the_worker(*_arguments):
        raise ValueError(SAID["failed_job"])

    def breaks_in_the_database(work, *_arguments, **_more):
        work.session.execute(text("INSERT INTO nowhere VALUES (:words)"), {"words": SAID["failed_advice"]})

    def breaks_a_rule_of_the_database(work, *_arguments, **_more):
        words = {"id": new_id().bytes, "code": SAID["failed_advice"]}
        for _ in range(2):
            work.session.execute(text("INSERT INTO region (id, code, name) VALUES (:id, :code, '')"), words)

    for breaking, status in ((breaks, 500), (breaks_in_the_database, 503), (breaks_a_rule_of_the_database, 409)):
        with monkeypatch.context() as patched:
            patched.setattr(class_advice, "record_entry", breaking)
            assert desk.send(f"{path}/advice", text=SAID["failed_advice"]).status_code == status
    with monkeypatch.context() as patched:
        # A page that is not given what its template names.
        patched.setattr(child_pages.shown, "advice_page", lambda *_given: {"child": {"name": SAID["failed_advice"]}})
        assert desk.client.get(f"{path}/advice").status_code == 500
    with monkeypatch.context() as patched:
        patched.setitem(worker.KINDS, "render_handout", breaks_in_the_worker)
        flow.ask(desk, path, document="record_summary")
        flow.run_jobs()
        flow.run_jobs()
    with begin_work(flow.installation, None, writing=False) as work:
        assert work.session.scalars(select(Job.error_code)).one() == "unexpected"
    flow.run_jobs()


def test_no_file_and_no_log_holds_a_word_of_it(flow, settings, prepared, tmp_path, caplog, capfd, monkeypatch):
    desk = flow.enter(SAID["doctor_login"], SECRETS["doctor_password"])
    path = open_a_record(flow, desk)
    child_id = UUID(path.rpartition("/")[2])
    family, code = come_in_by_invitation(flow, desk, path)
    write_in_every_hand(flow, desk, family, path)
    fail_in_every_way(flow, desk, path, monkeypatch)
    case_id = go_round(flow, child_id)
    printed = flow.print(desk, path, document="record_summary")
    printed += flow.print(desk, path, document="home_guide", subject_id=str(case_id))
    for page in (path, f"{path}/edit", f"/cases/{case_id}", "/today"):
        flow.look(desk, page)
    flow.look(desk, flow.send(desk, "/children", "/children/search", q=SAID["contact_phone"]).location)
    for entry in set(re.findall(rf"{path}/entries/[0-9a-f-]+", flow.seen)):
        flow.look(desk, entry)
    teacher = flow.enter(SAID["teacher_login"], SECRETS["teacher_password"])
    flow.look(teacher, f"/class/{flow.district.group_id}/children/{child_id}")
    for page in ("/home", f"/home/{child_id}/record", f"/home/{child_id}/views"):
        flow.look(family, page)

    assert all(SAID[name] in printed for name in ("child_name", "weight_kg", "new_allergy"))
    unseen = {name for name in SAID if SAID[name] not in flow.seen + printed}
    assert unseen <= NEVER_SHOWN, unseen - NEVER_SHOWN
    while_open = found_in(tmp_path, prepared.keyring_dir, code=code)
    flow.installation.close()
    assert found_in(tmp_path, prepared.keyring_dir, code=code) == while_open == []
    assert all(heard in caplog.text for heard in ("SQL parameters hidden", "unexpected ValueError", "job "))
    output = "".join(capfd.readouterr())
    logged = TIMING.sub("", caplog.text)
    assert [word for word in canaries(code) if re.search(rf"(?<![\d.]){re.escape(word)}(?!\d)", output + logged)] == []
    assert {"mengya.db", "keystore.db", "queue.db"} <= {file.name for file in settings.data_dir.iterdir()}


def canaries(code: str) -> list[str]:
    return [*SAID.values(), *SECRETS.values(), code, code.replace("-", "")]


def found_in(*folders: Path, code: str) -> list[tuple[str, str]]:
    """Return every canary in a file below the folders, in UTF-8, UTF-16 or GB 18030, with the file's name."""
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    assert len(files) >= 4
    encodings = ("utf-8", "utf-16-le", "utf-16-be", "gb18030")
    return [
        (word, file.name)
        for file in files
        for stored in [file.read_bytes()]
        for word in canaries(code)
        if any(word.encode(encoding) in stored for encoding in encodings)
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_the_search_finds_what_is_there(tmp_path, encoding):
    for number in range(5):
        (tmp_path / f"file-{number}").write_bytes(b"nothing")
    (tmp_path / "file-3").write_bytes(b"\x00" + SAID["home_note"].encode(encoding) + b"\x00")
    assert found_in(tmp_path, code="AAAAA-AAAAA") == [(SAID["home_note"], "file-3")]
