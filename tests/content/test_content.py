"""The content of workflows/: loaded whole, and refused, by file and line, as soon as anything in it is wrong."""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from mengya_health.config import WORKFLOWS
from mengya_health.content import check, load_content
from mengya_health.errors import StartRefused


@pytest.fixture(scope="module")
def content():
    return load_content(WORKFLOWS)


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(WORKFLOWS, tmp_path / "workflows"))


def change(folder: Path, name: str, old: str, new: str) -> int:
    """Replace the first `old` in a file and return the first line that differs."""
    path = folder / name
    before = path.read_text(encoding="utf-8")
    after = before.replace(old, new, 1)
    path.write_text(after, encoding="utf-8")
    pairs = zip(before.splitlines(), after.splitlines(), strict=False)
    return next(number for number, (one, other) in enumerate(pairs, start=1) if one != other)


def problems_of(folder: Path) -> list[tuple[str, int, str]]:
    return [(problem.file, problem.line, problem.en) for problem in check(folder)]


def test_the_content_of_this_checkout_has_no_problem():
    assert check(WORKFLOWS) == []


def test_every_kind_of_content_is_there(content):
    assert len(content.visits) == 13
    assert len(content.pathways) == 12
    assert len(content.screenings) == 16
    assert len(content.tasks) == 46 + len(content.common_tasks)
    assert [task.title for task in content.common_tasks] == ["按约复诊"]
    assert sum(len(group.items) for group in content.warning_signs.groups) == 44
    assert sum(len(band.items) for band in content.behaviours.bands) == 140
    assert content.time_limits["SLA_RESCREEN"].days == 30
    assert content.closing_reasons["3"] == "转专科长期管理"


def test_weight_is_refused_and_asked_back_by_the_metric_dictionary(content):
    weight = content.metrics["WEIGHT"]
    assert (weight.unit, weight.decimals) == ("kg", 2)
    assert not weight.is_possible(91)
    assert weight.is_possible(50)
    assert not weight.is_usual(50)
    assert weight.is_usual(9.1)


@pytest.mark.parametrize(
    ("months", "first"),
    [
        (2, None),
        (3, "WS0301"),
        (5, "WS0301"),
        (6, "WS0601"),
        (17, "WS1201"),
        (47, "WS3601"),
        (83, "WS7201"),
        (84, None),
    ],
)
def test_four_warning_signs_of_the_age_reached(content, months, first):
    signs = content.warning_signs_for(months)
    assert [sign.code for sign in signs][:1] == ([first] if first else [])
    assert len(signs) == (4 if first else 0)


def test_the_regression_question_has_four_answers(content):
    assert [option.value for option in content.regression_question.options] == [0, 1, 2, 3]


@pytest.mark.parametrize(("months", "visit"), [(0, "V_NB"), (1, "V_1M"), (5, "V_3M"), (12, "V_12M"), (83, "V_6Y")])
def test_a_child_is_seen_at_the_latest_planned_check(content, months, visit):
    assert content.visit_for(months).id == visit


def test_the_next_check_after_the_last_is_none(content):
    assert content.next_visit_after(12).id == "V_18M"
    assert content.next_visit_after(72) is None


def test_windows_include_both_ends_and_count_from_discharge_where_they_should(content):
    assert content.visit("V_3M").window(date(2026, 1, 31)) == (date(2026, 4, 30), date(2026, 5, 30))
    newborn = content.visit("V_NB")
    assert newborn.window(date(2026, 1, 1), date(2026, 1, 5)) == (date(2026, 1, 5), date(2026, 1, 12))
    assert content.visit("V_1M").window(date(2026, 1, 1)) == (date(2026, 1, 29), date(2026, 2, 12))


def test_the_form_of_a_check_shows_only_what_belongs_to_its_age(content):
    at_six, at_one = content.visit("V_6M"), content.visit("V_1M")
    assert "HB" in {field.code for field in at_six.fields_in("measure")}
    assert "HB" not in {field.code for field in at_one.fields_in("measure")}
    assert {field.section for field in at_six.fields} == {"ask", "measure", "examine", "conclude"}


def test_behaviours_follow_the_age(content):
    assert content.behaviours_for(12)[0].code == "B0401"
    assert content.behaviours_for(84) == ()


def test_tasks_of_a_pathway_are_those_that_suit_the_age(content):
    assert [task.id for task in content.tasks_for("PW_ANEMIA", 7)] == ["BB02", "BB10", "BB04"]
    assert "BB03" not in {task.id for task in content.tasks_for("PW_UNDERNUTRITION", 24)}


