"""Growth charts: what is drawn where, for whom, and that the table says the same."""

import math
import re
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mengya_health.growth import Visit, judge
from mengya_health.growth.chart import Event, growth_chart
from mengya_health.growth.chart_layout import Box, spread
from mengya_health.growth.chart_words import sd_text

BIRTH_ON, TODAY_ON = date(2025, 11, 20), date(2026, 11, 23)
INDICATORS = ["wfa", "lhfa", "wflh", "bfa", "hcfa"]
TEMPLATES = Path(__file__).parents[2] / "templates"
NOT_FOR_FAMILIES = re.compile(
    r"SD|阳性|疑似|异常|低体重|迟缓|消瘦|肥胖|中下|中上|abnormal|suspect|positive|underweight|stunt|wast|obes|average"
)
CHINESE = re.compile("[\u3000-\u9fff\uff00-\uffef]")
ENGLISH_WORD = re.compile("[A-Za-z]{4,}")


def _visits(gestational_days=240, sex="M", birth_on=BIRTH_ON, until_on=TODAY_ON, every_days=46):
    days = list(range((until_on - birth_on).days, 20, -every_days))[::-1]
    return [
        Visit(
            sex=sex,
            birth_on=birth_on,
            measured_on=birth_on + timedelta(day),
            gestational_days=gestational_days,
            weight_kg=str(round(3 + 0.35 * day**0.5, 1)),
            lenhei_cm=str(round(48 + 1.5 * day**0.5, 1)),
            headc_cm=str(round(34 + 0.35 * day**0.5, 1)),
        )
        for day in days
    ]


def _chart(indicator="wfa", visits=None, *, gestational_days=240, birth_on=BIRTH_ON, sex="M", **more):
    visits = _visits(gestational_days, sex, birth_on) if visits is None else visits
    facts = {"birth_on": birth_on, "gestational_days": gestational_days, "today_on": TODAY_ON}
    return growth_chart(indicator, sex, visits, **facts | more)


def _drawn(chart, palette="screen", **more):
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    macros = environment.get_template("partials/growth_chart.html").module
    return str(macros.growth_chart(chart, palette, **more)), str(macros.growth_legend(chart)) + str(
        macros.growth_table(chart)
    )


def test_the_judged_point_stands_at_corrected_age_and_its_twin_at_the_age_by_birth_date():
    mark = _chart().trace.marks[-1]
    twin = _chart(ages="actual").trace.marks[-1]
    assert mark.twin_x == twin.x > mark.x
    assert (mark.is_today, twin.twin_x) == (True, None)


def test_a_term_child_has_no_twins():
    assert all(mark.twin_x is None for mark in _chart(gestational_days=None).trace.marks)


def test_heavier_is_higher_and_later_is_further_right():
    marks = _chart().trace.marks
    assert all(one.x < next_.x and one.y > next_.y for one, next_ in pairwise(marks))


def test_a_point_on_the_median_lies_on_the_median_line():
    visit = Visit(sex="M", birth_on=BIRTH_ON, measured_on=date(2026, 5, 20), weight_kg="8.4")
    chart = _chart(visits=[visit], gestational_days=None)
    mark = chart.trace.marks[0]
    on_line = [corner for corner in re.split("[ML]", chart.reference.lines[0]) if corner.startswith(f"{mark.x:g} ")]
    assert judge(visit).scores["wfa"].z == 0
    assert on_line == [f"{mark.x:g} {mark.y:g}"]


def test_length_and_height_meet_in_a_visible_step():
    birth_on = date(2023, 10, 1)
    chart = _chart("lhfa", birth_on=birth_on, gestational_days=None)
    assert [line.count("M") for line in chart.reference.lines.values()] == [2] * 7
    (step,) = chart.reference.steps
    assert [label.text for label in step.labels] == ["身长（躺着量）", "身高（站着量）"]


def test_the_two_who_references_are_never_joined():
    birth_on = date(2021, 1, 5)
    chart = _chart("wfa", birth_on=birth_on, gestational_days=None, reference="who")
    assert all(line.count("M") == 2 for line in chart.reference.lines.values())
    assert "61 月龄起为 WHO 2007，两份标准不相接" in chart.notes


