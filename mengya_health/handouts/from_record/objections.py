"""What a family says against the entries a paper is made from: it stands on the paper until they close it."""

from collections.abc import Iterable

from mengya_health.handouts.content import MOST_OBJECTIONS, Objection
from mengya_health.handouts.from_record.lines import day_text
from mengya_health.handouts.from_record.sheet import fitted
from mengya_health.people.facts import ChildFacts
from mengya_health.record.disputes import KEPT, DisputeNote, disputes_about
from mengya_health.record.queries import OpenEntry
from mengya_health.work import LOCAL


def objections_to(work, child: ChildFacts, entries: Iterable[OpenEntry]) -> tuple[Objection, ...]:
    """Return the objections to these entries, unanswered ones first; the last line says how many more there are."""
    notes = sorted(disputes_about(work, child, entries), key=lambda note: (bool(note.answer), note.raised_at))
    shown = notes if len(notes) <= MOST_OBJECTIONS else notes[: MOST_OBJECTIONS - 1]
    lines = [_objection(work, note) for note in shown]
    if len(notes) > len(shown):
        lines.append(Objection(when="", text=f"另有 {len(notes) - len(shown)} 条，见电子档案"))
    return tuple(lines)


def _objection(work, note: DisputeNote) -> Objection:
    kept = "（家长看过答复，保留异议）" if note.status == KEPT else ""
    room = 60 - len(kept)
    answer = " ".join(note.answer.split())
    return Objection(
        when=day_text(note.raised_at.astimezone(LOCAL).date(), work.today),
        text=fitted(Objection, "text", note.text),
        answer=(answer if len(answer) <= room else f"{answer[: room - 1]}…") + kept if answer else "",
    )
