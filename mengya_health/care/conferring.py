"""Call a case conference, write down what it concluded, follow each point to its fate, tell the family."""

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from mengya_health.access.permissions import Permission
from mengya_health.care.conferences import (
    CANCELLED,
    CHAIRS,
    KIND,
    READS,
    Conference,
    end_if_over,
    find_conference,
    own_tasks,
    require_going,
    revise,
)
from mengya_health.care.deidentified import findings_in, require_nameless
from mengya_health.care.loop import loop_of
from mengya_health.care.models import CLOSED_STATES
from mengya_health.care.queries import OpenCase, find_case
from mengya_health.care.tasks import end_task, start_task
from mengya_health.db import new_id
from mengya_health.errors import Invalid, NotNow
from mengya_health.people.commands import end_tie, tie_child
from mengya_health.people.facts import ChildFacts
from mengya_health.people.rota import Colleague, chair_on, colleagues
from mengya_health.record.commands import correct_entry, end_entry, may_correct, record_entry
from mengya_health.record.models import Entry
from mengya_health.record.queries import entries_of_case, find_entry

NOTE = "conference_note"  # what the family reads of it: an entry like any other of the clinic's
LONGEST_AHEAD = timedelta(days=60)
MOST_READERS = 10


def call_conference(
    work,
    case_id: UUID,
    *,
    held_on: date | None,
    question: str,
    entry_ids: Iterable[UUID] = (),
    reader_ids: Iterable[UUID] = (),
    is_family_told: bool = False,
) -> Entry:
    """Ask people of the district to confer about a case; the rota of that day names the chair.

    They read the question, age and sex, and what the chosen entries found, until `conference_days` after that day. The
    family has been told before, and reads at once that it takes place. Raises Invalid, NotNow, NotFound, NotPermitted.
    """
    opened = find_case(work, case_id, permission=Permission.WRITE_HEALTH)
    child = opened.child
    _require_possible(opened)
    _require_filled(work, held_on, question, is_family_told)
    chair = _chair(work, child, held_on)
    readers = _readers(work, child, chair, list(reader_ids))
    require_nameless(work, child, {"question": question})
    said = {"question": question, "findings": _findings(work, opened, set(entry_ids))}
    content = _who_and_when(work, child, held_on, chair, readers) | said
    entry = _write(work, opened, content)
    _open_to(work, child, entry, chair, readers, until=date.fromisoformat(content["until"]))
    body = {"title": "会商：记结论"}
    start_task(
        work, child, kind=KIND, whose_turn="doctor", due_on=held_on, body=body, case=opened.case, subject_id=entry.id
    )
    work.session.flush()
    return entry


def tell_family(work, conference_id: UUID, *, text: str, row_version: int) -> None:
    """Let the family read, in the doctor's words, what the conference concluded. May be said again, corrected.

    Raises Invalid without a text, NotNow before anything was concluded, Conflict, NotFound, NotPermitted.
    """
    found = find_conference(work, conference_id, Permission.WRITE_HEALTH)
    _require_not_cancelled(found)
    if not found.points:
        raise NotNow("还没有记结论，先记一条。", "Nothing is concluded yet; write that down first.")
    if not text.strip():
        raise Invalid(fields={"for_family": ["请写几句给家长看的话。 Please write what the family reads."]})
    note = _tell(work, found, _note(found.said, found.entry.id) | {"conclusions": text})
    for task in own_tasks(work, found):
        end_task(work, task)
    today = work.today.isoformat()
    revise(work, found, {"note": str(note.id), "told_family_on": today}, row_version)
    end_if_over(work, found, today)


def cancel_conference(work, conference_id: UUID, *, reason: str, row_version: int) -> None:
    """Call a conference off before anything was concluded: who was asked reads it no longer, the family reads why.

    Raises Invalid without a reason, NotNow, Conflict, NotFound, NotPermitted.
    """
    found = find_conference(work, conference_id, Permission.WRITE_HEALTH)
    require_going(found)
    if found.points:
        raise NotNow("已经记了结论，不能再取消。", "Something was concluded already; it cannot be called off.")
    if not reason.strip():
        raise Invalid(fields={"reason": ["请写一句为什么取消。 Please say why."]})
    for tie in found.child.subject.current(KIND):
        if tie.basis_id == found.entry.id:
            end_tie(work, found.child, tie.id)
    for task in own_tasks(work, found):
        end_task(work, task, status="cancelled", reason="other", text=reason)
    _tell(work, found, _note(found.said, found.entry.id) | {"conclusions": f"这次会商取消了：{reason}"})
    revise(work, found, {"cancelled": reason}, row_version)
    end_entry(work, found.child, found.entry.id, CANCELLED)
    work.session.flush()


def invitable(child: ChildFacts, staff: Iterable[Colleague]) -> list[Colleague]:
    """Return whom of the district's staff a doctor may ask to a conference; the child's own doctors read it anyway."""
    return [each for each in staff if (each.role, each.place_id) != ("doctor", child.clinic_id)]


# --- inside -----------------------------------------------------------------------------------------------------------


def _require_possible(opened: OpenCase) -> None:
    if opened.case.state in CLOSED_STATES:
        raise NotNow("个案已经结束。要会商，请先再次打开。", "The case is closed; open it again first.")
    if opened.child.subject.is_disputed("P1"):
        raise NotNow(
            "监护人对建档同意意见不一，这期间不向外共享。请先处理。",
            "The guardians disagree about the record; nothing is shared until that is settled.",
        )


