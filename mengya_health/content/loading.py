"""Loading all content once, at the start. Anything wrong stops the start, named by file and line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import ValidationError

from mengya_health.content.behaviours import Behaviour, Behaviours, BehavioursFile, behaviours_from
from mengya_health.content.corrected_age import CorrectedAge
from mengya_health.content.documents import Document, Place, Problem, read_document
from mengya_health.content.limits import (
    ClosingReasonsFile,
    Indicator,
    IndicatorsFile,
    InstitutionsFile,
    MandatoryReport,
    MandatoryReportFile,
    TimeLimit,
    TimeLimitsFile,
)
from mengya_health.content.measurements import Metric
from mengya_health.content.pathways import Pathway, PathwayFile, pathway_from
from mengya_health.content.references import problems_between
from mengya_health.content.retention import Retention, RetentionFile
from mengya_health.content.score_forms import ScoreForm, ScoreFormsFile
from mengya_health.content.screenings import InputsFile, Instrument, Screening, ScreeningsFile, screening_from
from mengya_health.content.service_menu import (
    Service,
    ServiceMenuFile,
    Task,
    TaskRules,
    common_tasks_from,
    services_from,
    task_rules_from,
)
from mengya_health.content.shapes import Shape
from mengya_health.content.side_events import SideEvent
from mengya_health.content.urgent import UrgentFindingsFile, UrgentWords, urgent_words_from
from mengya_health.content.vaccines import VaccineSchedule, VaccineScheduleFile, vaccine_schedule_from
from mengya_health.content.visits import (
    NATIONAL,
    CheckFormsFile,
    PlannedVisit,
    VisitScheduleFile,
    corrected_age_from,
    planned_visits,
    visits_of_templates,
)
from mengya_health.content.warning_signs import (
    RegressionQuestion,
    WarningSign,
    WarningSigns,
    WarningSignsFile,
    warning_signs_from,
)
from mengya_health.errors import StartRefused

FILES: Mapping[str, type[Shape]] = {
    "screenings.yaml": ScreeningsFile,
    "screening_inputs.yaml": InputsFile,
    "score_forms.yaml": ScoreFormsFile,
    "warning_signs.yaml": WarningSignsFile,
    "visit_schedule.yaml": VisitScheduleFile,
    "check_forms.yaml": CheckFormsFile,
    "vaccine_schedule.yaml": VaccineScheduleFile,
    "behaviours.yaml": BehavioursFile,
    "service_menu.yaml": ServiceMenuFile,
    "time_limits.yaml": TimeLimitsFile,
    "closing_reasons.yaml": ClosingReasonsFile,
    "institutions.yaml": InstitutionsFile,
    "mandatory_report.yaml": MandatoryReportFile,
    "indicators.yaml": IndicatorsFile,
    "retention.yaml": RetentionFile,
    "urgent_findings.yaml": UrgentFindingsFile,
}
PATHWAYS = "pathways"
# Read, versioned and checked where they are used: care/loop.py, signing/consents.py, signing/agreement.py.
READ_ELSEWHERE = ("care_loop.v*.yaml", "consent_texts.v*.yaml", "signing_agreement.v*.yaml")
SHOWN_PROBLEMS = 20


@dataclass(frozen=True, kw_only=True, eq=False)
class Content:
    """All clinical content, unchangeable. Mappings are by id or code.

    `version` names exactly this content (12 hex digits over all files) and is what a record keeps; `versions` is
    meta.version by file. Ages are whole months, corrected for preterm children where the schedule says so.
    """

    version: str
    versions: Mapping[str, str]
    metrics: Mapping[str, Metric]
    screenings: Mapping[str, Screening]
    instruments: Mapping[str, Instrument]
    score_forms: Mapping[str, ScoreForm]
    warning_signs: WarningSigns
    visits: tuple[PlannedVisit, ...]
    every_visit: Mapping[str, Any]
    age_basis: Mapping[str, str]
    corrected_age: CorrectedAge
    behaviours: Behaviours
    services: tuple[Service, ...]
    tasks: Mapping[str, Task]
    common_tasks: tuple[Task, ...]
    task_rules: TaskRules
    pathways: Mapping[str, Pathway]
    time_limits: Mapping[str, TimeLimit]
    closing_reasons: Mapping[str, str]
    outcomes: Mapping[str, str]
    institutions: Mapping[str, str]
    mandatory_report: MandatoryReport
    indicators: Mapping[str, Indicator]
    retention: Mapping[str, Retention]
    urgent_words: Mapping[str, UrgentWords]
    usual_urgent_words: UrgentWords
    vaccination: VaccineSchedule
    side_events: tuple[SideEvent, ...]
    catch_up_items: frozenset[str]  # metrics and form codes that are made up for at the next check
    all_visits: tuple[PlannedVisit, ...]  # of every template: what was planned by another one stays readable

    def visit(self, visit_id: str) -> PlannedVisit:
        """Return a planned check by its id; raises KeyError."""
        return {visit.id: visit for visit in self.all_visits}[visit_id]

    def visit_for(self, age_months: int) -> PlannedVisit:
        """Return the latest planned check that is due at this actual age or was due before it."""
        return [visit for visit in self.visits if visit.due_month <= max(age_months, 0)][-1]

    def next_visit_after(self, age_months: int) -> PlannedVisit | None:
        """Return the first planned check due later than this actual age, None after the last one."""
        return next((visit for visit in self.visits if visit.due_month > age_months), None)

    def warning_signs_for(self, age_months: int) -> tuple[WarningSign, ...]:
        """Return the four signs asked at this age; none below 3 months and from 84."""
        group = self.warning_signs.group_for(age_months)
        return group.items if group else ()

    @property
    def regression_question(self) -> RegressionQuestion:
        return self.warning_signs.regression

    def behaviours_for(self, age_months: int) -> tuple[Behaviour, ...]:
        """Return what is observed at this age; none from 84 months."""
        band = self.behaviours.band_for(age_months)
        return band.items if band else ()

    def tasks_for(self, pathway_id: str, age_months: int) -> tuple[Task, ...]:
        """Return the tasks of a pathway that suit this age, in the pathway's order; where there is none, the common."""
        own = tuple(task for each in self.pathways[pathway_id].tasks if (task := self.tasks[each]).suits(age_months))
        return own or tuple(task for task in self.common_tasks if task.suits(age_months))


