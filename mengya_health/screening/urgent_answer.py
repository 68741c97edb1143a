"""What is said about an urgent finding before it is stored: weighed, told, and what happens today. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from marshmallow import fields

from mengya_health.content import Content
from mengya_health.errors import Invalid
from mengya_health.fields import Choice, PlainText
from mengya_health.screening.urgent import Urgent, circumstances, weighed_in

ARRANGED, CALLED, DECLINED, RECHECK = "arranged", "called_120", "declined", "recheck"
ANSWERS = (ARRANGED, CALLED, DECLINED, RECHECK)
LONGEST_NOTE, MOST_SEEN = 200, 400


class NotSaid(Invalid):
    """Something urgent stands in the form, and nobody has said yet what happens today. Nothing is stored."""

    zh = "有要当日就诊的发现：请先写明今天怎么办，再保存。已填的内容都还在。"
    en = "Something here must be seen today: say first what happens now, then save. Nothing you typed is lost."


@dataclass(frozen=True)
class UrgentAnswer:
    """As answered in the form. `seen` are the codes that stood on the page, `weighed` code → whether it holds."""

    seen: frozenset[str] = frozenset()
    answer: str = ""
    note: str = ""
    weighed: Mapping[str, bool] = field(default_factory=dict)


UNSAID = UrgentAnswer()


def answer_fields(content: Content) -> dict[str, fields.Field]:
    """Return the form fields of the answer; each is asked for only where something urgent is found."""
    weighed = {name: Choice("0", "1") for name in circumstances(content).values()}
    return weighed | {
        "urgent_seen": PlainText(longest=MOST_SEEN),
        "urgent_answer": Choice(*ANSWERS),
        "urgent_note": PlainText(longest=LONGEST_NOTE),
    }


def answer_labels(content: Content) -> dict[str, str]:
    """Return what these fields are called in the summary of what is wrong."""
    weighed = dict.fromkeys(circumstances(content).values(), "是不是这样")
    return weighed | {"urgent_seen": "当日就诊", "urgent_answer": "今天怎么办", "urgent_note": "怎么说的"}


def answer_from(content: Content, loaded: Mapping) -> UrgentAnswer:
    """Return the answer in a loaded form."""
    return UrgentAnswer(
        seen=frozenset((loaded.get("urgent_seen") or "").split()),
        answer=loaded.get("urgent_answer") or "",
        note=loaded.get("urgent_note") or "",
        weighed={code: loaded[name] == "1" for code, name in circumstances(content).items() if loaded.get(name)},
    )


def still_urgent(urgent: Sequence[Urgent], answer: UrgentAnswer) -> tuple[Urgent, ...]:
    """Return those left when a clinician has said which circumstances do not hold."""
    return tuple(each for each in urgent if not each.circumstance or answer.weighed.get(each.code, True))


def require_said(content: Content, urgent: Sequence[Urgent], answer: UrgentAnswer, on: date) -> dict | None:
    """Return what the entry keeps about its urgent findings, None where there are none. Raises NotSaid."""
    problems = {name: [text] for name, text in _unsaid(content, urgent, answer)}
    if problems:
        raise NotSaid(fields=problems)
    if not urgent:
        return None
    holds = still_urgent(urgent, answer)
    return {
        "codes": [each.code for each in holds],
        "weighed": [
            {"code": each.code, "holds": answer.weighed[each.code]} for each in urgent if each.code in answer.weighed
        ],
        "answer": answer.answer if holds else "",
        "note": answer.note if holds else "",
        "on": on.isoformat(),
    }


def unsaid(urgent: Sequence[Urgent], on: date) -> dict | None:
    """Return what an entry keeps that came in with nobody there to be asked; None where nothing is certain."""
    codes = [each.code for each in urgent if not each.circumstance]
    return {"codes": codes, "weighed": [], "answer": "", "note": "", "on": on.isoformat()} if codes else None


def typed_answer(stored: Mapping | None) -> dict[str, str]:
    """Return a stored answer as the form would send it again."""
    if not stored:
        return {}
    weighed = {weighed_in(each["code"]): "1" if each["holds"] else "0" for each in stored["weighed"]}
    seen = [*stored["codes"], *(each["code"] for each in stored["weighed"])]
    return weighed | {
        "urgent_seen": " ".join(dict.fromkeys(seen)),
        "urgent_answer": stored["answer"],
        "urgent_note": stored["note"],
    }


def _unsaid(content: Content, urgent: Sequence[Urgent], answer: UrgentAnswer) -> Iterator[tuple[str, str]]:
    names = circumstances(content)
    for each in urgent:
        if each.circumstance and each.code not in answer.weighed:
            yield names[each.code], f"{each.result}：请说明是不是“{each.circumstance}”。 Please weigh this."
    left = still_urgent(urgent, answer)
    if not left:
        return
    if answer.answer == RECHECK:
        which = "、".join(each.figures or each.result for each in left)
        yield "urgent_answer", f"请把“{which}”核对改好再保存。 Correct the value above, then save."
    elif not answer.answer or not answer.seen >= {each.code for each in left}:
        yield "urgent_answer", "要当日就诊：先告诉家长，选好今天怎么办，再保存。 Say what happens today, then save."
    elif answer.answer == DECLINED and not answer.note:
        yield "urgent_note", "家长不同意：请写下原因和您怎么说的。 Write down why, and what you said."
