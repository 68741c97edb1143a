"""Vaccinations in words: for the clinic, each dose as it stands; for a family, what to ask the vaccination clinic."""

from collections.abc import Iterable
from datetime import date
from itertools import groupby

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from mengya_health.people.facts import ChildFacts
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.booklet import (
    BLANK_ROWS,
    MOST_DOSES,
    Booklet,
    booklet_in,
    lines_to_fill,
    vaccinee,
)
from mengya_health.screening.vaccines import (
    ASK_CLINIC,
    CATCH_UP,
    DONE,
    DUE,
    NEXT_TO_DO,
    NOT_APPLICABLE,
    NOT_DUE,
    DoseLine,
    blood_test_window,
    dose_lines,
)
from mengya_health.web.shown import words
from mengya_health.web.shown.children import child_head
from mengya_health.web.shown.entries_in_full import SOURCES_OF_DOSES
from mengya_health.web.shown.punctuation import bracketed, enumerated, joined, labelled, span

STATUS = {
    DONE: ("met", lazy("已接种")),
    DUE: ("waiting", lazy("可以接种")),
    CATCH_UP: ("flag", lazy("尽早补种")),
    NOT_DUE: ("note", lazy("还没到")),
    NOT_APPLICABLE: ("note", lazy("不需要")),
    ASK_CLINIC: ("flag", lazy("请门诊判断")),
}
WHY = {
    "interval": lazy("和上一剂的间隔与程序不符"),
    "age": lazy("接种时月龄比程序小"),
    "live_gap": lazy("和另一种注射减毒活疫苗相隔不足 28 天"),
    "later_dose": lazy("后面的剂次有记录，这一剂没有"),
    "transition": lazy("按 2025 年以前的程序开始，衔接由接种门诊定"),
    "special": lazy("减毒活疫苗，先由接种门诊评估"),
    "hbsag": lazy("出生体重低，先问清妈妈的乙肝表面抗原"),
    "mixed": lazy("两种产品都打过"),
    "after": lazy("A 群流脑没有打完，由接种门诊定"),
    "alternative": lazy("已选另一种产品"),
    "too_old": lazy("已过补种年龄"),
}
HBSAG = {"negative": lazy("阴性"), "positive": lazy("阳性"), "unknown": lazy("不详")}
MOST_TOLD = 3  # to a family at a time


def lines_for(work, child: ChildFacts, booklet: Booklet, on: date) -> tuple[DoseLine, ...]:
    """Return every dose as it stands on a day."""
    return dose_lines(work.content.vaccination, vaccinee(work, child, booklet), on)


def next_doses(lines: Iterable[DoseLine]) -> list[DoseLine]:
    """Return the doses that can be given now, those to catch up first."""
    found = [line for line in lines if line.status in NEXT_TO_DO]
    return sorted(found, key=lambda line: (line.status != CATCH_UP, line.due_on))


def reminders(work, child: ChildFacts, entries: Iterable[OpenEntry]) -> list[str]:
    """Return what a doctor is reminded of: doses that can be given, what the vaccination clinic has to judge."""
    booklet = booklet_in(entries)
    if booklet.is_empty:
        return [_("还没有登记接种证")]
    lines = lines_for(work, child, booklet, work.today)
    told = [labelled(_named(line), STATUS[line.status][1]) for line in next_doses(lines)]
    asked = dict.fromkeys(words.told(line.vaccine.name) for line in lines if _is_to_ask(line, work.today))
    if asked:
        told.append(_("请接种门诊判断：%(names)s", names=enumerated(asked)))
    return told + _blood_test(work, child, booklet, lines)


def vaccine_points(work, child: ChildFacts, entries: Iterable[OpenEntry]) -> list[dict]:
    """Return the reminder as one line of a record's points; none while there is nothing to remind of."""
    told = reminders(work, child, entries)
    if not told:
        return []
    more = _("另有 %(n)s 项", n=len(told) - 1) if len(told) > 1 else ""
    return [{"label": _("接种"), "text": told[0], "note": more}]


def family_lines(work, child: ChildFacts, entries: Iterable[OpenEntry]) -> dict | None:
    """Return what a family is told, calmly: what can be given now. None while nobody has copied the booklet."""
    booklet = booklet_in(entries)
    if booklet.is_empty:
        return None
    lines = lines_for(work, child, booklet, work.today)
    told = [_told(line) for line in next_doses(lines)]
    asked = dict.fromkeys(words.told(line.vaccine.name) for line in lines if _is_to_ask(line, work.today))
    told += [_("%(name)s接下来怎么打，请问接种门诊。", name=_plain_name(name)) for name in asked]
    return {
        "lines": told[:MOST_TOLD],
        "more": _("另外还有 %(n)s 项，请带接种证去问接种门诊。", n=len(told) - MOST_TOLD)
        if len(told) > MOST_TOLD
        else "",
        "note": words.told(work.content.vaccination.disclaimer) if told else "",
    }


