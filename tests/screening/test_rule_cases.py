"""Cases of a file through the command line: what fires, none, not_applicable; and what is wrong, by line."""

import json

import pytest
import yaml
from click.testing import CliRunner

from mengya_health.cli import main
from tests.screening.test_rules import CONTENT, EXAMPLES, EXAMPLES_FILE, evaluate


@pytest.fixture(autouse=True)
def content_read_once(monkeypatch):
    monkeypatch.setattr("mengya_health.content.load_content", lambda _folder: CONTENT)


def run(path, status=0):
    answer = CliRunner().invoke(main, ["screening", "evaluate", str(path)])
    assert answer.exit_code == status, answer.output
    return answer


def results(path) -> list:
    return [each["result"] for each in json.loads(run(path).stdout)]


@pytest.fixture
def cases_file(tmp_path):
    def written(text: str):
        path = tmp_path / "cases.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def test_the_example_file_as_it_stands_comes_out_as_it_says():
    printed = {each["id"]: each["result"] for each in json.loads(run(EXAMPLES_FILE).stdout)}
    for case in EXAMPLES["cases"]:
        expected = case["expect"] if case["expect"] in ("none", "not_applicable") else case["expect"].split()
        assert printed[case["id"]] == expected, case
    for case in EXAMPLES["vision_cases"]:
        word = "not_applicable" if case["expect"].startswith("不判定") else case["expect"]
        assert printed[case["id"]] == (word if word in ("none", "not_applicable") else [word]), case
    assert len(printed) == len(EXAMPLES["cases"]) + len(EXAMPLES["vision_cases"])


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("{screening: SCR_ANEMIA, age_m: 23, profile: who2024, in: {HB: 104}}", ["A2024"]),
        ("{screening: SCR_ANEMIA, age_m: 23, rules: who2024, in: {HB: 105}}", "none"),
        ("{screening: SCR_ANEMIA, age_m: 60, profile: who2011, in: {HB: 60}}", "not_applicable"),
        ("{screening: SCR_ANEMIA_CATCHUP, age_m: 8, in: {HB: 89}}", ["A2"]),
        ("{screening: SCR_ANEMIA_CATCHUP, age_m: 12, in: {HB: 89}}", "not_applicable"),
        ("{screening: SCR_ASD, age_m: 30, rules: score_rules, in: {MCHATR: 8}}", ["MC2"]),
        ("{screening: SCR_ASD, age_m: 31, in: {MCHATR: 8}}", "not_applicable"),
        ("{screening: SCR_HIGHRISK, age_m: 0, rules: grading, in: {GA_WEEKS: 35, BW_G: 2000}}", ["HR_PT_LOW"]),
        ("{screening: SCR_NB_DANGER, age_m: 1, in: {checks: [ND12], TEMP: 37.5}}", ["ND01", "ND12"]),
        ("{screening: SCR_NB_DANGER, age_m: 1, in: {ND05: true, ND06: false}}", ["ND05"]),
        ("{screening: SCR_GROWTH, age_m: 35, rules: trend_alerts, in: {HCZ: 2.01}}", ["G_HC"]),
        ("{screening: SCR_GROWTH, age_m: 35, in: {HCZ: 2.01}}", "none"),
        ("{screening: SCR_DEV, age_m: 40, in: {DQ: 85, DQ_GM: 69.9, DQ_FM: 94.9, DQ_AD: 80, DQ_LA: 80, DQ_SO: 80}}",
         ["DV_C", "DV_P", "DV_U"]),
        ("{screening: SCR_WSCST, age_m: 2, in: {WSCST_N: 1}}", "not_applicable"),
    ],
)  # fmt: skip
def test_profiles_lists_of_rules_checks_and_ages(cases_file, case, expected):
    assert results(cases_file(f"cases:\n- {case}\n")) == [expected]
    assert results(cases_file(f"- {case}\n")) == [expected]
    assert results(cases_file(case)) == [expected]


