"""The demo district: complete, consistent, the same for the same day, and sealed like everything else."""

import hashlib
from collections import Counter
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from mengya_health.care.due import DECISION, DUE, OVERDUE, day_list
from mengya_health.care.loop import loop_of
from mengya_health.care.models import CLOSED_STATES, Case, Referral
from mengya_health.care.queries import cases_of_children, tasks_for
from mengya_health.errors import StartRefused
from mengya_health.handouts.from_record import DOCUMENTS
from mengya_health.indicators.loop_figures import clinic_figures, district_figures
from mengya_health.indicators.periods import MONTHS
from mengya_health.operations import demo
from mengya_health.operations.demo_children import draw_children
from mengya_health.operations.installation import Installation, begin_work
from mengya_health.people.acting import actor_of_login
from mengya_health.people.models import Child, Organisation, Region
from mengya_health.people.queries import find_children, groups_of, my_children
from mengya_health.people.sign_in import sign_in
from mengya_health.record.models import OPEN_TASK, Entry, Task
from mengya_health.record.queries import entries_of_kind
from mengya_health.screening.measurements import growth_history
from tests.conftest import START
from tests.demo import open_demo
from tests.indicators.recount import recount

TODAY = START.date()


@pytest.fixture
def made(demo_district) -> Installation:
    """One demo, for every test that only looks at it."""
    return demo_district


@pytest.fixture
def as_(made):
    """`with as_("doctor") as work:` looks with the eyes of one account."""

    def looking(login: str):
        with begin_work(made, None, writing=False) as work:
            actor = actor_of_login(work, login)
        return begin_work(made, actor, writing=False)

    return looking


def every_child(work) -> dict:
    return find_children(work, work.session.scalars(select(Child.id)))


def told(work) -> list:
    """Return everything about the children that has to come out the same, in an order of its own."""
    children = every_child(work)
    cases = cases_of_children(work, children)
    return sorted(
        (
            child.name, child.sex, child.birth_on, child.gestational_days, child.birth_weight_kg, child.class_name,
            tuple((line.pathway_id, line.state, line.whose_turn, line.opened_on) for line in cases[child.id]),
            tuple((e.happened_on, str(e.content["readings"])) for e in entries_of_kind(work, child, "screening")),
        )
        for child in children.values()
    )  # fmt: skip


def files_of(installation: Installation) -> dict[str, str]:
    installation.before_fork()
    folder = installation.settings.data_dir
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_sixty_children_with_plain_sample_names_live_in_the_district(as_):
    with as_("doctor") as work:
        children = every_child(work).values()
        places = Counter(work.session.scalars(select(Organisation.kind)))
        regions = work.session.scalar(select(func.count()).select_from(Region))
    assert len(children) == len({child.name for child in children}) == 60
    assert all(child.name.startswith("样本小") for child in children)
    assert {child.age_months(TODAY) for child in children} <= set(range(1, 48))
    assert places == {"clinic": 2, "mch_institute": 1, "kindergarten": 1, "baby_house": 1}
    assert regions == 3  # the district and its two 街镇
    assert Counter(child.class_name for child in children)["豆芽班"] >= 8
    assert Counter(child.class_name for child in children)["蒲公英班"] >= 8
    assert sum(child.is_preterm() for child in children) >= 3


def test_every_state_of_the_loop_has_a_few_cases(as_):
    with as_("doctor") as work:
        lines = [line for lines in cases_of_children(work, every_child(work)).values() for line in lines]
        states = set(loop_of(work.content).states)
    counts = Counter(line.state for line in lines)
    assert set(counts) == states
    assert min(counts.values()) >= 2
    assert {"PW_UNDERNUTRITION", "PW_ANEMIA", "PW_DEVELOPMENT"} <= {line.pathway_id for line in lines}


def test_growth_is_plausible_and_some_children_falter(as_):
    lowest = {}
    with as_("doctor") as work:
        for child in every_child(work).values():
            stored = [e.content for e in entries_of_kind(work, child, "screening")]
            scores = [each["growth"]["scores"] for each in stored]
            assert not any(score["flag"] for each in scores for score in each.values())
            weights = [float(each["wfa"]["z"]) for each in scores if "wfa" in each]
            lowest[child.name] = min(weights, default=0)
            # From 24 months on they stand, and measure 0.7 cm less.
            lengths = [float(each.lenhei_cm) + 0.7 * (each.position == "h") for each in growth_history(work, child)]
            assert lengths == sorted(lengths)
    assert sum(-3 < z < -2 for z in lowest.values()) >= 5
    assert sum(z > -1.5 for z in lowest.values()) >= 40


def test_the_doctor_finds_a_queue_for_today_and_nothing_overdue_is_missing(made, as_):
    with as_("doctor") as work:
        (clinic_id,) = work.actor.organisation_ids
        day = day_list(work, clinic_id, limits={DUE: 60, OVERDUE: 60, DECISION: 60})
    due_today = [line for line in day.lines[DUE] if line.task.due_on == TODAY]
    assert len(due_today) >= 7
    assert {"visit", "follow_up"} <= {line.task.kind for line in due_today}
    assert len(day.lines[OVERDUE]) >= 5
    assert {"decision", "finding", "concern", "question"} <= {line.task.kind for line in day.lines[DECISION]}


