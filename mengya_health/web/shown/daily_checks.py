"""The morning and noon checks on the teacher's pages: a class by exception, one child, the sheet for the file."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy
from marshmallow import fields

from mengya_health.care import daily_checks
from mengya_health.care.daily_checks import Sheets
from mengya_health.content import Content
from mengya_health.entry import FormState
from mengya_health.fields import Choice
from mengya_health.people.facts import ChildFacts
from mengya_health.web.shown import words
from mengya_health.web.shown.punctuation import enumerated
from mengya_health.web.shown.seen import PRESENCE, check_in_words

PARTS = {"morning": lazy("晨检"), "noon": lazy("午检")}
PRESSED = {"well": lazy("好"), "ill": lazy("因病没来"), "leave": lazy("请假没来")}
CARDS = {"绿": lazy("绿牌：健康入班"), "黄": lazy("黄牌：需关注"), "红": lazy("红牌：服药、隔离或送返")}
NOTHING = "正常"
PRINTED = {"ill": lazy("病假"), "leave": lazy("事假")}


def class_page(work, group_id: UUID, part: str, children: list[ChildFacts], sheets: Sheets, form, on: date) -> dict:
    """Return the context of pages/teacher/daily.html."""
    rows = [_row(group_id, part, child, sheets, form, on) for child in children]
    other = next(each for each in daily_checks.PARTS if each != part)
    left = sum(not row["state"] and not row["is_away"] for row in rows)
    return {
        "back": {"href": url_for("classes.of", group_id=group_id), "text": children[0].class_name},
        "title": f"{PARTS[part]} · {words.long_day(on)}",
        "queued_as": f"{children[0].class_name} · {PARTS[part]}",
        "on": on.isoformat(),
        "lead": _("还有 %(n)s 人没记。", n=left) if left else _("全班都记好了。"),
        "left": left,
        "action": url_for("daily.save_class", group_id=group_id, part=part),
        "form": form,
        "rows": rows,
        "chips": [{"value": value, "text": str(text)} for value, text in _pressed(part).items()],
        "emergency": _emergencies(work.content),
        "links": [
            {"href": url_for("daily.check_class", group_id=group_id, part=other), "text": str(PARTS[other])},
            {"href": url_for("daily.sheet", group_id=group_id), "text": _("打印登记表")},
            {"href": url_for("daily.follow_ups"), "text": _("要跟进的")},
        ],
    }


def _pressed(part: str) -> dict:
    return PRESSED if part == "morning" else {"well": PRESSED["well"]}


def _row(group_id: UUID, part: str, child: ChildFacts, sheets: Sheets, form, on: date) -> dict:
    state = sheets.state(child.id, on, part)
    check = sheets.checks.get((child.id, on, part))
    away = sheets.state(child.id, on, "morning") if part == "noon" else ""
    name = f"p_{child.id.hex}"
    return {
        "name": child.name,
        "hex": child.id.hex,
        "field": name,
        "shown": state,
        "state": state,
        "chosen": form["values"].get(name, state),
        "is_away": away in PRINTED and not state,
        "away_text": str(PRINTED.get(away, "")),
        "said": check_in_words(check) if state == daily_checks.SEEN else "",
        "href": url_for("daily.check_child", group_id=group_id, part=part, child_id=child.id),
    }


def choices_of(content: Content, part: str) -> dict:
    """Return the fields whose values stand in the file: symptoms; what was seen, or what is unusual at noon."""
    several = {"symptoms": _told(content)}
    if part == "morning":
        several["seen"] = _looked_at(content)
    else:
        several["columns"] = content.behaviours.daily_check.noon
    return {name: fields.List(Choice(*values), load_default=list) for name, values in several.items()}


def _emergencies(content: Content) -> list[dict]:
    return [
        {"sign": words.told(each["sign"]), "act": words.told(each["act"])}
        for each in content.behaviours.daily_check.emergency
    ]


def _looked_at(content: Content) -> tuple[str, ...]:
    step = content.behaviours.daily_check.step("MC2")
    return tuple(step.said(each) for each in step.values if each != NOTHING)


def _told(content: Content) -> tuple[str, ...]:
    return content.behaviours.daily_check.step("MC3").symptoms


def child_page(
    work, group_id: UUID, part: str, child: ChildFacts, check: Mapping | None, form: FormState, on: date
) -> dict:
    """Return the context of pages/teacher/daily_child.html; `check` is what stands there already."""
    daily = work.content.behaviours.daily_check
    is_typed = bool(form.message or (form.draft and form.draft.version))  # not what stands on the sheet
    return {
        "back": {"href": url_for("daily.check_class", group_id=group_id, part=part), "text": str(PARTS[part])},
        "title": _("%(name)s的%(part)s", name=child.name, part=PARTS[part]),
        "is_morning": part == "morning",
        "action": url_for("daily.save_child", group_id=group_id, part=part, child_id=child.id),
        "form": form,
        "queued_as": f"{child.name} · {PARTS[part]}",
        "on": on.isoformat(),
        "stored": check_in_words(check) if check and is_typed else "",
        "shown": daily_checks.fingerprint(check),
        "steps": {each.step: words.told(each.text) for each in daily.morning},
        "presence": _options(PRESENCE),
        "seen": [{"value": each, "text": words.told(each)} for each in _looked_at(work.content)],
        "symptoms": [{"value": each, "text": words.told(each)} for each in _told(work.content)],
        "columns": [{"value": each, "text": words.told(each)} for each in daily.noon],
        "cards": _options(CARDS),
        "fever_note": _("%(limit)s℃ 及以上：留观，通知家长", limit=daily.fever_from_celsius),
        "emergency": _emergencies(work.content),
        "report_href": url_for("reports.write_page", child_id=child.id),
    }


def _options(choices: Mapping) -> list[dict]:
    return [{"value": value, "text": str(text)} for value, text in choices.items()]


def sheet_page(work, group_id: UUID, on: date, children: list[ChildFacts], sheets: Sheets, checkers: Mapping) -> dict:
    """Return the context of pages/teacher/daily_sheet.html: the columns of the file, a row for each child."""
    columns = work.content.behaviours.daily_check.columns
    return {
        "back": {"href": url_for("daily.check_class", group_id=group_id, part="morning"), "text": _("晨检")},
        "title": _("晨检登记表"),
        "line": f"{children[0].class_name} · {words.long_day(on)}",
        "on": on.isoformat(),
        "action": url_for("daily.sheet", group_id=group_id),
        "columns": columns,
        "rows": [[_cell(name, child, on, sheets, checkers) for name in columns] for child in children],
    }


def _cell(column: str, child: ChildFacts, on: date, sheets: Sheets, checkers: Mapping) -> str:
    """Return one cell of the sheet; what nobody wrote stays empty, for the pen."""
    check = sheets.checks.get((child.id, on, "morning"))
    fixed = {"日期": f"{on:%m-%d}", "班级": child.class_name, "姓名": child.name}
    if column in fixed or check is None:
        return fixed.get(column, "")
    by = checkers.get(UUID(check["by"]))
    said = {
        "到园时间": check.get("arrived_at", ""),
        "体温": check.get("temperature", ""),
        "看": enumerated(check.get("seen", ())),
        "问": enumerated([*check.get("symptoms", ()), *([check["asked"]] if check.get("asked") else [])]),
        "查": check.get("brought", ""),
        "牌": check.get("card") or str(PRINTED[check["presence"]]),
        "处理": check.get("handling", ""),
        "检查人": by.name if by else "",
    }
    return said.get(column, "")
