"""A pathway on which a child would be stuck stops the start, by file and line."""

import pytest

from mengya_health.config import WORKFLOWS
from mengya_health.content import check
from mengya_health.content.documents import read_document
from mengya_health.content.pathway_checks import unworkable_pathways

HB_SUCCESS = "success: {all: [{metric: HB, op: ge, value: 110}"
FILES = ("screenings.yaml", "service_menu.yaml", "time_limits.yaml", "closing_reasons.yaml")


@pytest.fixture(scope="module")
def documents():
    names = (*FILES, *(f"pathways/{path.name}" for path in (WORKFLOWS / "pathways").glob("PW_*.yaml")))
    return {name: read_document(WORKFLOWS / name, name) for name in names}


def found_in(documents, tmp_path, name: str, old: str, new: str) -> list:
    """Return what is found once a file says something else; the line is that of the place named."""
    text = (WORKFLOWS / name).read_text()
    assert old in text, f"{name} does not say {old!r}"
    changed = tmp_path / "changed.yaml"
    changed.write_text(text.replace(old, new, 1))
    return list(unworkable_pathways({**documents, name: read_document(changed, name)}))


def test_the_twelve_pathways_can_be_walked(documents):
    assert len([name for name in documents if name.startswith("pathways/")]) == 12
    assert list(unworkable_pathways(documents)) == []


@pytest.mark.parametrize(
    ("pathway", "old", "new", "at", "said"),
    [
        ("ANEMIA", "tasks: [BB02, BB10, BB04]", "tasks: [BB02, ZZ10]", "tasks:", "ZZ10"),
        ("ANEMIA", "limit: SLA_PLAN", "limit: SOON", "intervention: {doctor", "SOON"),
        ("ANEMIA", "to: [SCH], within: SLA_REFER_EMERG", "to: [SCH], within: 当日", "when: 重度", "当日"),
        ("ANEMIA", 'op: ge, value: 28}], code: "1"}', 'op: ge, value: 28}], code: "0"}', "closing: {all", "“0”"),
        ("ANEMIA", "    success: {all", "    relapse: {all", "rules:", "success"),
        ("DDH_REFER", "    success: {check: 专科通知治疗完成}\n", "", "rules:", "走不到巩固"),
        ("ANEMIA", "    closing: {all", "    watch: {all", "rules:", "结案规则"),
        ("VITD", "      consolidation: 60\n", "", "follow_up_days:", "consolidation"),
        ("VITD", "      consolidation: 60\n", "      consolidation: 60\n      low: 90\n", "low: 90", "没有 low"),
        ("HIGHRISK", "SCR_HIGHRISK.low_risk_preterm", "SCR_HIGHRISK.low_risk", "rows_of: SCR_HIGHRISK.low", "low_risk"),
        # A standard deviation is worked out at a growth measurement only: without it nobody reads the trigger.
        ("HIGHRISK", "SCR_GROWTH, SCR_DEV", "SCR_DEV", "    success:", "HCZ"),
        ("ANEMIA", HB_SUCCESS, HB_SUCCESS.replace("110", "400"), "    success:", "不可能满足"),
        ("ANEMIA", HB_SUCCESS, HB_SUCCESS.replace("110", "100"), "    success:", "entry 对 HB"),
        ("ANEMIA", "relapse: {metric: HB, op: lt, value: 110}", "relapse: {metric: HB, op: lt, value: 120}",
         "    success:", "relapse 对 HB"),
        ("UNDERNUTRITION", "success: {all: [{metric: trigger, op: ge, value: -2,",
         "success: {all: [{metric: trigger, op: ge, value: -3,", "    success:", "entry 对 WAZ"),
        ("UNDERNUTRITION", "consolidation: [30, 30, 30]", "consolidation: [30, 30]", "    closing:", "2 次、共 60 天"),
        ("CARIES", "in_consolidation_days_ge: 180", "in_consolidation_days_ge: 3000", "    closing:", "超过管理年龄"),
    ],
)  # fmt: skip
def test_a_pathway_on_which_a_child_would_be_stuck_is_named_by_line(documents, tmp_path, pathway, old, new, at, said):
    name = f"pathways/PW_{pathway}.yaml"
    problems = found_in(documents, tmp_path, name, old, new)
    assert any(said in each.zh for each in problems), problems
    lines = (tmp_path / "changed.yaml").read_text().splitlines()
    assert {each.file for each in problems} == {name}
    assert any(at in lines[each.line - 1] for each in problems if said in each.zh), problems


def test_a_pathway_without_tasks_needs_the_common_one(documents, tmp_path):
    problems = found_in(documents, tmp_path, "service_menu.yaml", "who: [parent, teacher], ages: 0-6y, ages_m: [0, 84], pathways: []", "who: [teacher], ages: 0-6y, ages_m: [0, 84], pathways: []")  # fmt: skip # noqa: E501
    assert [each.file for each in problems] == ["pathways/PW_DDH_REFER.yaml"]


def test_the_start_checks_it_all(tmp_path):
    assert check(WORKFLOWS) == []