def test_parents_find_something_to_sign_and_teachers_something_to_do(as_):
    papers = {"parent": "care_plan", "parent2": "evaluation", "parent3": "closing_summary"}
    for login, document in papers.items():
        with as_(login) as work:
            (child,) = my_children(work)
            tasks = tasks_for(work, {child.id: child}, "guardian")[child.id]
            assert document in [task.body.get("document") for task in tasks]
    for login, kind in {"teacher": "care_task", "teacher2": "signature"}.items():
        with as_(login) as work:
            assert len(groups_of(work)) == 1
            children = every_child(work)
            kinds = [task.kind for tasks in tasks_for(work, children, "teacher").values() for task in tasks]
            assert kind in kinds


def test_what_is_due_agrees_with_where_the_cases_stand(made, as_):
    with as_("doctor") as work:
        tasks = list(work.session.scalars(select(Task).where(Task.status.in_(OPEN_TASK))))
        cases = {case.id: case for case in work.session.scalars(select(Case))}
        waiting = list(work.session.scalars(select(Referral.case_id).where(Referral.status == "requested")))
    visits = Counter(task.child_id for task in tasks if task.kind == "visit")
    assert max(visits.values()) == 1
    assert all(cases[task.case_id].state not in CLOSED_STATES for task in tasks if task.case_id)
    for case in cases.values():
        own = [task for task in tasks if task.case_id == case.id and task.status != "on-hold"]
        is_open = case.state not in CLOSED_STATES
        assert bool(own) == is_open
        assert not is_open or case.whose_turn in {task.whose_turn for task in own}
    assert {cases[case_id].state for case_id in waiting} == {"referred"}


def test_every_referral_of_the_demo_fits_on_its_letter(as_):
    with as_("doctor") as work:
        children = every_child(work)
        referrals = list(work.session.scalars(select(Referral)))
        letters = [DOCUMENTS["referral_letter"](work, children[each.child_id], each.id) for each in referrals]
    assert len(letters) >= 4


def test_nothing_happened_after_yesterday(as_):
    with as_("doctor") as work:
        assert work.session.scalar(select(func.max(Entry.happened_on))) == TODAY - timedelta(days=1)
        assert work.session.scalar(select(func.max(Entry.recorded_at))) < START


def test_every_account_signs_in_with_the_printed_password(made):
    accounts = demo.make_demo(made)
    roles = set()
    for account in accounts.accounts:
        with begin_work(made, None) as work:
            assert sign_in(work, login=account.login, password=accounts.password)
            roles.add(actor_of_login(work, account.login).role)
    assert roles == {
        "doctor", "teacher", "health_staff", "specialist", "reviewer", "manager", "security_officer", "sysadmin",
        "guardian", "caregiver",
    }  # fmt: skip


def test_making_it_again_changes_nothing(made):
    before = files_of(made)
    demo.make_demo(made)
    demo.prepare(made.settings)
    assert files_of(made) == before


def test_two_demos_of_one_day_tell_the_same_and_no_file_holds_a_name_or_a_note(made, as_, tmp_path, content):
    other = open_demo(tmp_path / "other", content)
    demo.make_demo(other, today=TODAY)
    with begin_work(other, None, writing=False) as work:
        actor = actor_of_login(work, "doctor")
    with as_("doctor") as work, begin_work(other, actor, writing=False) as other_work:
        assert told(work) == told(other_work)
        canaries = {child.name for child in every_child(work).values()}
    other.close()
    canaries |= {sample.phone for sample in draw_children(TODAY)}
    canaries |= {"样本林医生", "照着做了", "晚饭自己吃了大半碗", "上下台阶很稳", "便秘", demo.PASSWORD}
    for path in other.settings.data_dir.iterdir():
        stored = path.read_bytes()
        for canary in canaries:
            assert canary.encode() not in stored, path.name
            assert canary.encode("utf-16-le") not in stored, path.name


def test_children_are_drawn_by_the_date_alone():
    assert draw_children(date(2026, 11, 23)) == draw_children(date(2026, 11, 23))
    assert draw_children(date(2026, 11, 23)) != draw_children(date(2026, 11, 24))


def test_a_demo_is_never_made_on_top_of_something_else(tmp_path, content):
    installation = open_demo(tmp_path / "demo", content)
    with begin_work(installation, None) as work:
        work.session.add(Region(code="310000", name="别的区"))
    with pytest.raises(StartRefused, match="别的数据"):
        demo.make_demo(installation)
    installation.close()


def test_a_demo_of_a_day_to_come_is_refused(tmp_path, content):
    installation = open_demo(tmp_path / "demo", content)
    with pytest.raises(StartRefused):
        demo.make_demo(installation, today=TODAY + timedelta(days=1))
    installation.close()


@pytest.mark.parametrize("kind", MONTHS)
def test_the_figures_of_the_clinic_and_the_district_are_what_a_recount_finds(as_, kind):
    """Of the district's, what is taken of fewer than five is left out, and counts are steps of five."""
    with as_("doctor") as work:
        clinic_id = work.actor.places[0].organisation_id
        found = clinic_figures(work, clinic_id, kind)
        cases = list(work.session.scalars(select(Case).where(Case.organisation_id == clinic_id)))
        by_hand = recount(work, cases, found.period.first_on, found.period.last_on)
    assert {name: (each.value, each.number) for name, each in found.whole.items()} == by_hand
    with as_("manager") as work:
        found = district_figures(work, kind)
        by_hand = recount(work, list(work.session.scalars(select(Case))), found.period.first_on, found.period.last_on)
    shown = {name: each and (each.value, each.number) for name, each in found.whole.items()}
    assert shown == {
        name: (value, number - number % 5) if number >= 5 else None for name, (value, number) in by_hand.items()
    }
    assert any(shown.values()) or kind == "quarter"
