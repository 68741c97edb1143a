"""The vaccination booklet of a child: what was written down of it, how the page sends it, and how it is stored.

Every place that copied the booklet has one entry of kind `vaccination` with all its doses; typing more, or putting one
right, is a new revision of it. Read together they are the booklet: of the same dose the word written last counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from mengya_health.access.permissions import Permission, require
from mengya_health.content.vaccines import VaccineSchedule
from mengya_health.errors import Conflict, Invalid
from mengya_health.fields import Choice, Form, LocalDate, PlainText, Ticked, WholeNumber
from mengya_health.people.facts import ChildFacts
from mengya_health.record.commands import correct_entry, may_correct, record_entry
from mengya_health.record.models import Entry
from mengya_health.record.queries import OpenEntry, entries_of_kind
from mengya_health.screening.schedule import born
from mengya_health.screening.vaccines import Given, Vaccinee

VACCINATION = "vaccination"
SOURCES = ("booklet", "system", "told")  # 接种证, 免疫规划信息系统, 家长口述
HBSAG = ("negative", "positive", "unknown")
BLANK_ROWS = 3  # for a vaccine that has no line of its own
MOST_DOSES = 9
LONGEST_BATCH, LONGEST_PLACE = 30, 60

Key = tuple[str, int]  # vaccine code and number of the dose


@dataclass(frozen=True)
class Recorded:
    """One dose as it was written down."""

    on: date
    batch: str = ""
    place: str = ""
    source: str = ""


@dataclass(frozen=True)
class Booklet:
    """What is known of a child's vaccinations. `is_empty`: nobody has copied the booklet yet."""

    doses: Mapping[Key, Recorded] = field(default_factory=lambda: MappingProxyType({}))
    mother_hbsag: str | None = None
    is_special: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.doses


def booklet_in(entries: Iterable[OpenEntry]) -> Booklet:
    """Return the booklet that these entries make up; other kinds of entries are passed over."""
    copies = [each for each in entries if each.kind == VACCINATION and each.status == "active"]
    copies.sort(key=lambda each: each.recorded_at)
    doses: dict[Key, Recorded] = {}
    for copy in copies:
        doses |= doses_in(copy.content)
    said = [each.content["mother_hbsag"] for each in copies if each.content["mother_hbsag"]]
    special = bool(copies) and copies[-1].content["special_state"]
    return Booklet(MappingProxyType(doses), said[-1] if said else None, special)


def doses_in(content: Mapping) -> dict[Key, Recorded]:
    """Return the doses of one entry."""
    return {
        (each["vaccine"], each["dose"]): Recorded(
            date.fromisoformat(each["on"]), each["batch"], each["place"], each["source"]
        )
        for each in content["doses"]
    }


def vaccinee(work, child: ChildFacts, booklet: Booklet) -> Vaccinee:
    """Return what the schedule is worked out from for a child."""
    return Vaccinee(
        birth_on=child.birth_on,
        birth_weight_g=born(child).get("BW_G"),
        mother_hbsag=booklet.mother_hbsag,
        is_special=booklet.is_special,
        region=work.settings.region,
        given=tuple(Given(code, dose, each.on) for (code, dose), each in booklet.doses.items()),
    )


def own_copy(work, child: ChildFacts, entries: Iterable[OpenEntry]) -> OpenEntry | None:
    """Return the entry that the actor goes on with: their own place's; None where there is none yet."""
    copies = [each for each in entries if each.kind == VACCINATION and each.status == "active"]
    return next((each for each in reversed(copies) if may_correct(work, child, each)), None)


def lines_to_fill(schedule: VaccineSchedule, region: str, booklet: Booklet) -> list[Key]:
    """Return the doses that have a line on the page: those of the schedule, then whatever else is written down."""
    local = [each for each in schedule.local if region.startswith(each.region.rstrip("0"))]
    usual = [(each.code, dose.dose) for each in (*schedule.vaccines, *local) for dose in each.doses]
    return usual + sorted(set(booklet.doses) - set(usual))


def typed_booklet(booklet: Booklet, own: OpenEntry | None) -> dict[str, str]:
    """Return the booklet as its page's form holds it."""
    typed = {}
    for (code, dose), each in booklet.doses.items():
        typed |= {f"on_{code}_{dose}": each.on.isoformat(), f"batch_{code}_{dose}": each.batch}
    if own:
        typed["row_version"] = str(own.row_version)
    return typed | {"mother_hbsag": booklet.mother_hbsag or "", "special_state": "yes" if booklet.is_special else ""}


def record_booklet(work, child: ChildFacts, sent: Mapping) -> Entry:
    """Store what the page of the booklet sent: the first copy of it, or a new revision of this place's own.

    A day before birth or to come is refused by field. A dose that came too early is kept: whether it counts is for the
    vaccination clinic (`vaccines.ASK_CLINIC`). A dose that somebody else wrote down can be put right, not taken out.
    Raises Invalid, NotPermitted, Conflict with both texts under the form's names.
    """
    require(work.actor, Permission.WRITE_HEALTH, child.subject)
    entries = entries_of_kind(work, child, VACCINATION)
    booklet, own = booklet_in(entries), own_copy(work, child, entries)
    said = _form(work, booklet).load(sent)
    content = _content(work, child, booklet, own, said)
    if own is None:
        return record_entry(work, child, section="health", kind=VACCINATION, content=content, happened_on=work.today)
    try:
        entry = correct_entry(work, child, own.id, content=content, row_version=said.get("row_version", 0))
    except Conflict as conflict:
        raise conflict.in_words_of(_as_typed) from conflict
    entry.happened_on = work.today
    return entry


