"""The morning and noon checks of a class: one sheet for each child and month, kept by the class's staff together.

A sheet and not an entry a day: five hundred green cards a year would bury everything else a record says. Each save is a
revision, so who wrote what and when stays readable. Source: `daily_check` of behaviours.yaml.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

from mengya_health.care import follow_through
from mengya_health.content.daily_checks import DailyCheck
from mengya_health.errors import Invalid, NotNow
from mengya_health.people.facts import ChildFacts
from mengya_health.record.commands import record_entry, revise_sheets
from mengya_health.record.queries import OpenEntry, entries_of_children
from mengya_health.screening.clusters import Cluster, Sick, clusters
from mengya_health.work import LOCAL

KIND = "daily_check"
PARTS = ("morning", "noon")
GREEN, YELLOW, RED = "绿", "黄", "红"
# What one press says of a child: well, at home ill, at home for another reason.
PRESSED = {
    "well": {"presence": "here", "card": GREEN},
    "ill": {"presence": "ill"},
    "leave": {"presence": "leave"},
}
AWAY = ("ill", "leave")  # not here, for whichever reason
SEEN = "seen"  # something was written about the child, on a page of its own
DAYS_LATE = 7  # how long a check that found no network may come late; as long as drafts are kept (ux.md §11)
DAYS_LOOKED_BACK = 31  # a sheet bears the first day of its month that was written


@dataclass(frozen=True)
class Sheets:
    """The sheets of some children: `entries` by child and place and month, `checks` by child, day and part."""

    entries: Mapping[UUID, OpenEntry]
    checks: Mapping[tuple[UUID, date, str], dict]

    def state(self, child_id: UUID, on: date, part: str) -> str:
        """Return what stands on the sheet: well, ill, leave, seen, or "" for nothing yet."""
        return state_of(self.checks.get((child_id, on, part)))


def state_of(check: Mapping | None) -> str:
    """Return what a check says in one word."""
    if check is None:
        return ""
    said = {name: value for name, value in check.items() if name not in ("by", "at")}
    return next((word for word, pressed in PRESSED.items() if said == pressed), SEEN)


def sheets_of(work, children: Iterable[ChildFacts], *, since: date | None = None) -> Sheets:
    """Return the sheets of these children from the month of a day (today's) on; those closed to the actor are left."""
    by_id = {child.id: child for child in children}
    first = (since or work.today).replace(day=1)
    return sheets_in(entries_of_children(work, by_id, (KIND,), since=first)) if by_id else Sheets({}, {})


def sheets_in(entries: Iterable[OpenEntry]) -> Sheets:
    """Return the sheets among some entries."""
    sheets = [entry for entry in entries if entry.kind == KIND]
    checks = {
        (entry.child_id, entry.happened_on.replace(day=int(day[1:])), part): check
        for entry in sheets
        for day, parts in entry.content["days"].items()
        for part, check in parts.items()
    }
    return Sheets({entry.id: entry for entry in sheets}, checks)


def check_class(
    work,
    children: list[ChildFacts],
    part: str,
    *,
    pressed: Mapping[UUID, str],
    shown: Mapping[UUID, str],
    rest: bool,
    on: date | None = None,
) -> list[ChildFacts]:
    """Write what was pressed for a class on a day (today); with `rest` everybody of whom nothing is said is well.

    `shown` is what the page had shown of each child: only what was changed on it is written. Returns the children of
    whom a colleague has meanwhile said something else; theirs stands. Raises NotPermitted, NotNow for a day long past.
    """
    on = require_recent(work, on)
    sheets, wanted, kept = sheets_of(work, children, since=on), {}, []
    for child in children:
        now, said = sheets.state(child.id, on, part), pressed.get(child.id, "")
        if said and said != shown.get(child.id, "") and said != now:
            if now != shown.get(child.id, ""):
                kept.append(child)
            else:
                wanted[child.id] = said
        elif rest and not now and _is_expected(sheets, child, part, on):
            wanted[child.id] = "well"
    # Else each child's lock would send what was written of the one before: one statement more for every row.
    with work.session.no_autoflush:
        _write(work, [child for child in children if child.id in wanted], sheets, part, on, wanted)
    return kept


def check_child(work, child: ChildFacts, part: str, check: dict, *, shown: str, on: date | None = None) -> None:
    """Write what was found of one child on a day (today), and open the follow-through where it asks for one.

    `shown` is the `fingerprint` of what the page had shown. Raises NotNow where a colleague has written since or the
    day is long past, Invalid for a green card with a fever, NotPermitted.
    """
    on = require_recent(work, on)
    sheets = sheets_of(work, [child], since=on)
    before = sheets.checks.get((child.id, on, part))
    if fingerprint(before) != shown:
        raise NotNow(
            "您打开以后，同事也记了这个孩子。请对照下面两份，再保存一次。",
            "A colleague has written about this child since. Compare both below and save again.",
        )
    require_fitting_card(work.content.behaviours.daily_check, check)
    _write(work, [child], sheets, part, on, {child.id: check})
    if asks_for_follow_through(check):
        follow_through.begin(work, child)


def require_recent(work, on: date | None) -> date:
    """Return the day a check is of, today where none is said: a page may be saved days after it was filled in.

    Raises NotNow for a day to come or longer ago than DAYS_LATE.
    """
    on = on or work.today
    if not timedelta() <= work.today - on <= timedelta(days=DAYS_LATE):
        raise NotNow(
            f"这一页是 {on} 的，只能补记 {DAYS_LATE} 天以内的。请记在纸质登记表上。",
            f"This page is of {on}; only the last {DAYS_LATE} days can be added. Please use the paper sheet.",
        )
    return on


def fingerprint(check: Mapping | None) -> str:
    """Return what tells a check apart from what a colleague made of it: who wrote it last, and when."""
    return f"{check['by']} {check['at']}" if check else ""


def has_fever(daily: DailyCheck, check: Mapping) -> bool:
    """Return whether the temperature reaches the threshold of the file (axillary, °C)."""
    return bool(check.get("temperature")) and Decimal(check["temperature"]) >= daily.fever_from_celsius


def symptoms_of(daily: DailyCheck, check: Mapping) -> tuple[str, ...]:
    """Return which of the symptoms that are counted a check names."""
    named = {*check.get("symptoms", ()), *check.get("seen", ())}
    if has_fever(daily, check):
        named.add(daily.step("MC1").threshold["symptom"])
    return tuple(each for each in daily.symptoms if each in named)


def asks_for_follow_through(check: Mapping) -> bool:
    """Return whether somebody has to see to it: a yellow or red card, something at noon, a child at home ill."""
    return check.get("card") in (YELLOW, RED) or bool(check.get("columns")) or check["presence"] == "ill"


def require_fitting_card(daily: DailyCheck, check: Mapping) -> None:
    """Raise Invalid for a green card although the temperature reaches the threshold."""
    if check.get("card") == GREEN and has_fever(daily, check):
        limit = daily.fever_from_celsius
        zh = f"体温 {check['temperature']}℃，到了 {limit}℃：请改发黄牌或红牌，留观并通知家长；量错了就改体温。"
        en = f"{check['temperature']} °C reaches {limit} °C: give a yellow or red card, or correct the temperature."
        raise Invalid(fields={"card": [f"{zh} {en}"]})


def clusters_in(work, children: Iterable[ChildFacts], sheets: Sheets, exclusions: Iterable[OpenEntry]) -> list[Cluster]:
    """Return the clusters of these children, of symptoms on their sheets and of infections written down."""
    daily, groups = work.content.behaviours.daily_check, {child.id: child.group_id for child in children}
    sick = [
        Sick(child_id, groups[child_id], what, on)
        for (child_id, on, _part), check in sheets.checks.items()
        if groups.get(child_id)
        for what in symptoms_of(daily, check)
    ]
    for entry in exclusions:
        on = entry.content.get("onset_on")
        if groups.get(entry.child_id):
            on = date.fromisoformat(on) if on else entry.happened_on
            sick.append(Sick(entry.child_id, groups[entry.child_id], entry.content["disease"], on))
    sizes = defaultdict(int)
    for group_id in groups.values():
        sizes[group_id] += 1
    return clusters(work.content.behaviours, sick, sizes, work.today)


def looked_back_to(work) -> date:
    """Return the day from which on sheets are read to see the last weeks."""
    return (work.today - timedelta(days=DAYS_LOOKED_BACK)).replace(day=1)


def _is_expected(sheets: Sheets, child: ChildFacts, part: str, on: date) -> bool:
    """Return whether a child is here: at noon those who did not come in the morning are not looked at."""
    return part == "morning" or sheets.state(child.id, on, "morning") not in AWAY


def _write(
    work, children: list[ChildFacts], sheets: Sheets, part: str, on: date, wanted: Mapping[UUID, str | dict]
) -> None:
    local, revised = work.now.astimezone(LOCAL), []
    place = follow_through.place_of_class(work)
    for child in children:
        said = wanted[child.id]
        check = dict(PRESSED[said] if isinstance(said, str) else said)
        check |= {"by": work.actor.user_id.hex, "at": f"{local:%H:%M:%S}"}
        id = uuid5(child.id, f"{KIND} {place} {on:%Y-%m}")
        opened = sheets.entries.get(id)
        content = _with(opened, on, part, check)
        if opened:
            revised.append((child, opened, content))
        else:
            record_entry(work, child, section="behaviour", kind=KIND, content=content, happened_on=on, id=id)
        if isinstance(said, str) and asks_for_follow_through(check):
            follow_through.begin(work, child)
    revise_sheets(work, revised)
    work.session.flush()


def _with(opened: OpenEntry | None, on: date, part: str, check: dict) -> dict:
    days = {day: dict(parts) for day, parts in opened.content["days"].items()} if opened else {}
    days.setdefault(f"d{on:%d}", {})[part] = check
    return {"days": days}
