"""Write an observation, and tell the doctor where the concern rule says so: once, while nobody has answered it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import select

from mengya_health.care.concerns import raise_concern
from mengya_health.care.models import OPEN_TASK, Task
from mengya_health.care.tasks import open_body
from mengya_health.content.behaviours import Behaviour
from mengya_health.errors import NotFound, NotNow
from mengya_health.people.facts import ChildFacts
from mengya_health.record.commands import correct_entry, end_entry, record_entry
from mengya_health.record.queries import OpenEntry, entries_of_kind, find_entry
from mengya_health.screening.observing import Scores, Signals, signals

# Section of the hand → the kind of its observations. Nothing that asks what a class has seen counts a family's.
KIND_OF_SECTION = {"behaviour": "observation", "family": "home_observation"}
STRUCK = "entered-in-error"  # FHIR's word for what was written by mistake
# What the doctor is told, in the words of the clinic and in those that everybody reads.
SAID = {
    "regressed": ("观察提示：原来会、现在不会，请尽快看", "“%s”原来会，最近没有看到，请医生看看。"),
    "linked": ("观察提示：请做预警征象筛查", "“%s”暂未观察到，请医生看看。"),
}


def record_observation(work, child: ChildFacts, *, section: str, content: dict, happened_on: date) -> bool:
    """Write an observation of a class ("behaviour") or a family; return whether the doctor is told of something new.

    Raises NotFound, NotPermitted.
    """
    kind = KIND_OF_SECTION[section]
    record_entry(work, child, section=section, kind=kind, content=content, happened_on=happened_on)
    return _tell_what_is_new(work, child, kind)


def correct_observation(work, child: ChildFacts, entry_id: UUID, *, content: dict, row_version: int) -> bool:
    """Put other words in place of an observation; the former stay readable. Returns whether the doctor is told of them.

    Raises NotFound, NotPermitted, Conflict as `correct_entry`, NotNow for one that was struck.
    """
    require_not_struck(find_entry(work, child, entry_id))
    entry = correct_entry(work, child, entry_id, content=content, row_version=row_version)
    return _tell_what_is_new(work, child, entry.kind)


def strike_observation(work, child: ChildFacts, entry_id: UUID, *, row_version: int) -> None:
    """Say that an observation was written by mistake: nothing counts it any more, what it said stays in its versions.

    Raises what `correct_observation` raises.
    """
    opened = find_entry(work, child, entry_id)
    require_not_struck(opened)
    content = {**opened.content, "items": [], "logs": [], "note": "", "struck": True}
    correct_entry(work, child, entry_id, content=content, row_version=row_version)
    end_entry(work, child, entry_id, STRUCK)


def require_not_struck(opened: OpenEntry) -> None:
    """Raise NotFound for what is no observation of a class, NotNow for one that was struck."""
    if opened.kind != KIND_OF_SECTION["behaviour"]:
        raise NotFound
    if opened.status == STRUCK:
        raise NotNow("这一条已经删掉了。", "This entry has been struck already.")


def _tell_what_is_new(work, child: ChildFacts, kind: str) -> bool:
    work.session.flush()
    found = signals_of(work, child, entries_of_kind(work, child, kind))
    told = _matters_open(work, child)
    new = {why: [item for item in getattr(found, why) if f"{why}:{item.code}" not in told] for why in SAID}
    # What was there and is no more is the greater matter: it is not said twice.
    new["linked"] = [item for item in new["linked"] if item not in found.regressed]
    for why, items in new.items():
        if items:
            _tell(work, child, why, items)
    return any(new.values())


def record_meals(work, children: Iterable[ChildFacts], *, how: Mapping[UUID, str], happened_on: date) -> None:
    """Write how each of these children ate, where `how` has a word for it (`meal` of the page of a child).

    Raises NotPermitted.
    """
    for child in children:
        if child.id not in how:
            continue
        logs = [{"name": "meal", "value": how[child.id]}]
        content = {"domain": "eat", "items": [], "logs": logs, "note": "", "setting": "class"}
        record_entry(work, child, section="behaviour", kind="observation", content=content, happened_on=happened_on)


def signals_of(work, child: ChildFacts, observations: Iterable[OpenEntry]) -> Signals:
    """Return what the concern rule says today of one hand's observations."""
    return signals(work.content, scores_in(observations), child.corrected_months(work.today))


def scores_in(observations: Iterable[OpenEntry]) -> Scores:
    """Return each item's scores in the order in which they were seen."""
    scores = defaultdict(list)
    for entry in sorted(observations, key=lambda entry: (entry.happened_on, entry.recorded_at)):
        for each in entry.content.get("items", ()):
            scores[each["code"]].append(each["score"])
    return scores


def _tell(work, child: ChildFacts, why: str, items: list[Behaviour]) -> None:
    title, sentence = SAID[why]
    text = sentence % "、".join(item.text for item in items)
    asks = {"title": title, "matters": [f"{why}:{item.code}" for item in items]}
    raise_concern(work, child.id, text=text, asks=asks)


def _matters_open(work, child: ChildFacts) -> set[str]:
    chosen = select(Task).where(Task.child_id == child.id, Task.kind == "concern", Task.status.in_(OPEN_TASK))
    return {matter for task in work.session.scalars(chosen) for matter in open_body(work, task).get("matters", ())}
