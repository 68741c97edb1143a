"""What a family reads: plain words only, one thing to do, nothing that no doctor wrote."""

from datetime import date
from decimal import Decimal

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from mengya_health.access.permissions import Permission
from mengya_health.care.facts import TaskFacts
from mengya_health.care.follow_through import back_of, excluded
from mengya_health.care.informants import is_asked
from mengya_health.care.queries import CaseLine
from mengya_health.care.tasks import LOOK_FIRST
from mengya_health.growth.chart_words import FAMILY, Reader
from mengya_health.locale import language
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import MyFamily
from mengya_health.record.queries import RecordPage
from mengya_health.screening.informants import ANSWERS
from mengya_health.screening.measurements import (
    READING_KINDS,
    Measurement,
    a_month_before,
    charts_of,
    latest_velocity,
    measurements_in,
)
from mengya_health.web.shown import words
from mengya_health.web.shown.children import may
from mengya_health.web.shown.family_consents import renewals
from mengya_health.web.shown.growth import marks_of
from mengya_health.web.shown.links import to_ring
from mengya_health.web.shown.punctuation import in_a_row, sentence, sentences
from mengya_health.web.shown.schedule import family_visit
from mengya_health.web.shown.seen import back_in_words
from mengya_health.web.shown.standings import calm, is_wanted
from mengya_health.web.shown.urgent import family_notices
from mengya_health.web.shown.vaccines import family_lines

STAGES = {"prevention": 1, "screening": 2, "intervention": 3, "consolidation": 4, "closed": 5}
STAGE_NAMES = {1: lazy("预防"), 2: lazy("筛查"), 3: lazy("干预"), 4: lazy("巩固"), 5: lazy("完成")}
MOST_AT_HOME = 3
# Pages about the child, for whoever in the family may open them.
LINKS = (
    (lazy("全部记录"), "list", "family.record", Permission.READ_FAMILY),
    (lazy("看一看"), "smile", "family.look", Permission.WRITE_FAMILY),
    (lazy("请医生看看"), "msg", "family.concern_page", Permission.RAISE_CONCERN),
    (lazy("签过的"), "pen", "family.signed", Permission.SIGN),
    (lazy("家里人"), "people", "family.people", Permission.READ_FAMILY),
    (lazy("谁能看"), "shield", "family.sharing_page", Permission.READ_FAMILY),
    (lazy("谁看过档案"), "eye", "family.viewed", Permission.READ_AUDIT),
    (lazy("换门诊"), "swap", "family.clinic", Permission.CONSENT),
    (lazy("我的权利"), "shield", "family.rights", Permission.TAKE_COPY),
)


def home_page(
    work, child: ChildFacts, siblings: list[ChildFacts], record: RecordPage, tasks, cases, mine: MyFamily
) -> dict:
    """Return the context of pages/parent/home.html; `mine` says who the reader is, and whom they ring."""
    history = measurements_in(each for each in record.of_kinds if each.kind in READING_KINDS)
    asked, at_home = _split(tasks)
    todo, more = _to_do(work, child, record, tasks, asked)
    is_open = may(work, child, Permission.READ_HEALTH) and not child.subject.has_ended("health")
    return {
        "child": _head(work, child, mine.relation),
        "closed": [words.closed(name, until) for name, until in child.subject.ended if name in words.CLASSES],
        "siblings": [{"name": each.name, "href": url_for("family.home_of", child_id=each.id)} for each in siblings],
        "urgent": family_notices(tasks),
        "todo": todo,
        "more_todo": more,
        "away": _away(work, child, record),
        "growth": _growth(work, child, history, cases),
        "next_visit": family_visit(work, child, record.of_kinds) if is_open else None,
        "vaccines": family_lines(work, child, record.of_kinds) if is_open else None,
        "step": _step(cases),
        "hands": _hands(record, work.today),
        "at_home": _at_home(work, child, at_home[:MOST_AT_HOME]),
        "guide_href": url_for("family.guide_of_case", child_id=child.id, case_id=at_home[0].case_id)
        if at_home and at_home[0].case_id
        else "",
        "links": [
            {"text": str(text), "icon": icon, "href": url_for(endpoint, child_id=child.id)}
            for text, icon, endpoint, permission in LINKS
            if may(work, child, permission)
        ],
        "clinic": to_ring(mine.desks.get(child.id, ("", ""))),
    }


