"""Parents and teachers look first, the doctor sees both; what differs is marked and asks for a re-screen."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select

from mengya_health.access.actor import Actor
from mengya_health.audit import AuditEvent
from mengya_health.care.informants import (
    answer_signs,
    answers_of,
    ask_to_look_first,
    asked_hands,
    checks_until,
    decide_rescreen,
    is_asked,
)
from mengya_health.care.models import Task
from mengya_health.care.queries import tasks_for
from mengya_health.care.tasks import open_body
from mengya_health.errors import Conflict, Invalid, NotFound, NotNow, NotPermitted
from mengya_health.growth.ages import add_months
from mengya_health.history.models import HistoryEvent
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import find_child
from mengya_health.people.sharing import close_section
from mengya_health.record.models import OPEN_TASK, Entry, Revision
from mengya_health.record.queries import OpenEntry, entries_of_kind
from mengya_health.record.versions import versions_of
from mengya_health.screening.commands import correct_check, find_check, plan_first_visits, plan_for, record_check
from mengya_health.screening.informants import ANSWERS, side_by_side, undecided_rescreen
from mengya_health.screening.queries import checks_of
from mengya_health.screening.sheet_commands import find_sheet, record_sheet
from mengya_health.signing.consent_texts import text_digest
from mengya_health.signing.consents import refuse_consent
from tests.factories import District, a_child, a_guardian
from tests.screening.filling import filled_form

NOTHING = dict.fromkeys(("ws_WS1201", "ws_WS1202", "ws_WS1203", "ws_WS1204", "ws_reg"), "0")
NO_ANSWER = NOTHING | {"ws_WS1201": "1"}  # 呼唤名字无反应


both = pytest.mark.parametrize("database", ["sqlite", "postgresql"])


@dataclass
class Scene:
    """A child of a year and three days with its clinic, class and mother."""

    work_as: object
    district: District
    child: ChildFacts
    mother: Actor

    def answers(self, actor: Actor, section: str, sent: dict) -> Entry:
        with self.work_as(actor) as work:
            return answer_signs(work, self.child.id, section, sent)

    def check(self, **changed) -> OpenEntry:
        with self.work_as(self.district.doctor) as work:
            child = find_child(work, self.child.id)
            plan = plan_for(work, child, None, {}, checks_of(work, child))
            entry = record_check(work, child, None, filled_form(work.content, child, plan, **changed))
        return self.stored(entry.id)

    def sheet(self, key: str, **sent) -> None:
        with self.work_as(self.district.doctor) as work:
            form = {"done_on": work.today.isoformat()} | sent
            record_sheet(work, find_child(work, self.child.id), find_sheet(work.content, key), form)

    def correct(self, check: OpenEntry) -> OpenEntry:
        """Write the check anew, with nothing found."""
        with self.work_as(self.district.doctor) as work:
            child = find_child(work, self.child.id)
            sent = filled_form(work.content, child, plan_for(work, child, check.content["visit"], {}, ()))
            correct_check(work, child, check.id, sent | {"row_version": str(check.row_version)})
        return self.stored(check.id)

    def stored(self, entry_id) -> OpenEntry:
        with self.work_as(self.district.doctor, writing=False) as work:
            return find_check(work, find_child(work, self.child.id), entry_id)

    def decides(self, check: OpenEntry, **said) -> Entry:
        with self.work_as(self.district.doctor) as work:
            sent = {"row_version": str(check.row_version)} | said
            return decide_rescreen(work, find_child(work, self.child.id), check.id, sent)

    def tasks(self, *kinds: str) -> list[tuple[Task, dict]]:
        with self.work_as(self.district.doctor, writing=False) as work:
            chosen = select(Task).where(Task.child_id == self.child.id, Task.kind.in_(kinds))
            rows = list(work.session.scalars(chosen.where(Task.status.in_(OPEN_TASK)).order_by(Task.whose_turn)))
            return [(row, open_body(work, row)) for row in rows]

    def is_asked(self, actor: Actor, section: str, hand: str) -> bool:
        with self.work_as(actor, writing=False) as work:
            child = find_child(work, self.child.id)
            tasks = tasks_for(work, {child.id: child}, hand, checks_until=checks_until(work))[child.id]
            answered = [e.happened_on for e in entries_of_kind(work, child, ANSWERS) if e.section == section]
            return is_asked(work, child, tasks, section, max(answered, default=None))

    def plan(self) -> None:
        with self.work_as(self.district.doctor) as work:
            plan_first_visits(work, find_child(work, self.child.id))

    def close(self, section: str, towards: str) -> None:
        with self.work_as(self.mother) as work:
            until = work.today + timedelta(days=100)
            close_section(work, find_child(work, self.child.id), section=section, towards=towards, to_on=until)

    def refuse(self, purpose: str) -> None:
        with self.work_as(self.mother) as work:
            digest = text_digest(work, purpose)
            refuse_consent(work, find_child(work, self.child.id), purpose, shown_digest=digest)


@pytest.fixture
def scene(installation, work_as, district) -> Scene:
    with work_as(district.doctor) as work:
        child = a_child(work, district)
    return Scene(work_as, district, child, a_guardian(installation, district, child))


@both
def test_from_the_familys_answer_to_the_re_screen(scene):
    scene.plan()
    told_by = scene.answers(scene.mother, "family", NO_ANSWER | {"note": "叫三次才回头"})
    scene.answers(scene.district.teacher, "behaviour", NOTHING)
    assert scene.tasks("concern") == []  # the check is near: the doctor meets the answers there

    check = scene.check()
    stored = check.content
    assert [(each["role"], each["there"]["ws1201"]) for each in stored["informants"]] == [
        ("guardian", 1),
        ("teacher", 0),
    ]
    assert stored["informants"][0] | {"there": None} == {
        "instrument": "WSCST", "instrument_version": "2026.11-3", "group": "12m", "there": None, "regression": 0,
        "note": "叫三次才回头", "entry_id": str(told_by.id), "entry_version": 1, "role": "guardian", "on": "2026-11-23",
    }  # fmt: skip
    assert stored["signs"]["there"]["ws1201"] is False  # the doctor's own answer decides
    assert stored["findings"] == []
    assert (stored["rescreen"]["codes"], stored["rescreen"]["within_days"]) == (["ws1201"], 30)
    ((_finding, _said),) = scene.tasks("finding")  # it waits on the doctor's list

    scene.decides(check, decide="rescreen")
    ((task, said),) = scene.tasks("rescreen")
    assert (task.whose_turn, task.due_on) == ("doctor", check.happened_on + timedelta(days=30))
    assert "阳性" not in said["title"]
    assert scene.tasks("finding") == []
    decided = scene.stored(check.id)
    assert decided.content["rescreen_decision"]["decision"] == "rescreen"
    assert decided.content["informants"] == stored["informants"]
    with pytest.raises(NotNow):
        scene.decides(decided, decide="not_now", reason="再说")

    scene.check()
    assert scene.tasks("rescreen") == []  # looked at once more


def test_the_signs_by_themselves_end_a_re_screen_and_another_sheet_does_not(scene):
    scene.answers(scene.mother, "family", NO_ANSWER)
    scene.decides(scene.check(), decide="rescreen")
    scene.sheet("SCR_ANEMIA", hb="112")
    assert len(scene.tasks("rescreen")) == 1
    scene.sheet("SCR_WSCST", **{name: "0" for name in NOTHING if name.startswith("ws_")})
    assert scene.tasks("rescreen") == []


@both
def test_every_answer_is_sealed_versioned_in_the_history_and_audited(scene):
    entry = scene.answers(scene.mother, "family", NO_ANSWER | {"note": "叫三次才回头"})
    again = scene.answers(scene.mother, "family", NOTHING | {"note": ""})
    assert (entry.id, again.current_version) == (again.id, 2)
    with scene.work_as(scene.mother, writing=False) as work:
        versions = versions_of(work, find_child(work, scene.child.id), entry.id)
        assert [each.entry.content["there"]["ws1201"] for each in versions] == [0, 1]
        chosen = select(HistoryEvent.rec_ver).where(HistoryEvent.rec == entry.id).order_by(HistoryEvent.child_seq)
        assert list(work.session.scalars(chosen)) == [1, 2]
        bodies = work.session.scalars(select(Revision.body).where(Revision.entry_id == entry.id))
        assert not any("叫三次".encode() in body or b"ws1201" in body for body in bodies)
        rows = work.session.execute(select(AuditEvent.action, AuditEvent.role).where(AuditEvent.record_id == entry.id))
        assert {tuple(row) for row in rows} >= {("C", "guardian"), ("U", "guardian")}


def test_a_positive_check_needs_no_further_re_screen_and_a_correction_keeps_what_was_said(scene):
    scene.answers(scene.mother, "family", NOTHING)
    check = scene.check(ws_WS1202="1")
    assert check.content["rescreen"] is None  # the finding proposes screening already
    assert check.content["proposals"]
    corrected = scene.correct(check)
    assert corrected.content["informants"] == check.content["informants"]
    assert corrected.content["rescreen"] is None
    assert scene.tasks("finding") == []


def test_not_to_re_screen_wants_a_reason_and_the_family_s_word_stays(scene):
    scene.plan()
    scene.answers(scene.mother, "family", NO_ANSWER)
    check = scene.check()
    for wrong, field in (
        ({"decide": "not_now"}, "reason"),
        ({}, "decide"),
        ({"decide": "rescreen", "due_on": "2026-11-23"}, "due_on"),
    ):
        with pytest.raises(Invalid) as refused:
            scene.decides(check, **wrong)
        assert list(refused.value.fields) == [field]
    corrected = scene.correct(check)
    with pytest.raises(Conflict):
        scene.decides(check, decide="not_now", reason="当场叫了三次都有反应")
    scene.decides(corrected, decide="not_now", reason="当场叫了三次都有反应")
    stored = scene.correct(scene.stored(check.id)).content  # what was decided stays
    assert (undecided_rescreen(stored), stored["informants"][0]["there"]["ws1201"]) == (False, 1)
    assert scene.tasks("finding", "rescreen") == []


@pytest.mark.parametrize(
    ("is_planned", "sent", "says"),
    [
        (True, NOTHING | {"ws_reg": "1"}, "说话方面"),  # going backwards waits for no check
        (False, NO_ANSWER, "“呼唤名字无反应”：有"),
        (True, NO_ANSWER, ""),
        (False, NOTHING | {"ws_WS1203": "9", "ws_reg": "9"}, ""),
    ],
)
def test_what_cannot_wait_for_a_check_is_a_concern_at_once(scene, is_planned, sent, says):
    if is_planned:
        scene.plan()
    scene.answers(scene.district.teacher, "behaviour", sent)
    scene.answers(scene.district.teacher, "behaviour", sent)  # the same again tells nothing new
    told = [(task.whose_turn, said["text"]) for task, said in scene.tasks("concern")]
    assert len(told) == bool(says)
    assert all(turn == "doctor" and says in text for turn, text in told)


def test_a_check_that_is_overdue_may_never_come(scene, clock):
    scene.plan()
    clock.forward(days=29)  # the window ends on 19 December
    scene.answers(scene.mother, "family", NO_ANSWER)
    assert len(scene.tasks("concern")) == 1


@both
def test_the_family_and_the_class_are_asked_while_a_check_is_near_until_they_have_answered(scene, clock):
    family, a_class = (scene.mother, "family", "guardian"), (scene.district.teacher, "behaviour", "teacher")
    assert not scene.is_asked(*family)
    scene.plan()
    assert scene.is_asked(*family)
    assert scene.is_asked(*a_class)
    scene.answers(scene.mother, "family", NOTHING)
    assert not scene.is_asked(*family)
    assert scene.is_asked(*a_class)
    clock.forward(days=31)
    assert scene.is_asked(*family)  # what was said a month ago is compared no more


def test_the_doctor_asks_once_and_an_answer_ends_it(scene):
    for _times in range(2):
        with scene.work_as(scene.district.doctor) as work:
            ask_to_look_first(work, find_child(work, scene.child.id))
    assert [task.whose_turn for task, _said in scene.tasks("look_first")] == ["guardian", "teacher"]
    assert scene.is_asked(scene.mother, "family", "guardian")
    scene.answers(scene.mother, "family", NOTHING)
    with scene.work_as(scene.district.doctor, writing=False) as work:
        assert asked_hands(work, find_child(work, scene.child.id)) == ["teacher"]
    with pytest.raises((NotPermitted, NotFound)), scene.work_as(scene.district.teacher) as work:
        ask_to_look_first(work, find_child(work, scene.child.id))


@both
def test_only_answers_of_the_same_age_and_of_late_stand_beside_the_doctor_s(scene, clock):
    scene.answers(scene.mother, "family", NO_ANSWER)
    scene.answers(scene.district.teacher, "behaviour", NO_ANSWER)

    def told() -> list[str]:
        with scene.work_as(scene.district.doctor, writing=False) as work:
            return [each.author_role for each in answers_of(work, find_child(work, scene.child.id))[1]]

    assert told() == ["guardian", "teacher"]
    scene.close("behaviour", "clinic")
    assert told() == ["guardian"]
    assert [each["role"] for each in scene.check().content["informants"]] == ["guardian"]
    clock.forward(days=30)
    assert told() == ["guardian"]
    clock.forward(days=1)
    assert told() == []


@both
def test_who_may_not_write_may_not_answer(scene):
    district = scene.district
    refused = [
        (district.doctor, "family"),
        (district.doctor, "behaviour"),
        (district.teacher, "family"),
        (scene.mother, "behaviour"),
        (district.other_teacher, "behaviour"),
        (district.specialist, "behaviour"),
    ]
    for actor, section in refused:
        with pytest.raises((NotPermitted, NotFound)):
            scene.answers(actor, section, NOTHING)
    scene.plan()
    assert scene.is_asked(district.teacher, "behaviour", "teacher")
    scene.close("behaviour", "nursery")
    assert not scene.is_asked(district.teacher, "behaviour", "teacher")
    with pytest.raises(NotPermitted):
        scene.answers(district.teacher, "behaviour", NOTHING)
    scene.refuse("P1")
    for actor, section in ((scene.mother, "family"), (district.teacher, "behaviour")):
        with pytest.raises((NotPermitted, NotFound)):
            scene.answers(actor, section, NOTHING)
    with scene.work_as(scene.mother, writing=False) as work:
        assert list(work.session.scalars(select(Entry.id).where(Entry.kind == ANSWERS))) == []


def test_an_unanswered_line_and_an_unknown_answer_are_refused(scene):
    for sent, field in (
        ({name: "0" for name in NOTHING if name != "ws_WS1203"}, "ws_WS1203"),
        (NOTHING | {"ws_WS1201": "2"}, "ws_WS1201"),
        (NOTHING | {"ws_reg": "4"}, "ws_reg"),
        (NOTHING | {"note": "字" * 201}, "note"),
    ):
        with pytest.raises(Invalid) as refused:
            scene.answers(scene.mother, "family", sent)
        assert list(refused.value.fields) == [field]


def test_below_the_first_group_and_from_seven_years_nothing_is_looked_at_first(scene, work_as):
    for months in (2, 84):
        with work_as(scene.district.doctor) as work:
            born_on = add_months(work.today, -months)
            young = a_child(work, scene.district, name="样本乙", birth_on=born_on)
        with pytest.raises(NotNow), work_as(scene.district.teacher) as work:
            answer_signs(work, young.id, "behaviour", NOTHING)


def test_an_older_age_group_is_looked_at_anew(scene, work_as, clock):
    with work_as(scene.district.doctor) as work:
        born_on = add_months(work.today, -17) - timedelta(days=20)
        scene.child = a_child(work, scene.district, name="样本乙", birth_on=born_on)
    scene.answers(scene.district.teacher, "behaviour", NO_ANSWER)
    scene.plan()  # the check of eighteen months, still far
    a_class = (scene.district.teacher, "behaviour", "teacher")
    assert not scene.is_asked(*a_class)
    clock.forward(days=15)
    assert scene.is_asked(*a_class)
    with work_as(scene.district.doctor, writing=False) as work:
        group, told = answers_of(work, find_child(work, scene.child.id))
    assert (group.key, told) == ("18m", [])


def test_differing_means_there_against_not_there(content):
    group = next(each for each in content.warning_signs.groups if each.key == "12m")
    codes = [sign.code.lower() for sign in group.items]

    def told(*answers: int, regression: int = 0) -> dict:
        return {"there": dict(zip(codes, answers, strict=True)), "regression": regression}

    signs = {"there": dict.fromkeys(codes, False), "regression": 0}
    rows = side_by_side(content, group, [told(1, 0, 9, 0), told(0, 0, 0, 9, regression=9)], signs)
    assert [row.differs for row in rows] == [True, False, False, False, False]
    rows = side_by_side(content, group, [told(1, 1, 1, 1, regression=1)], signs | {"there": {}, "regression": 3})
    assert [row.differs for row in rows] == [False, False, False, False, True]
    assert [row.told for row in side_by_side(content, group, [told(1, 0, 9, 0)], None)][:3] == [(1,), (0,), (9,)]
    other = {"there": {"ws1801": 1}, "regression": 0}
    assert not any(row.differs for row in side_by_side(content, group, [other], signs))