def _chair(work, child: ChildFacts, held_on: date) -> Colleague:
    chair = chair_on(work, child.clinic_id, held_on)
    if chair is None:
        raise NotNow(
            f"{held_on} 没有轮值主持人。请区级管理在“轮值”里排上，或换一天。",
            "The rota names no chair for that day. Ask the district's manager, or choose another day.",
        )
    _require_no_kin(child, chair)
    return chair


def _require_no_kin(child: ChildFacts, person: Colleague) -> None:
    kin = {tie.user_id for kind in ("guardian", "caregiver", "restricted") for tie in child.subject.current(kind)}
    if person.user_id in kin:
        message = f"{person.name}是孩子的家人，不能参加。 {person.name} is family of this child."
        raise Invalid(fields={"readers": [message]})


def _readers(work, child: ChildFacts, chair: Colleague, wanted: list[UUID]) -> list[Colleague]:
    offered = {each.user_id: each for each in invitable(child, colleagues(work, [child.clinic_id]))}
    if not set(wanted) <= set(offered):
        raise Invalid(fields={"readers": ["请从列表里选。 Please choose from the list."]})
    chosen = [offered[each] for each in dict.fromkeys(wanted) if each != chair.user_id]
    for person in chosen:
        _require_no_kin(child, person)
    if not chosen or len(chosen) > MOST_READERS:
        message = f"请选 1 到 {MOST_READERS} 位。 Choose one to {MOST_READERS} people."
        raise Invalid(fields={"readers": [message]})
    return chosen


def _require_filled(work, held_on: date | None, question: str, is_family_told: bool) -> None:
    wrong = {}
    if held_on is None or not work.today <= held_on <= work.today + LONGEST_AHEAD:
        wrong["held_on"] = ["请选今天到 60 天以内的日子。 Choose a day within 60 days."]
    if not question.strip():
        wrong["question"] = ["请写一句想商量什么。 Please write what you want to confer about."]
    if not is_family_told:
        wrong["is_family_told"] = ["请先告诉家长：要请谁、他们看到什么。 Tell the family first."]
    if wrong:
        raise Invalid(fields=wrong)


def _findings(work, opened: OpenCase, entry_ids: set[UUID]) -> list:
    """Return what the chosen entries found, without day or words (`findings_in`)."""
    entries = entries_of_case(work, opened.child, opened.case.id, also=("screening",))
    chosen = [each for each in entries if each.id in entry_ids]
    return findings_in(work.content, opened.child, chosen, about=opened.body.get("triggers", ()))


def _who_and_when(work, child: ChildFacts, held_on: date, chair: Colleague, readers: list[Colleague]) -> dict:
    """Return the rest of what a conference begins with: whom it is about, unnamed, and who confers."""
    return {
        "held_on": held_on.isoformat(),
        "until": (held_on + timedelta(days=loop_of(work.content).limits.conference_days)).isoformat(),
        "age_months": child.age_months(work.today),
        "corrected_months": child.corrected_months(work.today) if child.uses_corrected_age(work.today) else "",
        "sex": child.sex,
        "chair": _person(chair),
        "readers": [_person(each) for each in readers],
        "points": [],
        "note": "",
        "told_family_on": "",
        "cancelled": "",
    }


def _write(work, opened: OpenCase, content: dict) -> Entry:
    """Store the conference, and beside it the note that the family reads; each names the other."""
    about = {"happened_on": work.today, "case_id": opened.case.id, "round": opened.case.round, "section": "health"}
    conference_id = new_id()
    note = record_entry(work, opened.child, kind=NOTE, content=_note(content, conference_id), **about)
    said = content | {"note": str(note.id)}
    return record_entry(work, opened.child, kind=KIND, content=said, id=conference_id, **about)


def _open_to(work, child: ChildFacts, entry: Entry, chair: Colleague, readers: list[Colleague], *, until: date) -> None:
    """Tie the chair and everybody asked to this one entry, up to and with the day named."""
    for person in (chair, *readers):
        tie_child(
            work,
            child.id,
            kind=KIND,
            user_id=person.user_id,
            authority=CHAIRS if person is chair else READS,
            basis_id=entry.id,
            to_on=until + timedelta(days=1),
        )


def _person(who: Colleague) -> dict:
    return {"id": str(who.user_id), "name": who.name, "role": who.role, "place": who.place}


def _note(content: dict, conference_id: UUID) -> dict:
    """Return what the family reads: when, which places, how much they see; the conclusions come later."""
    places = "、".join(dict.fromkeys(each["place"] for each in (content["chair"], *content["readers"])))
    text = (
        f"门诊在 {content['held_on']} 请{places}的人一起商量。"
        f"没有认识孩子的人看到的内容里，没有姓名、出生日期、门诊和园所，只能看到 {content['until']}。"
    )
    return {"text": text, "conference": str(conference_id), "conclusions": ""}


def _tell(work, found: Conference, content: dict) -> Entry:
    """Put what the family reads into its note; a clinic that took the child over writes one of its own."""
    note = find_entry(work, found.child, UUID(found.said["note"]))
    if may_correct(work, found.child, note):
        return correct_entry(work, found.child, note.id, content=content, row_version=note.row_version)
    about = {"happened_on": work.today, "case_id": found.entry.case_id, "round": found.entry.round}
    return record_entry(work, found.child, section="health", kind=NOTE, content=content, **about)


def _require_not_cancelled(found: Conference) -> None:
    if found.entry.status == CANCELLED:
        raise NotNow("这次会商取消了。", "This conference was called off.")