def _to_do(
    work, child: ChildFacts, record: RecordPage, tasks: list[TaskFacts], asked: list[TaskFacts]
) -> tuple[dict | None, list[dict]]:
    """Return the one thing to do, and what can wait until it is done: papers first, then texts, then a look."""
    again = [each | {"note": ""} for each in renewals(work, child)]
    first = _look_first(work, child, record, tasks)
    may_sign = any(
        tie.user_id == work.actor.user_id and tie.authority == "signs" for tie in child.subject.current("guardian")
    )
    todo = _todo(child, asked, may_sign) or _to_renew(again) or first
    more = [_asked(child, task) for task in asked[1:]] + (again if asked else again[1:])
    if first and (asked or again):
        more.append({"text": first["title"], "note": first["text"], "href": first["href"]})
    return todo, more


def _at_home(work, child: ChildFacts, tasks: list[TaskFacts]) -> list[dict]:
    logs = may(work, child, Permission.WRITE_FAMILY)
    return [
        {
            "text": in_a_row([words.told(task.title), words.told(task.body["frequency"])]),
            "note": calm(work, task),
            "href": url_for("family.check_in_page", child_id=child.id, task_id=task.id) if logs else "",
            "tap": url_for("family.check_in", child_id=child.id, task_id=task.id)
            if logs and is_wanted(work, task)
            else "",
        }
        for task in tasks
    ]


def _away(work, child: ChildFacts, record: RecordPage) -> str:
    """Return from when on, and with what, a child kept at home may come back; "" for one that is not kept."""
    sheet = excluded(record.of_kinds).get(child.id)
    return back_in_words(back_of(work, sheet), work.today) if sheet else ""


def _head(work, child: ChildFacts, relation: str) -> dict:
    corrected = words.corrected(child, work.today)
    return {
        "name": child.name,
        "initial": words.initial_of(child.name),
        "shade": words.shade_of(child.id),
        "line": words.age(child.birth_on, work.today) + (f" · {corrected}" if corrected else ""),
        "you": str(words.RELATIONS.get(relation, "")) if relation != "other" else "",
    }


def _split(tasks: list[TaskFacts]) -> tuple[list[TaskFacts], list[TaskFacts]]:
    """Return what is asked of the family once, and what it does at home again and again."""
    return (
        [task for task in tasks if task.kind == "signature"],
        [task for task in tasks if task.kind == "care_task"],
    )


def _todo(child: ChildFacts, asked: list[TaskFacts], may_sign: bool) -> dict | None:
    if not asked:
        return None
    first = _asked(child, asked[0])
    lead = _("请您做 %(n)s 件事，约 1 分钟", n=len(asked))
    return {
        "lead": lead if may_sign else _("请监护人做 %(n)s 件事", n=len(asked)),
        "title": first["text"],
        "text": first["note"],
        "href": first["href"],
        "button": _("看一看，去签名") if may_sign else _("看一看"),
        "hand_over": None
        if may_sign
        else {
            "text": _("转给爸爸妈妈签名"),
            "href": url_for("family.hand_over", child_id=child.id, task_id=asked[0].id),
        },
    }


def _to_renew(again: list[dict]) -> dict | None:
    """Return what to do where nothing is to be signed but a text that was agreed to has changed."""
    if not again:
        return None
    return {
        "lead": _("请您做 %(n)s 件事，约 1 分钟", n=len(again)),
        "title": again[0]["text"],
        "text": _("看一看变了什么，再选一次。"),
        "href": again[0]["href"],
        "button": _("看一看，再选一次"),
        "hand_over": None,
    }