def vaccine_rows(work, child: ChildFacts, booklet: Booklet) -> list[dict]:
    """Return the table of a child's vaccinations: one row for each vaccine, its doses side by side."""
    lines = lines_for(work, child, booklet, work.today)
    rows = []
    for vaccine, doses in groupby(lines, key=lambda line: line.vaccine):
        doses = list(doses)
        if all(line.status == NOT_APPLICABLE and line.why == "alternative" for line in doses):
            continue
        notes = [vaccine.note] if any(line.status in (CATCH_UP, ASK_CLINIC) for line in doses) else []
        notes += list((vaccine.catch_up or {}).values()) if any(line.status == CATCH_UP for line in doses) else []
        if vaccine.preterm and child.is_preterm() and any(line.given_on is None for line in doses):
            notes.append(vaccine.preterm)
        rows.append(
            {
                "name": words.told(vaccine.name),
                "doses": [_dose(line) for line in doses],
                "note": joined(filter(None, notes)),
            }
        )
    usual = {(line.vaccine.code, line.dose) for line in lines}
    return rows + _other_rows(work, booklet, usual)


def booklet_page(work, child: ChildFacts, booklet: Booklet, own: OpenEntry | None, form) -> dict:
    """Return the page on which the booklet is copied (templates/pages/children/vaccines.html)."""
    schedule = work.content.vaccination
    keys = lines_to_fill(schedule, work.settings.region, booklet)
    return {
        "child": child_head(child, work.today),
        "back": {"text": _("检查与接种"), "href": url_for("schedule.show", child_id=child.id)},
        "action": url_for("schedule.save_booklet", child_id=child.id),
        "form": form,
        "row_version": form.seen(own.row_version) if own else None,
        "groups": [
            {"name": words.told(schedule.recorded[code]), "doses": [_field(code, dose) for _code, dose in group]}
            for code, group in groupby(keys, key=lambda key: key[0])
        ],
        "more": [f"more_{row}" for row in range(BLANK_ROWS)],
        "vaccines": [{"value": code, "text": words.told(name)} for code, name in schedule.recorded.items()],
        "doses": [{"value": str(n), "text": _("第 %(n)s 剂", n=n)} for n in range(1, MOST_DOSES + 1)],
        "sources": [{"value": value, "text": str(text)} for value, text in SOURCES_OF_DOSES.items()],
        "hbsag": [{"value": value, "text": str(text)} for value, text in HBSAG.items()],
        "special_text": _("HIV 感染母亲所生、免疫缺陷或正在用免疫抑制剂：减毒活疫苗先请接种门诊评估"),
        "note": words.told(schedule.disclaimer),
    }


# --- inside -----------------------------------------------------------------------------------------------------------


def _named(line: DoseLine) -> str:
    return _("第 %(n)s 剂%(name)s", n=line.dose, name=words.told(line.vaccine.name))


def _is_to_ask(line: DoseLine, today: date) -> bool:
    """Return whether the clinic has to judge a dose now: not one that is years away."""
    return line.status == ASK_CLINIC and (line.given_on is not None or line.due_on is None or line.due_on <= today)


def _told(line: DoseLine) -> str:
    dose = _("第 %(n)s 剂%(name)s", n=line.dose, name=_plain_name(words.told(line.vaccine.name)))
    if line.status == CATCH_UP:
        return _("%(dose)s还没有记录，可以补种，请和接种门诊预约。", dose=dose)
    return _("可以打%(dose)s了，请和接种门诊预约。", dose=dose)


def _plain_name(name: str) -> str:
    """Return a vaccine's name without what only a clinic tells apart: （上海市免疫规划）, （替代程序）."""
    return name.partition("（")[0].partition(" (")[0]


def _dose(line: DoseLine) -> dict:
    kind, text = STATUS[line.status]
    when = line.given_on.isoformat() if line.given_on else ""
    if line.status == NOT_DUE and line.due_on:
        when = _("%(day)s 起", day=line.due_on.isoformat())
    return {
        "number": _("第 %(n)s 剂", n=line.dose),
        "kind": kind,
        "text": str(text),
        "when": when,
        "why": str(WHY.get(line.why, "")),
    }


def _other_rows(work, booklet: Booklet, usual: set) -> list[dict]:
    """Return what else was given: vaccines outside the schedule, which are only written down."""
    others = sorted(key for key in booklet.doses if key not in usual)
    kind, text = STATUS[DONE]
    return [
        {
            "name": work.content.vaccination.recorded.get(code, code),
            "doses": [
                {
                    "number": _("第 %(n)s 剂", n=dose),
                    "kind": kind,
                    "text": str(text),
                    "when": booklet.doses[key].on.isoformat(),
                    "why": "",
                }
                for key in group
                for _code, dose in [key]
            ],
            "note": "",
        }
        for code, group in groupby(others, key=lambda key: key[0])
    ]


def _blood_test(work, child: ChildFacts, booklet: Booklet, lines: tuple[DoseLine, ...]) -> list[str]:
    schedule = work.content.vaccination
    window = blood_test_window(schedule, vaccinee(work, child, booklet), lines)
    if window is None or not window[0] <= work.today <= window[1]:
        return []
    return [bracketed(schedule.blood_test.text, span(f"{window[0]:%m-%d}", f"{window[1]:%m-%d}"))]


def _field(code: str, dose: int) -> dict:
    return {"label": _("第 %(n)s 剂", n=dose), "on": f"on_{code}_{dose}", "batch": f"batch_{code}_{dose}"}
