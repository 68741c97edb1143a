"""What the YAML files say is due when, worked out from the files alone: nothing of the product is used here."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import chinese_calendar
import yaml

from mengya_health.config import WORKFLOWS

KNOWN_YEARS = range(2004, max(chinese_calendar.holidays).year + 1)
SATURDAY = 5
LISTED_DAYS, CALLED_DAYS = 31, 7  # how long before its day a check, or a follow-up, comes onto a day's list
OLDEST_MONTHS = 84
AT_THE_CLINIC = ("visit", "follow_up", "rescreen")
GONE = ("transferred", "moved_away", "deceased")


@cache
def read(name: str) -> dict:
    """Return a file of the content as it stands."""
    return yaml.safe_load((WORKFLOWS / name).read_text(encoding="utf-8"))


def months_later(on: date, months: int) -> date:
    year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
    return date(year, month + 1, min(on.day, monthrange(year, month + 1)[1]))


def age_months(born_on: date, on: date) -> int:
    return max(m for m in range(-1, 12 * 9) if m < 0 or months_later(born_on, m) <= on)


def workdays_later(on: date, days: int) -> date:
    while days:
        on += timedelta(days=1)
        works = chinese_calendar.is_workday(on) if on.year in KNOWN_YEARS else on.weekday() < SATURDAY
        days -= works
    return on


@dataclass(frozen=True)
class Visit:
    """One check of the schedule: from which day of a child's life to which."""

    id: str
    due: dict
    at_risk: dict | None

    def first_on(self, born_on: date) -> date:
        if "from_month" in self.due:
            return months_later(born_on, self.due["from_month"])
        return born_on + timedelta(days=self.due["from_day"])

    def last_on(self, born_on: date, *, is_early: bool) -> date:
        if "from_month" in self.due:
            return months_later(born_on, self.due["to_month_exclusive"]) - timedelta(days=1)
        return born_on + timedelta(days=(self.at_risk if is_early and self.at_risk else self.due)["to_day"])

    @property
    def months(self) -> int:
        """The age it is due at: 28 days are a month."""
        return self.due.get("from_month", self.due.get("target_day", self.due.get("from_day", 0)) // 28)


VISITS = tuple(
    Visit(each["id"], each["due"], each.get("high_risk_due")) for each in read("visit_schedule.yaml")["visits"]
)
LOOP = read("care_loop.v1.yaml")
LIMITS = {each["id"]: each for each in read("time_limits.yaml")["sla"]}
TASKS = {
    item["id"]: item
    for part in [
        read("service_menu.yaml")["common"],
        *(each["items"] for each in read("service_menu.yaml")["services"]),
    ]
    for item in part
}
REASONS = LOOP["not_done_reasons"]


def visit_at(born_on: date, on: date) -> Visit:
    """Return the last check whose window has opened."""
    return [each for each in VISITS if each.first_on(born_on) <= on][-1]


def visit_after(visit: Visit, born_on: date, on: date) -> Visit | None:
    """Return the check that follows one, or the child's age."""
    reached = max(visit.months, age_months(born_on, on))
    return next((each for each in VISITS if each.months > reached), None)


def after(limit_id: str, on: date) -> date:
    """Return the last day in time of a limit that begins on a day."""
    return _later(LIMITS[limit_id], on, LIMITS[limit_id]["days"])


def _later(limit: dict, on: date, days: int) -> date:
    return workdays_later(on, days) if limit.get("clock") == "workday" else on + timedelta(days=days)


def due_for(purpose: str, on: date) -> date:
    return after(LOOP["due"][purpose], on)


def pathway(pathway_id: str) -> dict:
    return read(f"pathways/{pathway_id}.yaml")["pathway"]


def follow_up_on(pathway_id: str, stage: str, done: int, last_on: date) -> date:
    """Return the next follow-up: the pathway's interval after so many, the last one repeats."""
    days = pathway(pathway_id)["rules"]["follow_up_days"][stage]
    return last_on + timedelta(days=days if isinstance(days, int) else days[min(done, len(days) - 1)])


def planned_follow_ups(pathway_id: str) -> int:
    days = pathway(pathway_id)["rules"]["follow_up_days"]["consolidation"]
    return len(days) if isinstance(days, list) else 1


def decision_on(state: str, pathway_id: str, on: date) -> date | None:
    """Return until when the doctor decides in a state; None where its file names no decision."""
    decide = LOOP["states"][state].get("decide")
    if decide is None:
        return None
    watch = pathway(pathway_id)["rules"].get("watch") or {}
    if decide.get("pathway") == "watch" and watch.get("recheck_days"):
        return on + timedelta(days=watch["recheck_days"])
    return after(decide["limit"], on)


def every_days(item: str) -> int:
    return LOOP["rhythms"][TASKS[item]["freq"]]["every_days"]


def raised_to(kind: str, state: str, due_on: date, today: date) -> str:
    """Return the highest that something due has come up to, "" while it has not."""
    limit = _limit_of(kind, state)
    if limit is None:
        return ""
    if kind == "care_task":  # due again and again: late once nothing was written down for as long as its limit says
        due_on = _later(limit, due_on - timedelta(days=1), limit["days"])
    if due_on >= today:
        return ""
    reached = ""
    for days, to in zip(*(_listed(limit.get(name)) for name in ("escalate_days", "escalate_to")), strict=True):
        since = max(due_on + timedelta(days=1), _later(limit, due_on, max(0, days - limit.get("days", 0))))
        reached = to if since <= today else reached
    return reached


def _limit_of(kind: str, state: str) -> dict | None:
    decide = LOOP["states"].get(state, {}).get("decide") if kind == "decision" else None
    if decide:
        return LIMITS[LOOP["clocks"]["recheck"] if decide.get("pathway") else decide["limit"]]
    return LIMITS[LOOP["clocks"][kind]] if kind in LOOP["clocks"] else None


def _listed(value) -> list:
    return value if isinstance(value, list) else [] if value is None else [value]