@pytest.mark.parametrize("indicator", INDICATORS)
@pytest.mark.parametrize("size", ["wide", "narrow"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_families_see_two_lines_and_no_clinical_word(indicator, size, language):
    chart = _chart(indicator, size=size, audience="family", language=language)
    drawing, text = _drawn(chart)
    assert set(chart.reference.lines) == {-2, 2}
    assert not NOT_FOR_FAMILIES.search(drawing + text)
    assert all(mark.twin_x is None for mark in chart.trace.marks)
    assert {"zh": "图上按预产期算月龄", "en": "Ages on the chart count from the due date"}[language] in text


@pytest.mark.parametrize("indicator", INDICATORS)
@pytest.mark.parametrize("audience", ["staff", "family"])
@pytest.mark.parametrize("reference", ["wst423_2022", "who"])
def test_a_chart_speaks_one_language(indicator, audience, reference):
    born = {"birth_on": date(2023, 10, 1), "sex": "F"}
    early = [_measured("F", born["birth_on"], day, 240, 1) for day in (20, 200, 400, 700, 800, 1000, 1149)]
    for visits in (early, []):
        shown = {"audience": audience, "reference": reference, "ages": "both", **born}
        said = {lang: "".join(_drawn(_chart(indicator, visits, language=lang, **shown))) for lang in ("zh", "en")}
        assert not CHINESE.search(_read_aloud(said["en"]))
        assert not ENGLISH_WORD.search(_read_aloud(said["zh"]))
        assert CHINESE.search(said["zh"])


def _read_aloud(markup):
    """Return the words of a drawing and its name, without its marks and fonts."""
    names = re.findall(r'aria-label="([^"]*)"', markup)
    return " ".join([re.sub("<[^>]*>", " ", markup), *names]).replace("INTERGROWTH-21st", "")


@pytest.mark.parametrize("indicator", INDICATORS)
@pytest.mark.parametrize("reference", ["wst423_2022", "who"])
@pytest.mark.parametrize("palette", ["screen", "paper"])
def test_every_chart_is_well_formed_named_and_painted_by_attributes(indicator, reference, palette):
    chart = _chart(indicator, reference=reference, events=[Event(date(2026, 10, 9), "开始<干预>")])
    drawing, _ = _drawn(chart, palette, width_mm=78)
    root = ElementTree.fromstring(drawing)  # noqa: S314
    assert (root.get("role"), root.get("width")) == ("img", "78mm")
    assert "次测量" in root.get("aria-label")
    assert "style" not in drawing
    assert "nan" not in drawing
    if palette == "paper":
        channels = [re.findall("..", colour) for colour in re.findall(r"#([0-9a-f]{6})\b", drawing)]
        assert all(len(set(channel)) == 1 for channel in channels)


def test_the_table_says_what_the_picture_shows():
    chart = _chart()
    assert chart.table_head == ("日期", "月龄", "矫正月龄", "体重（kg）", "评价")
    first = chart.table_rows[0]
    assert first[:4] == ("2026-11-23", "12月3天", "10月24天", "9.7")
    assert len(chart.table_rows) == len(chart.trace.marks)
    assert chart.trace.callout.text.startswith("今天 9.7 · ")


EARLY = Visit(
    sex="M",
    birth_on=BIRTH_ON,
    measured_on=date(2025, 11, 25),
    gestational_days=240,
    weight_kg="2.1",
    lenhei_cm="44",
    headc_cm="31.5",
)


@pytest.mark.parametrize("indicator", ["wfa", "lhfa", "hcfa"])
@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_before_term_a_point_stands_beside_the_lines_of_intergrowth_and_is_not_graded(indicator, size):
    chart = _chart(indicator, [EARLY, *_visits()], size=size)
    mark, term = chart.trace.marks[0], chart.reference.steps[0]
    z = judge(EARLY, "intergrowth21").scores[indicator].z
    # 35 weeks: the nearest line corner is at that very week.
    near = {sd: dict(_corners(line))[mark.x] for sd, line in chart.reference.lines.items()}
    assert mark.x < term.x
    assert [label.text for label in term.labels] == (["足月前"] if size == "wide" else [])
    assert near[math.ceil(z)] < mark.y < near[math.floor(z)]
    assert all(line.count("M") == 2 for line in chart.reference.lines.values())
    assert chart.table_rows[-1][-1] == f"足月前不评级（{sd_text(z, 1)} SD）"
    assert "0 月龄（足月）以前：INTERGROWTH-21st 早产儿标准，只看不评级" in chart.notes


@pytest.mark.parametrize("indicator", ["wflh", "bfa"])
def test_no_standard_has_these_before_term(indicator):
    chart = _chart(indicator, [EARLY])
    assert (chart.trace.marks, chart.table_rows[0][-1]) == ((), "还没到预产期，不作评级")


def test_a_family_reads_no_word_for_a_weight_before_term():
    chart = _chart(visits=[EARLY], today_on=EARLY.measured_on, audience="family")
    assert (chart.table_rows[0][-1], chart.trace.callout.text) == ("—", "今天 2.1 公斤")
    assert len(chart.trace.marks) == 1


@pytest.mark.parametrize("indicator", INDICATORS)
@pytest.mark.parametrize("audience", ["staff", "family"])
def test_of_undetermined_sex_points_stand_without_lines_and_with_the_reason(indicator, audience):
    visits = [replace(visit, sex="U") for visit in _visits()]
    chart = _chart(indicator, visits, sex="U", audience=audience)
    drawing, text = _drawn(chart)
    assert len(chart.trace.marks) == len(chart.table_rows) == len(_chart(indicator).table_rows)
    assert (chart.reference.lines, chart.reference.bands, chart.reference.labels) == ({}, {}, ())
    assert (chart.trace.callout.text.split() + [""])[2] in ("", "公斤", "厘米", "公斤/米²")
    assert {"staff": "性别未定", "family": "没有对照的曲线"}[audience] in text
    assert "曲线：" not in text
    assert "<path" in drawing


def test_staff_read_under_the_chart_by_which_standard_and_age_rule_it_judges():
    visit = Visit(sex="M", birth_on=BIRTH_ON, measured_on=date(2026, 6, 15), weight_kg="6.82")
    exact, whole = (
        _chart(visits=[visit], gestational_days=None, age_rule=rule) for rule in ("exact", "completed_months")
    )
    assert exact.notes == ("曲线：WS/T 423—2022 · 按精确月龄插值",)
    assert whole.notes == ("曲线：WS/T 423—2022 · 按满月龄",)
    assert exact.table_rows != whole.table_rows
    assert _chart(audience="family", gestational_days=None).notes == ("曲线：WS/T 423—2022",)


def _corners(path):
    """Return x and y of each corner of an SVG path."""
    return [tuple(map(float, corner.split())) for corner in re.split("[MLZ]", path) if corner]


def test_a_child_without_measurements_still_gets_its_curves():
    chart = _chart(visits=[])
    drawing, text = _drawn(chart)
    assert chart.trace.callout is None
    assert "还没有测量" in chart.name
    assert "还没有测量" in text
    assert drawing.count("<path") > 8


@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_events_close_together_do_not_write_over_one_another(size):
    events = [Event(date(2026, 10, day), "开始干预") for day in (9, 12, 20)]
    marks = _chart(size=size, events=events).trace.events
    assert len({mark.label.y for mark in marks}) == 3


def test_the_table_names_every_event_also_those_without_room_on_the_chart():
    events = [Event(date(2026, 10, 9), f"第 {number} 件") for number in range(6)]
    chart = _chart(events=events)
    assert [mark.label is None for mark in chart.trace.events] == [False] * 4 + [True] * 2
    assert chart.happened == tuple(f"2026-10-09 第 {number} 件" for number in range(6))
    assert "<li>2026-10-09 第 5 件</li>" in _drawn(chart)[1]


@given(st.lists(st.floats(0, 300), min_size=1, max_size=7).map(sorted))
def test_end_labels_never_overlap(places):
    middles = spread(places, [15] * len(places), 0, 320)
    assert all(lower - upper >= 15 - 1e-9 for upper, lower in pairwise(middles))
    assert middles[0] >= 7.5 - 1e-9
    assert middles[-1] <= 312.5 + 1e-9


@given(
    st.sampled_from(INDICATORS),
    st.sampled_from(["M", "F"]),
    st.integers(0, 84 * 30),
    st.sampled_from(["wide", "narrow"]),
    st.sampled_from(["staff", "family"]),
    st.sampled_from(["wst423_2022", "who"]),
    st.sampled_from([None, 200, 240]),
)
def test_at_every_age_the_points_lie_inside_the_plot(indicator, sex, days, size, audience, reference, gestation):
    birth_on = TODAY_ON - timedelta(days)
    chart = _chart(
        indicator, sex=sex, birth_on=birth_on, gestational_days=gestation, size=size, audience=audience,
        reference=reference,
    )  # fmt: skip
    plot = chart.frame.plot
    for mark in chart.trace.marks:
        assert plot.x <= mark.x <= plot.x + plot.width
        assert plot.y <= mark.y <= plot.y + plot.height
    assert 2 <= len(chart.x_ticks.marks) <= 14
    assert 3 <= len(chart.y_ticks.marks) <= 9
    if chart.trace.callout:
        box = chart.trace.callout.box
        assert box.overlap(Box(plot.x, plot.y, plot.width, plot.height)) > 0.6 * box.width * box.height


def _label_boxes(chart):
    """Every word on a chart that has its place from the geometry, with the callout."""
    size = chart.frame.text_size
    boxes = chart.reference.label_boxes(size)
    for event in chart.trace.events:
        if event.label:
            width = event.label.width(size)
            boxes.append(Box(event.label.x - width / 2, event.label.y - size, width, size * 1.25))
    boxes += [chart.trace.callout.box] if chart.trace.callout else []
    # Places are rounded to a tenth: that much may be shared.
    return [Box(box.x, box.y + 0.1, box.width, box.height - 0.2) for box in boxes]


def _measured(sex, birth_on, day, gestation, share):
    """One measurement, from far below −3 SD to far above +3 SD."""
    taken = {"weight_kg": 3 + 0.35 * day**0.5, "lenhei_cm": 48 + 1.5 * day**0.5, "headc_cm": 34 + 0.35 * day**0.5}
    facts = {"sex": sex, "birth_on": birth_on, "gestational_days": gestation}
    numbers = {name: str(round(value * share, 1)) for name, value in taken.items()}
    return Visit(measured_on=birth_on + timedelta(day), **facts, **numbers)


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(INDICATORS),
    st.sampled_from(["M", "F"]),
    st.one_of(st.integers(0, 84 * 30), st.sampled_from([0, 1, 730, 731, 83 * 30 + 20])),
    st.lists(st.tuples(st.floats(0, 1), st.floats(0.3, 3)), max_size=12),
    st.lists(st.floats(0, 1), max_size=9),
    st.tuples(st.sampled_from(["wide", "narrow"]), st.sampled_from(["staff", "family"]), st.sampled_from(["zh", "en"])),
    st.sampled_from(["wst423_2022", "who"]),
    st.sampled_from([None, 200, 240]),
)
def test_no_label_touches_another_or_leaves_the_frame(indicator, sex, days, taken, happened, shown, reference, early):
    birth_on = TODAY_ON - timedelta(days)
    visits = [_measured(sex, birth_on, int(days * when), early, share) for when, share in taken]
    events = [Event(birth_on + timedelta(int(days * when)), "同意计划，开始干预") for when in happened]
    facts = {"sex": sex, "birth_on": birth_on, "gestational_days": early, "events": events}
    shown = dict(zip(("size", "audience", "language"), shown, strict=True))
    chart = _chart(indicator, visits, **facts, **shown, reference=reference)
    boxes, frame = _label_boxes(chart), chart.frame
    for box in boxes:
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= frame.width
        assert box.y + box.height <= frame.height
    for index, box in enumerate(boxes):
        assert all(box.overlap(other) < 0.01 for other in boxes[:index])


@pytest.mark.parametrize("indicator", ["lhfa", "bfa"])
def test_no_line_joins_a_length_and_a_height(indicator):
    chart = _chart(indicator, birth_on=date(2023, 10, 1), gestational_days=None)
    assert chart.trace.path.count("M") == 2
    before = chart.trace.path.split("M")[1].split("L")[-1].split()[0]
    after = chart.trace.path.split("M")[2].split()[0]
    assert float(before) < chart.reference.steps[0].x <= float(after)
    assert _chart("wfa", birth_on=date(2023, 10, 1), gestational_days=None).trace.path.count("M") == 1


@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_two_hundred_points_are_a_handful_of_paths(size):
    birth_on = TODAY_ON - timedelta(30 * 60)
    visits = _visits(240, "M", birth_on, every_days=9)[-200:]
    chart = _chart("wfa", visits, birth_on=birth_on, size=size)
    drawing, _ = _drawn(chart)
    assert len(chart.trace.marks) > 190
    assert drawing.count("<path") + drawing.count("<circle") < 30
    assert len(drawing.encode()) < 26_000
