"""One screening or one scale by itself: what is asked, what is judged, what it leads to, how it is corrected."""

from datetime import timedelta

import pytest

from mengya_health.content.conditions import names_read
from mengya_health.errors import Conflict, Invalid, NotFound
from mengya_health.people.queries import find_child
from mengya_health.screening.commands import correct_check, find_check
from mengya_health.screening.second_look import AskedBack
from mengya_health.screening.sheet_commands import correct_sheet, find_sheet, record_sheet, typed_values
from mengya_health.screening.sheet_forms import sheet_form
from mengya_health.screening.sheets import plan_sheet, sheet_of, sheets
from mengya_health.screening.urgent_answer import answer_fields
from tests.screening.conftest import TODAY

COPYRIGHTED = {
    "MCHATR", "ABC", "CABS", "CARS", "ASQ3", "ASQSE2", "DDST", "GESELL", "PDMS2", "ITSEA", "CBCL15", "NM20", "GMS",
}  # fmt: skip
SCALE = {"by": "区妇幼 李医生", "version": "2009"}


@pytest.fixture(params=["sqlite"])
def database(request) -> str:
    """A sheet is stored and corrected by the same commands as a check, which are tried on both databases."""
    return request.param


@pytest.fixture
def record(work_as, district):
    """Write a sheet as the doctor and return it as it is stored."""

    def recorded(child, key, **sent):
        with work_as(district.doctor) as work:
            found = find_child(work, child.id)
            form = {"done_on": TODAY.isoformat()} | sent
            entry = record_sheet(work, found, find_sheet(work.content, key), form)
        with work_as(district.doctor, writing=False) as work:
            return find_check(work, find_child(work, child.id), entry.id)

    return recorded


def codes(opened) -> list[str]:
    return [each["code"] for each in opened.content["findings"]]


def test_every_screening_and_every_scale_has_a_sheet(content):
    keys = {each.key for each in sheets(content)}
    assert {each.id for each in content.screenings.values() if not each.alias_of} <= keys
    assert keys >= COPYRIGHTED
    assert sheet_of(content, "SCR_NOTHING") is None


def test_a_sheet_asks_for_whatever_its_rules_read(content, child_of):
    """Nothing a rule judges is out of reach; what only a mandatory report may say is never asked."""
    worked_out = {"WAZ", "HAZ", "WHZ", "BMIZ", "WSCST_N"}  # from weight and length, and from the signs
    at_birth = {"GA_WEEKS", "BW_G"}  # on the child's sheet
    for months in (0, 8, 30):
        child = child_of(months)
        for sheet in (each for each in sheets(content) if each.form is None):
            plan = plan_sheet(content, child, sheet, TODAY)
            asked = {line.code for line in plan.visit.fields}
            read = {name for rule in sheet.rules for name in names_read(rule.condition)}
            assert read - asked - worked_out - at_birth <= {"harm_suspected", "hearing_risk_count"}, sheet.key
    assert "harm_suspected" not in asked


def test_scales_under_copyright_are_scores_only(content, child_of):
    """No item of a scale stands anywhere: its sheet is numbers, one result, and who used which version."""
    child = child_of(24)
    for key in COPYRIGHTED:
        sheet = sheet_of(content, key)
        form = sheet_form(content, sheet, plan_sheet(content, child, sheet, TODAY))()
        own = set(form.fields) - {"done_on", "by", "note", "row_version", "version", "cutoff", "scale_result"}
        own -= set(answer_fields(content))  # what is said about a finding that cannot wait
        numbers = {name for name in own if name.startswith(("score_", "confirm_"))}
        assert {name.upper() for name in own - numbers} <= set(sheet.form.metrics), key
        assert form.fields["by"].required
        assert form.fields["version"].required


def test_a_blood_count_by_itself_counts_like_that_of_a_check(child_of, record, work_as, district):
    child = child_of(18)
    opened = record(child, "SCR_ANEMIA", hb="95", mcv="70.5", by="门诊化验室")
    kept = opened.content
    assert codes(opened) == ["A1"]
    assert [each["pathway"] for each in kept["proposals"]] == ["PW_ANEMIA"]
    assert {each["code"]: each["value"] for each in kept["readings"]} == {"HB": 95, "MCV": "70.5"}
    finding = kept["findings"][0]
    assert (finding["text"], finding["values"]) == (
        "血红蛋白在 90 到 110 之间（不含 110）",
        [{"code": "HB", "value": 95}],
    )
    assert "2012" in finding["source"]
    assert (kept["content_version"], kept["instrument_version"]) == (_version(work_as), "2026.11-2")