def test_pathways_say_how_long_they_must_be_stable(content):
    found = {name: (each.stability.follow_ups, each.stability.days) for name, each in content.pathways.items()}
    assert found["PW_UNDERNUTRITION"] == (3, 90)
    assert found["PW_ANEMIA"] == (2, 28)
    assert found["PW_DEVELOPMENT"] == (2, 84)


def test_pathways_have_different_short_codes_and_harmless_plain_names(content):
    pathways = content.pathways.values()
    assert len({pathway.short for pathway in pathways}) == 12
    assert not [each.plain_name for each in pathways if re.search("阳性|疑似|异常|孤独症", each.plain_name)]


def test_a_working_day_limit_leaves_out_weekends_and_holidays(content):
    limit = content.time_limits["SLA_TEACHER_ALERT"]
    assert limit.due_on(date(2026, 11, 20)) == date(2026, 11, 25)
    assert content.time_limits["SLA_REFER_EMERG"].due_on(date(2026, 11, 20)) == date(2026, 11, 20)
    assert content.time_limits["SLA_HEAR_DX"].due_on(date(2026, 11, 30)) == date(2027, 2, 28)


def test_content_cannot_be_changed_after_loading(content):
    with pytest.raises(TypeError):
        content.pathways["PW_ANEMIA"].rules.entry["value"] = 100
    with pytest.raises(AttributeError):
        content.tasks["BB01"].title = "别的"


def test_the_version_changes_with_any_byte(content, folder):
    assert load_content(folder).version == content.version
    change(folder, "time_limits.yaml", "days: 30", "days: 31")
    assert load_content(folder).version != content.version


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("screenings.yaml", "performer: 社区医生\n", "performer: 社区医生\n  performr: 社区医生\n", "Unknown field"),
        ("pathways/PW_ANEMIA.yaml", "name: 缺铁性贫血", "name: 缺铁性贫血\n  name: 缺铁性贫血", "given twice"),
        ("pathways/PW_ANEMIA.yaml", "tasks: [BB02", "tasks: [BB99", "BB99 is defined nowhere"),
        ("pathways/PW_ANEMIA.yaml", "limit: SLA_PLAN", "limit: SLA_PLANS", "SLA_PLANS is defined nowhere"),
        ("pathways/PW_ANEMIA.yaml", "screenings: [SCR_ANEMIA,", "screenings: [SCR_ANAEMIA,", "SCR_ANAEMIA is defined"),
        ("pathways/PW_ANEMIA.yaml", "op: ge, value: 110}, {check: 症状好转}", "op: gee, value: 110}", "operators"),
        ("pathways/PW_VITD.yaml", "{code: R1}", "{code: R7}", "The code R7"),
        ("behaviours.yaml", "WS0301]", "WS0399]", "WS0399 is defined nowhere"),
        ("service_menu.yaml", "pathways: [PW_UNDERNUTRITION,", "pathways: [PW_UNDERNOURISHED,", "PW_UNDERNOURISHED"),
        ("warning_signs.yaml", "from_month: 6", "from_month: 5", "overlap"),
        ("warning_signs.yaml", "from_month: 8", "from_month: 9", "missing"),
        ("behaviours.yaml", "from_month: 4", "from_month: 5", "missing"),
        ("service_menu.yaml", "ages: 6m-23m, ages_m: [6, 24]", "ages: 6m-23m, ages_m: [6, 25]", "do not agree"),
        ("screenings.yaml", "value: 4.8}", "value: 4.7}", "do not name 4.7"),
        ("screenings.yaml", "ages_m: [24, 60], rule: {metric: HB", "ages_m: [23, 60], rule: {metric: HB", "overlap"),
        ("screenings.yaml", "{metric: WAZ, op: lt, value: -3}", "{metric: WAX, op: lt, value: -3}", "WAX"),
        ("check_forms.yaml", "metric: GA_WEEKS", "metric: GA_WEEK", "GA_WEEK"),
        ("visit_schedule.yaml", "warning_sign_age: 3m", "warning_sign_age: 4m", "no such age group"),
        ("time_limits.yaml", "days: 3,", "days: 三,", "Not a valid integer"),
        ("time_limits.yaml", "days: 3, clock: calendar", "days: 3, months: 1, clock: calendar", "one of days"),
        ("time_limits.yaml", "escalate_to: [lead]", "escalate_to: [lead, lead]", "escalate_to for each day"),
        ("time_limits.yaml", "escalate_days: [14, 28]", "escalate_days: [28, 14]", "Must rise"),
        ("screenings.yaml", "op: between, value: [60, 90]}", "op: between, value: [60, 91]}", "A1 overlap"),
        ("screenings.yaml", "op: lt, value: 30}, result: 极", "op: le, value: 30}, result: 极", "A3 overlap"),
        ("screenings.yaml", "value: 110}, result", "value: 百}, result", "Must be a number"),
        ("screenings.yaml", "instrument: WST580", "instrument: WST5800", "instrument WST5800"),
        ("screenings.yaml", "rules_profile_default: cn", "rules_profile_default: who", "default profile"),
        ("screenings.yaml", "value: [臀位, 家族史]", "value: [臀位, 家旅史]", "no answer 家旅史"),
        ("screenings.yaml", "soft: [1.5, 45]", "soft: [0.1, 45]", "soft must lie within hard"),
        ("visit_schedule.yaml", "from_month: 3, to", "from_month: 4, to", "begin before it ends"),
        ("check_forms.yaml", "normal: 1}", "normal: 9}", "no such option"),
        ("vaccine_schedule.yaml", "after: {code: MPSV-A,", "after: {code: MPSV-B,", "no such vaccine or dose"),
        ("vaccine_schedule.yaml", "complete_before_m: 24,", "complete_before_m: 18,", "after age_months"),
        (
            "pathways/PW_ANEMIA.yaml",
            "follow_up_days: {intervention: [14, 30]",
            "follow_up_days: {intervention: [14, 3x]",
            "number of days",
        ),
        ("pathways/PW_ANEMIA.yaml", "count: 2, min", "count: 0, min", "count and min_interval_days"),
        ("pathways/PW_ANEMIA.yaml", "entry: {all: [{metric: HB,", "entry: {all: [{metrik: HB,", "Not a condition"),
    ],
)
def test_a_wrong_file_is_named_by_file_and_line(folder, name, old, new, words):
    line = change(folder, name, old, new)
    problems = problems_of(folder)
    assert [problem for problem in problems if problem[0] == name and words in problem[2]], problems
    assert {problem[1] for problem in problems} == {line}