def _look_first(work, child: ChildFacts, record: RecordPage, tasks: list[TaskFacts]) -> dict | None:
    """Return what to look at before a check that is near, None where nobody asks or the family has answered."""
    answered = [each.happened_on for each in record.of_kinds if each.kind == ANSWERS and each.section == "family"]
    if not is_asked(work, child, tasks, "family", max(answered, default=None)):
        return None
    is_by_doctor = any(task.kind == LOOK_FIRST for task in tasks)
    return {
        "lead": _("医生请您看一看，约 1 分钟") if is_by_doctor else _("快到检查了，约 1 分钟"),
        "title": _("请先看一看这几条。") if is_by_doctor else _("来之前先看一看这几条。"),
        "text": _("点一点就好，医生检查时会一起看。"),
        "href": url_for("informants.at_home", child_id=child.id),
        "button": _("看一看这几条"),
        "hand_over": None,
    }


ASKED = {
    "care_plan": (lazy("医生写了一份在家和在园的安排。"), lazy("看过以后，您来决定。")),
    "evaluation": (lazy("医生写了这一阶段的评估。"), lazy("看看孩子的变化，签个名。")),
    "closing_summary": (lazy("医生认为可以结束这次关注了。"), lazy("看看小结，签个名。")),
}


def _asked(child: ChildFacts, task: TaskFacts) -> dict:
    title, note = ASKED.get(task.body.get("document", ""), (words.told(task.title), ""))
    return {
        "text": str(title),
        "note": str(note),
        "href": url_for("family.sign", child_id=child.id, task_id=task.id),
    }


def _growth(work, child: ChildFacts, history: list[Measurement], cases: list[CaseLine]) -> dict | None:
    weighed = [each for each in history if each.weight_kg]
    if not weighed:
        return None
    last = weighed[-1]
    text = _("%(day)s %(kg)s 公斤", day=words.day(last.measured_on, work.today), kg=last.weight_kg)
    text += _gained(child, last, weighed)
    reader = Reader(FAMILY, language())
    shown = {"events": marks_of(cases, reader), "age_rule": work.settings.age_rule, **reader._asdict()}
    (drawing,) = charts_of(child, weighed, "wfa", sizes=("narrow",), today_on=work.today, **shown)
    return {"drawing": drawing, "text": text}


def _gained(child: ChildFacts, last: Measurement, weighed: list[Measurement]) -> str:
    """Return how the sentence about the weight ends: what was gained since the weighing a month ago or longer."""
    before = a_month_before(weighed)
    if before is None:
        return sentence("")
    days, gained = (last.measured_on - before.measured_on).days, Decimal(last.weight_kg) - Decimal(before.weight_kg)
    if gained <= 0:
        return _("，%(days)s 天没有变重，医生会看原因。", days=days)
    grown = latest_velocity(child, weighed, "wfa")
    usual = round(grown.median_gained, 1) if grown else 0
    compared = _("，同龄孩子大约长 %(kg)s 公斤", kg=float(usual)) if usual > 0 else ""
    return sentence(_("，%(days)s 天长了 %(kg)s 公斤", days=days, kg=gained) + compared)


def _step(cases: list[CaseLine]) -> dict:
    going = [case for case in cases if case.stage != "closed"]
    if not going:
        return {
            "number": 1,
            "name": _("预防"),
            "text": _("第 %(n)s 步：%(name)s", n=1, name=_("预防")),
            "all": _all_steps(1),
            "note": _("现在按计划做健康检查就好。"),
        }
    case = max(going, key=lambda each: STAGES[each.stage])
    number = STAGES[case.stage]
    name = str(STAGE_NAMES[number])
    return {
        "number": number,
        "name": name,
        "text": _("第 %(n)s 步：%(name)s", n=number, name=name),
        "all": _all_steps(number),
        "note": f"{words.told(case.plain_name)} · {words.told(case.plain_state)}",
    }


def _all_steps(now: int) -> list[dict]:
    return [{"name": str(STAGE_NAMES[number]), "is_now": number == now} for number in range(1, 5)]


def _hands(record: RecordPage, today: date) -> dict:
    """Return what each hand last did; beyond the newest entries, how much it wrote."""

    def last(section: str, word: str) -> str:
        found = [each.happened_on for each in record.newest if each.section == section]
        if found:
            return sentences([words.day(max(found), today), word])
        number = record.counts.get(section, 0)
        return _("写过 %(n)s 条", n=number) if number else ""

    return {
        "doc": last("health", _("写过")) or _("还没有写"),
        "tea": last("behaviour", _("写过")),
        "par": last("family", _("记过")) or _("还没有记"),
    }