def load_content(folder: Path, *, visit_template: str = NATIONAL) -> Content:
    """Read and check all content files; `visit_template` names whose planned checks are in force.

    Raises StartRefused with every problem, by file and line.
    """
    documents, loaded, problems = _read(folder)
    if problems:
        shown = "\n".join(str(problem) for problem in problems[:SHOWN_PROBLEMS])
        raise StartRefused(
            f"临床内容有 {len(problems)} 处问题，请改好再启动：\n{shown}\n",
            f"The clinical content has {len(problems)} problem(s); correct the file(s) named above and start again.",
        )
    planned_by = visits_of_templates(loaded["visit_schedule.yaml"])
    if visit_template not in planned_by:
        raise StartRefused(
            f"没有名为 {visit_template} 的检查排期，可用的有 {'、'.join(planned_by)}。",
            f"There is no visit schedule {visit_template}; choose one of {', '.join(planned_by)}.",
        )
    return _content(documents, loaded, planned_by[visit_template])


def check(folder: Path) -> list[Problem]:
    """Return everything wrong with the content files in a folder; none when it may start."""
    return _read(folder)[2]


def _read(folder: Path) -> tuple[dict[str, Document], dict[str, Any], list[Problem]]:
    documents, problems = _documents(folder)
    loaded: dict[str, Any] = {}
    for name, document in documents.items():
        shape = PathwayFile if name.startswith(PATHWAYS) else FILES[name]
        try:
            loaded[name] = shape().load(document.value)
        except ValidationError as error:
            problems += [document.problem(place, zh, en) for place, zh, en in _messages(error.normalized_messages())]
    problems += [
        _misnamed(document) for name, document in documents.items() if name in loaded and _is_misnamed(document)
    ]
    if not problems:
        problems = problems_between(documents)
    return documents, loaded, sorted(problems, key=lambda problem: (problem.file, problem.line))


def _documents(folder: Path) -> tuple[dict[str, Document], list[Problem]]:
    present = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*.yaml"))}
    elsewhere = {path.name for pattern in READ_ELSEWHERE for path in folder.glob(pattern)}
    ours = {name: path for name, path in present.items() if name in FILES or _is_pathway(name)}
    problems = [Problem(name, 1, "缺少这个文件。", "This file is missing.") for name in FILES if name not in present]
    problems += [
        Problem(name, 1, "不认识这个文件。", "This file is not known.") for name in present.keys() - ours - elsewhere
    ]
    documents = {name: read_document(path, name) for name, path in ours.items()}
    problems += [problem for document in documents.values() for problem in document.problems]
    return {name: document for name, document in documents.items() if document.value is not None}, problems