def _version(work_as) -> str:
    with work_as(None, writing=False) as work:
        return work.content.version


def test_outside_every_rule_a_result_is_kept_and_never_normal(child_of, record):
    opened = record(child_of(40), "MCHATR", mchatr="1", **SCALE)
    assert opened.content["screenings"][0]["conclusion"] == "not_applicable"
    assert codes(opened) == []


def test_a_score_is_judged_by_its_cut_offs(child_of, record):
    child = child_of(20)
    for score, code, how in (("2", "MC0", []), ("3", "MC1", ["open"]), ("8", "MC2", ["open"])):
        opened = record(child, "MCHATR", mchatr=score, score_followup="1", cutoff="3", **SCALE)
        assert codes(opened) == [code]
        assert [each["how"] for each in opened.content["proposals"]] == how
    kept = opened.content
    assert (kept["instrument"], kept["instrument_version"], kept["by"], kept["cutoff"]) == (
        "MCHATR", "2009", SCALE["by"], "3",
    )  # fmt: skip
    assert kept["scores"] == {"followup": "1"}
    # A scale without rules is kept and judges nothing.
    opened = record(child, "ASQ3", score_communication="25.5", scale_result="3", **SCALE)
    assert opened.content["screenings"] == opened.content["proposals"] == []
    assert (opened.content["scores"], opened.content["scale_result"]) == ({"communication": "25.5"}, 3)
    assert opened.content["readings"] == []  # nothing of it passes for a reading that rules of another pathway judge
    opened = record(child, "ASQSE2", inst_result="3", inst_score="85", **SCALE)
    assert codes(opened) == ["SE1"]
    assert [each["pathway"] for each in opened.content["proposals"]] == ["PW_EMOTION"]


AGES = {"ma_dq_gm": "18", "ma_dq_fm": "18", "ma_dq_ad": "18", "ma_dq_la": "12", "ma_dq_so": "18"}


def test_quotients_are_worked_out_from_mental_ages(child_of, record):
    opened = record(child_of(20, days=0), "SCR_DEV", by="李医生", **AGES)
    readings = {each["code"]: each["value"] for each in opened.content["readings"]}
    assert readings == {
        "DQ_GM": "90.0", "DQ_FM": "90.0", "DQ_AD": "90.0", "DQ_LA": "60.0", "DQ_SO": "90.0", "DQ": "84.0",
    }  # fmt: skip
    assert (opened.content["age_months"], opened.content["is_corrected"]) == ("20.0", False)
    assert codes(opened) == ["DV_C", "DV_P", "DV_U"]
    proposals = {each["pathway"]: each["needs_hearing_check"] for each in opened.content["proposals"]}
    assert proposals["PW_DEVELOPMENT"] is True
    with pytest.raises(Invalid) as refused:
        record(child_of(20, days=0), "SCR_DEV", by="李医生", ma_dq_gm="18", dq_gm="120")
    assert "按智龄算是 90.0" in refused.value.fields["dq_gm"][0]
    # A child born early goes by corrected age until two.
    young = child_of(20, days=0, gestational_days=32 * 7)
    opened = record(young, "SCR_DEV", by="李医生", **AGES)
    assert opened.content["is_corrected"] is True
    assert float(opened.content["age_months"]) == pytest.approx(18.2, abs=0.2)
    assert opened.content["screenings"][0]["is_corrected"] is True
    old = child_of(24, days=0, gestational_days=32 * 7)
    opened = record(old, "SCR_DEV", by="李医生", ma_dq_gm="24")
    assert (opened.content["is_corrected"], opened.content["age_months"]) == (False, "24.0")


