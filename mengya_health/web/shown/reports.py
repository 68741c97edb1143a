"""What the pages of mandatory reports show; the words are those of a nursery, never a court's."""

from collections.abc import Iterable

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from mengya_health.people.facts import ChildFacts
from mengya_health.record.reporting import ChildHere
from mengya_health.record.reports import OpenReport
from mengya_health.web.shown import words
from mengya_health.web.shown.attachments import size_text
from mengya_health.web.shown.punctuation import in_a_row, joined

STATUSES = {
    "requested": lazy("已写下，等负责人看"),
    "received": lazy("负责人看到了"),
    "in-progress": lazy("正在跟进"),
    "completed": lazy("跟进完了"),
}
POLICE = {"called": lazy("已经报了 110"), "calling": lazy("还没有，写完马上打")}


def index_page(work, reports: list[OpenReport]) -> dict:
    """Return the reports this reader wrote or watches over."""
    watches = bool(work.actor.places_as("safeguarding", "area_safeguarding"))
    return {
        "back": _home(),
        "choose_href": url_for("reports.choose") if work.actor.places_as("teacher", "health_staff") else "",
        "search_href": url_for("children.search") if work.actor.places_as("doctor") else "",
        "nothing_text": _("还没有报告") if watches else _("您还没有写过报告"),
        "rows": [
            {
                "name": report.child_name,
                "note": f"{words.stamp(report.recorded_at)} · {_who(report)}",
                "status": str(STATUSES[report.status]),
                "is_settled": report.status == "completed",
                "href": url_for("reports.show", report_id=report.id),
            }
            for report in reports
        ],
    }


def choose_page(work, children: Iterable[ChildHere]) -> dict:
    """Return the children at this nursery: one's own first, the others behind a fold."""
    lines: dict[bool, list[dict]] = {True: [], False: []}
    for child in children:
        href = url_for("reports.write_page", child_id=child.id)
        lines[child.is_in_own_class].append({"name": child.name, "note": child.class_name, "href": href})
    own = lines[True] or lines[False]
    return {
        "back": _home(),
        "own": own,
        "others": lines[False] if own is not lines[False] else [],
        "written_href": url_for("reports.index"),
    }


def write_page(work, child: ChildFacts, form) -> dict:
    """Return the form of a report about one child."""
    return {
        "back": _home(),
        "child_name": child.name,
        "action": url_for("reports.write", child_id=child.id),
        "form": form,
        "today": work.today.isoformat(),
        "signs": _options(work),
        "police": [{"value": value, "text": str(text)} for value, text in POLICE.items()],
        "written_href": url_for("reports.index"),
    }


def report_page(work, report: OpenReport, form) -> dict:
    """Return one report with all that was added to it."""
    return {
        "back": {"text": _("报告"), "href": url_for("reports.index")},
        "child_name": report.child_name,
        "note": f"{words.stamp(report.recorded_at)} · {_who(report)}",
        "status": str(STATUSES[report.status]),
        "lines": [{"label": label, "text": text} for label, text in _lines(work, report.content) if text],
        "files": [
            {
                "name": file.name,
                "note": size_text(file.size),
                "by": words.stamp(file.recorded_at),
                "href": url_for("reports.download", report_id=report.id, attachment_id=file.id),
            }
            for file in report.files
        ],
        "notes": [_note(note) for note in report.notes],
        "action": url_for("reports.note", report_id=report.id),
        "form": form,
        "statuses": [{"value": value, "text": str(text)} for value, text in STATUSES.items() if value != "requested"]
        if report.may_follow
        else [],
    }


def _lines(work, said: dict) -> list[tuple[str, str]]:
    """Return what a report says, line by line; an empty text was not filled in."""
    names = {sign.code: words.told(sign.name) for sign in work.content.mandatory_report.signs}
    return [
        (_("看到或听到"), joined(names.get(code, code) for code in said["signs"])),
        (_("事实"), said["text"]),
        (_("什么时候发现的"), f"{said['seen_on']} {said['seen_at']}".strip()),
        (_("报警 110"), in_a_row(filter(None, (str(POLICE[said["police"]]), said["police_at"])))),
        (_("受案单位与回执号"), said["police_number"]),
        (_("主管部门报告"), said["authority"]),
        (_("已经做的保护"), said["protection"]),
    ]


def _note(note) -> dict:
    return {
        "at": words.stamp(note.recorded_at),
        "by": _("我") if note.is_mine else str(words.ROLES[note.author_role][1]),
        "text": note.text,
        "status": str(STATUSES[note.status]) if note.status else "",
    }


def _who(report: OpenReport) -> str:
    return _("我写的") if report.is_mine else f"{words.ROLES[report.author_role][1]} {report.author}"


def _options(work) -> list[dict]:
    return [{"value": sign.code, "text": words.told(sign.name)} for sign in work.content.mandatory_report.signs]


def _home() -> dict:
    return {"text": _("首页"), "href": url_for("sign_in.front")}