def _is_pathway(name: str) -> bool:
    return name.startswith(f"{PATHWAYS}/PW_")


def _is_misnamed(document: Document) -> bool:
    if not _is_pathway(document.name):
        return False
    identities = (document.value["meta"]["id"], document.value["pathway"]["id"])
    return any(document.name != f"{PATHWAYS}/{identity}.yaml" for identity in identities)


def _misnamed(document: Document) -> Problem:
    return document.problem(("meta", "id"), "文件名和编号不一致。", "The file is not named after its id.")


def _messages(messages: Any, place: Place = ()) -> Iterator[tuple[Place, str, str]]:
    """Yield place and words of every message; marshmallow nests them by key and position."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            # Dict fields nest their members under "value", a mapping as a whole reports under "_schema".
            yield from _messages(inner, place if key in ("_schema", "value") else (*place, key))
        return
    for message in messages:
        zh, _, en = str(message).rpartition("。")
        where = ".".join(str(key) for key in place)
        yield place, f"{where}：{zh or '写法不对'}。", en or str(message)


def _content(documents: Mapping[str, Document], loaded: Mapping[str, Any], planned: frozenset[str]) -> Content:
    screenings, asked = loaded["screenings.yaml"], loaded["screening_inputs.yaml"]["screenings"]
    visits, menu = loaded["visit_schedule.yaml"], loaded["service_menu.yaml"]
    closing, vaccines = loaded["closing_reasons.yaml"], loaded["vaccine_schedule.yaml"]
    urgent_words, usual_urgent_words = urgent_words_from(loaded["urgent_findings.yaml"])
    services, common = services_from(menu), common_tasks_from(menu)
    all_visits = planned_visits(visits, loaded["check_forms.yaml"])
    age_basis = next(each["map"] for each in visits["age_rules"] if each["id"] == "age_basis")
    digests = "".join(f"{name} {document.digest}\n" for name, document in sorted(documents.items()))
    return Content(
        version=hashlib.sha256(digests.encode()).hexdigest()[:12],
        versions={name: document.value["meta"]["version"] for name, document in documents.items()},
        metrics={metric.code: metric for metric in screenings["metrics"]},
        screenings={
            each["id"]: screening_from(each, asked[each["id"]], age_basis) for each in screenings["screenings"]
        },
        instruments={each.id: each for each in screenings["instruments"]},
        score_forms={each.instrument: each for each in loaded["score_forms.yaml"]["forms"]},
        warning_signs=warning_signs_from(loaded["warning_signs.yaml"]),
        visits=tuple(visit for visit in all_visits if visit.id in planned),
        all_visits=all_visits,
        side_events=tuple(visits["side_events"]),
        catch_up_items=frozenset(visits["window_rules"]["catch_up_items"]),
        every_visit=visits["every_visit"],
        age_basis=age_basis,
        corrected_age=corrected_age_from(visits),
        behaviours=behaviours_from(loaded["behaviours.yaml"]),
        services=services,
        common_tasks=common,
        tasks={task.id: task for tasks in (*(service.tasks for service in services), common) for task in tasks},
        task_rules=task_rules_from(menu),
        pathways={each.id: each for each in (pathway_from(loaded[n]) for n in loaded if _is_pathway(n))},
        time_limits={limit.id: limit for limit in loaded["time_limits.yaml"]["limits"]},
        closing_reasons={each.code: each.name for each in closing["closing_reasons"]},
        outcomes={each.code: each.name for each in closing["outcome_codes"]},
        institutions={each.code: each.name for each in loaded["institutions.yaml"]["institutions"]},
        mandatory_report=loaded["mandatory_report.yaml"]["mandatory_report"],
        indicators={each.id: each for each in loaded["indicators.yaml"]["kpis"]},
        retention={each.id: each for each in loaded["retention.yaml"]["classes"]},
        urgent_words=urgent_words,
        usual_urgent_words=usual_urgent_words,
        vaccination=vaccine_schedule_from(vaccines),
    )