def test_what_was_left_unanswered_stands_beside_none(cases_file):
    path = cases_file("- {id: one, screening: SCR_VISION, age_m: 50, in: {VA_L: 5.0, eye_exam_abnormal: false}}")
    assert json.loads(run(path).stdout) == [{"id": "one", "result": "none", "missing": "VA_R"}]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("{screening: SCR_ANEMIA, age_m: 12}", "screening 和 in"),
        ("{screening: SCR_ANEMIA, age: 12, in: {HB: 95}}", "没有“age”这一项"),
        ("{screening: SCR_NOTHING, age_m: 12, in: {HB: 95}}", "没有筛查 SCR_NOTHING"),
        ("{screening: SCR_ANEMIA, age_m: 12, profile: who1999, in: {HB: 95}}", "who1999"),
        ("{screening: SCR_ANEMIA, age_m: 12.5, in: {HB: 95}}", "整月龄"),
        ("{screening: SCR_ANEMIA, age_m: 12, in: {HB: 9.5}}", "血红蛋白不可能是 9.5"),
        ("{screening: SCR_ANEMIA, age_m: 12, in: {HBB: 95}}", "不问 HBB"),
        ("{screening: SCR_DDH, age_m: 1, in: {sign_count: two}}", "不可能是 two"),
        ("{screening: SCR_NB_DANGER, age_m: 1, in: {checks: [ND55]}}", "没有勾选项 ND55"),
        ("just words", "一个用例"),
    ],
)
def test_a_wrong_case_is_named_by_its_line_and_leaves_the_others_alone(cases_file, wrong, said):
    good = "{screening: SCR_ANEMIA, age_m: 12, in: {HB: 95}}"
    answer = run(cases_file(f"cases:\n- {good}\n- {wrong}\n- {good}\n"), status=1)
    assert [each["result"] for each in json.loads(answer.stdout)] == [["A1"], None, ["A1"]]
    assert "cases.yaml:3: " in answer.stderr
    assert said in answer.stderr


@pytest.mark.parametrize("text", ["", "cases: 5", "nothing: [1]", "cases: []\nkases: []", "cases: [", "meta: {id: x}"])
def test_a_file_that_holds_no_cases_is_refused_by_its_line(cases_file, text):
    answer = run(cases_file(text), status=1)
    assert "cases.yaml 第 " in answer.stderr
    assert answer.stdout == ""


def test_units_and_counts_of_the_examples():
    """Other hospitals' units are converted before they are typed: the metric says by how much."""
    metrics = CONTENT.metrics
    raw = yaml.safe_load((EXAMPLES_FILE.parents[2] / "workflows" / "screenings.yaml").read_text(encoding="utf-8"))
    convert = next(each["convert"] for each in raw["metrics"] if each["code"] == "VITD25")
    (ng, nmol), (g_dl, g_l) = ([each["from"], each["to"]] for each in EXAMPLES["unit_cases"])
    factor = float(convert.partition("=")[2].split()[0])
    assert (float(ng.split()[0]) * factor, metrics["VITD25"].unit) == (float(nmol.split()[0]), nmol.split()[1])
    assert (round(float(g_dl.split()[1]) * 10), metrics["HB"].unit) == (int(g_l.split()[0]), g_l.split()[1])
    assert evaluate(CONTENT, "SCR_ANEMIA", 12, {"HB": int(g_l.split()[0])}).codes == ("A1",)
    case = EXAMPLES["dmft_case"]
    assert metrics["DMFT"].formula == "DT+MT+FT"
    assert sum(case[code] for code in metrics["DMFT"].formula.split("+")) == case["DMFT"]


def test_corrected_age_in_months_of_the_example_is_that_of_growth():
    """8 − (40 − 32) ÷ 4.35 is the rule of thumb; judged by dates it is the same month."""
    case = EXAMPLES["preterm_case"][0]
    rough = case["actual_age_m"] - (40 - case["ga_weeks"]) / 4.35
    assert round(rough, 2) == case["corrected_m"]
    assert CONTENT.warning_signs.group_for(int(rough)).key == "6m"