def test_the_start_is_refused_with_all_problems_at_once(folder):
    change(folder, "time_limits.yaml", "days: 3,", "dayss: 3,")
    change(folder, "warning_signs.yaml", "asd_flag: false", "asd_flag: 否")
    with pytest.raises(StartRefused) as refused:
        load_content(folder)
    assert "time_limits.yaml:" in refused.value.zh
    assert "warning_signs.yaml:" in refused.value.zh


def test_missing_unknown_and_unreadable_files_are_named(folder):
    (folder / "behaviours.yaml").unlink()
    (folder / "extra.yaml").write_text("a: 1\n", encoding="utf-8")
    (folder / "indicators.yaml").write_text("a: [1\n", encoding="utf-8")
    (folder / "institutions.yaml").write_bytes(b"\xff\xfe")
    assert {problem.file for problem in check(folder)} == {
        "behaviours.yaml",
        "extra.yaml",
        "indicators.yaml",
        "institutions.yaml",
    }


def test_a_pathway_file_must_be_named_after_its_id(folder):
    (folder / "pathways" / "PW_ANEMIA.yaml").rename(folder / "pathways" / "PW_BLOOD.yaml")
    assert [problem for problem in problems_of(folder) if problem[0] == "pathways/PW_BLOOD.yaml"]


def test_every_rule_that_judges_says_where_it_comes_from(content):
    for screening in content.screenings.values():
        for profile in (screening.profile(name) for name in screening.profiles or (None,)):
            assert all(rule.source and rule.verified is not None for rule in profile.rules), screening.id


def test_age_is_corrected_until_24_months_and_the_limit_stands_in_the_schedule(content, folder):
    assert [content.corrected_age.below_months(days) for days in (None, 195, 196, 258)] == [24, 24, 24, 24]
    change(
        folder,
        "visit_schedule.yaml",
        "ga_weeks_lt: 28, use_while_actual_months_lt: 24",
        "ga_weeks_lt: 28, use_while_actual_months_lt: 36",
    )
    longer = load_content(folder).corrected_age
    assert [longer.below_months(days) for days in (None, 195, 196, 258)] == [24, 36, 24, 24]


@pytest.mark.parametrize(
    "key", ["use_while_actual_months_lt: 24", "extremely_preterm:", "compute:", "id: corrected_age"]
)
def test_a_schedule_that_does_not_say_until_when_age_is_corrected_is_refused(folder, key):
    change(
        folder,
        "visit_schedule.yaml",
        key,
        key.replace("use_", "").replace("compute", "map").replace("preterm", "early").replace("age", "ages"),
    )
    assert [problem.file for problem in check(folder)]