# --- inside -----------------------------------------------------------------------------------------------------------


def _form(work, booklet: Booklet) -> Form:
    """Return the schema of the page for a child whose booklet stands like this."""
    schedule = work.content.vaccination
    made: dict = {
        "source": Choice(*SOURCES, load_default=""),
        "place": PlainText(longest=LONGEST_PLACE, load_default=""),
        "mother_hbsag": Choice(*HBSAG, load_default=None),
        "special_state": Ticked(load_default=False),
        "row_version": WholeNumber(low=1, high=10**9),
    }
    for code, dose in lines_to_fill(schedule, work.settings.region, booklet):
        made[f"on_{code}_{dose}"] = LocalDate()
        made[f"batch_{code}_{dose}"] = PlainText(longest=LONGEST_BATCH)
    for row in range(BLANK_ROWS):
        made[f"more_{row}_vaccine"] = Choice(*schedule.recorded)
        made[f"more_{row}_dose"] = WholeNumber(low=1, high=MOST_DOSES)
        made[f"more_{row}_on"] = LocalDate()
        made[f"more_{row}_batch"] = PlainText(longest=LONGEST_BATCH)
    return Form.from_dict(made, name="BookletForm")()


def _content(work, child: ChildFacts, booklet: Booklet, own: OpenEntry | None, said: Mapping) -> dict:
    """Return this place's copy: of what stands with another place only what was changed."""
    typed = _typed_doses(work, child, booklet, said)
    mine = doses_in(own.content) if own else {}
    kept: dict[Key, Recorded] = {}
    for key, (on, batch) in typed.items():
        stored = booklet.doses.get(key)
        if stored and (stored.on, stored.batch) == (on, batch):
            if key in mine:
                kept[key] = mine[key]
        else:
            kept[key] = Recorded(on, batch, said["place"], said["source"])
    if any(key not in mine or mine[key] != each for key, each in kept.items()) and not said["source"]:
        raise Invalid(fields={"source": ["请选这些日期是从哪里看到的。 Say where these dates come from."]})
    return {
        "doses": [
            {"vaccine": code, "dose": dose, "on": each.on.isoformat()}
            | {"batch": each.batch, "place": each.place, "source": each.source}
            for (code, dose), each in sorted(kept.items())
        ],
        "mother_hbsag": said["mother_hbsag"],
        "special_state": said["special_state"],
    }


def _typed_doses(work, child: ChildFacts, booklet: Booklet, said: Mapping) -> dict[Key, tuple[date, str]]:
    """Return day and batch of every dose on the page. Raises Invalid with a message for each day that cannot be."""
    wrong: dict[str, list[str]] = {}
    typed: dict[Key, tuple[date, str]] = {}
    for code, dose in lines_to_fill(work.content.vaccination, work.settings.region, booklet):
        name = f"on_{code}_{dose}"
        if name in said:
            typed[code, dose] = said[name], said.get(f"batch_{code}_{dose}", "")
            _check_day(work, child, said[name], name, wrong)
        elif said.get(f"batch_{code}_{dose}"):
            wrong[name] = ["写了批号，请把哪天打的也写上。 There is a batch; write the day as well."]
    for row in range(BLANK_ROWS):
        _add_more(work, child, said, f"more_{row}", typed, wrong)
    if wrong:
        raise Invalid(fields=wrong)
    return typed


def _add_more(work, child: ChildFacts, said: Mapping, row: str, typed: dict, wrong: dict) -> None:
    """Read one of the rows in which the vaccine is chosen."""
    if not any(said.get(f"{row}_{part}") for part in ("vaccine", "on", "batch")):
        return
    missing = [part for part in ("vaccine", "dose", "on") if not said.get(f"{row}_{part}")]
    for part in missing:
        wrong[f"{row}_{part}"] = ["疫苗、第几剂、哪一天，三样都要写。 Vaccine, dose and day are all needed."]
    if missing:
        return
    key = said[f"{row}_vaccine"], said[f"{row}_dose"]
    if key in typed:
        wrong[f"{row}_dose"] = ["这一剂上面已经有了，请改上面那一行。 This dose has a line above; change it there."]
    typed.setdefault(key, (said[f"{row}_on"], said.get(f"{row}_batch", "")))
    _check_day(work, child, said[f"{row}_on"], f"{row}_on", wrong)


def _check_day(work, child: ChildFacts, on: date, name: str, wrong: dict) -> None:
    if on < child.birth_on:
        wrong[name] = [f"比出生日期 {child.birth_on} 还早，请再看一眼接种证。 Before the day of birth; look again."]
    elif on > work.today:
        wrong[name] = ["这一天还没到，打过了再记。 A day to come; write it down when it has been given."]


def _as_typed(content: Mapping) -> dict[str, str]:
    typed = {}
    for (code, dose), each in doses_in(content).items():
        typed |= {f"on_{code}_{dose}": each.on.isoformat(), f"batch_{code}_{dose}": each.batch}
    return typed