def test_tiers_lists_and_sums_are_kept_as_written(child_of, record):
    opened = record(child_of(20), "SCR_ASD", tier="复筛", tier_result="2", ws_reg="0", abc="60")
    assert (opened.content["tier"], opened.content["tier_result"], codes(opened)) == ("复筛", 2, ["AB1"])
    with pytest.raises(Invalid) as refused:
        record(child_of(20), "SCR_ASD", tier="复筛", ws_reg="0")
    assert set(refused.value.fields) == {"tier_result"}
    # What a list counts is named.
    opened = record(child_of(2), "SCR_DDH", sign_count=["2", "4"], risk=["1"], told_ddh_ddh0="0")
    assert codes(opened) == ["DDH1"]
    assert opened.content["answers"]["sign_count"] == [2, 4]
    opened = record(child_of(2), "SCR_DDH", sign_count=["1"], risk=["2"], told_ddh_ddh0="0")
    assert codes(opened) == ["DDH0"]
    opened = record(child_of(40), "SCR_ORAL", dt="2", mt="0", ft="1", teeth="20")
    assert {each["code"]: each["value"] for each in opened.content["readings"]}["DMFT"] == 3


def test_signs_by_themselves_ask_for_all_of_them_and_for_regression(child_of, record, content):
    child = child_of(12)
    with pytest.raises(Invalid) as refused:
        record(child, "SCR_WSCST", note="电话里问的")
    group = content.warning_signs.group_for(12)
    assert set(refused.value.fields) == {"ws_reg", *(f"ws_{each.code}" for each in group.items)}
    answers = {f"ws_{each.code}": "0" for each in group.items}
    opened = record(child, "SCR_WSCST", ws_reg="1", **answers)
    assert codes(opened) == ["W2"]
    assert any(each["needs_hearing_check"] for each in opened.content["proposals"])
    # Regression is asked, and counts, where no signs are.
    for months in (1, 83):
        plan_child = child_of(months)
        answers = {} if months == 1 else {f"ws_WS72{n:02d}": "0" for n in (1, 2, 3, 4)}
        opened = record(plan_child, "SCR_WSCST", ws_reg="3", **answers)
        assert codes(opened) == ["W2"]


def test_growth_by_itself_is_judged_with_everything_before_it(child_of, record):
    opened = record(child_of(12), "SCR_GROWTH", weight="6.0", length="72.0", headc="45", position="l",
                    confirm_weight="6.0", weigh_g_whz3="0")  # fmt: skip
    assert "G_WAZ3" in codes(opened)
    assert opened.content["growth"]["scores"]["wfa"]["z"].startswith("-")


def test_unlikely_figures_are_asked_back_and_nothing_is_not_a_sheet(child_of, record):
    with pytest.raises(AskedBack):
        record(child_of(12), "SCR_ANEMIA", hb="45")
    assert codes(
        record(child_of(12), "SCR_ANEMIA", hb="45", confirm_hb="45", urgent_seen="A3", urgent_answer="arranged")
    ) == ["A3"]
    with pytest.raises(Invalid) as refused:
        record(child_of(12), "SCR_ANEMIA", by="化验室")
    assert set(refused.value.fields) == {"note"}
    with pytest.raises(Invalid) as refused:
        record(child_of(12), "SCR_ANEMIA", hb="95", done_on=(TODAY + timedelta(days=1)).isoformat())
    assert set(refused.value.fields) == {"done_on"}


def test_a_correction_is_judged_anew_and_two_at_once_are_told(child_of, record, work_as, district):
    child = child_of(18)
    opened = record(child, "SCR_ANEMIA", hb="95")
    sent = {"done_on": TODAY.isoformat(), "hb": "115", "row_version": str(opened.row_version)}
    with work_as(district.doctor) as work:
        correct_sheet(work, find_child(work, child.id), opened.id, sent)
    with work_as(district.doctor, writing=False) as work:
        corrected = find_check(work, find_child(work, child.id), opened.id)
        plan = plan_sheet(work.content, find_child(work, child.id), find_sheet(work.content, "SCR_ANEMIA"), TODAY)
    assert (corrected.version, codes(corrected), corrected.content["proposals"]) == (2, [], [])
    assert typed_values(plan, corrected.content) == {"done_on": TODAY.isoformat(), "hb": "115"}
    with pytest.raises(Conflict) as conflict, work_as(district.doctor) as work:
        correct_sheet(work, find_child(work, child.id), opened.id, sent)
    assert conflict.value.theirs["hb"] == "115"
    with pytest.raises(NotFound), work_as(district.doctor) as work:
        correct_check(work, find_child(work, child.id), opened.id, sent)
