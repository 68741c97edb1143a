"""What a family reads: plain words only, one thing to do, nothing that no doctor wrote."""

from datetime import date
from decimal import Decimal

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from mengya_health.access.permissions import Permission
from mengya_health.care.facts import TaskFacts
from mengya_health.care.queries import CaseLine
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import FamilyMember, Viewing
from mengya_health.record.queries import OpenEntry, RecordPage
from mengya_health.screening.measurements import Measurement, chart_of, measurements_in
from mengya_health.web.shown import words
from mengya_health.web.shown.children import may
from mengya_health.work import LOCAL

STAGES = {"prevention": 1, "screening": 2, "intervention": 3, "consolidation": 4, "closed": 5}
STAGE_NAMES = {1: lazy("预防"), 2: lazy("筛查"), 3: lazy("干预"), 4: lazy("巩固"), 5: lazy("完成")}
MOST_AT_HOME = 3
# Two weighings nearer to each other tell of meals, not of growth.
DAYS_BETWEEN_WEIGHINGS = 28


def home_page(work, child: ChildFacts, siblings: list[ChildFacts], record: RecordPage, tasks, cases, clinic) -> dict:
    """Return the context of pages/parent/home.html."""
    history = measurements_in(record.of_kinds)
    asked, at_home = _split(tasks)
    here = {"child_id": child.id}
    logs = may(work, child, Permission.WRITE_FAMILY)
    may_sign = any(
        tie.user_id == work.actor.user_id and tie.authority == "signs" for tie in child.subject.current("guardian")
    )
    return {
        "child": _head(work, child),
        "siblings": [{"name": each.name, "href": url_for("family.home_of", child_id=each.id)} for each in siblings],
        "todo": _todo(child, asked, may_sign),
        "more_todo": [_asked(child, task) for task in asked[1:]],
        "growth": _growth(child, history, work.today),
        "step": _step(cases),
        "hands": _hands(record, work.today),
        "at_home": [
            {
                "text": f"{task.title}，{task.body['frequency']}",
                "href": url_for("family.check_in_page", **here, task_id=task.id) if logs else "",
            }
            for task in at_home[:MOST_AT_HOME]
        ],
        "links": [
            {"text": text, "icon": icon, "href": url_for(endpoint, **here)}
            for text, icon, endpoint, permission in (
                (_("全部记录"), "list", "family.record", Permission.READ_FAMILY),
                (_("请医生看看"), "msg", "family.concern_page", Permission.RAISE_CONCERN),
                (_("家里人"), "people", "family.people", Permission.READ_FAMILY),
                (_("谁看过档案"), "eye", "family.viewed", Permission.READ_AUDIT),
            )
            if may(work, child, permission)
        ],
        "clinic": {"text": _("打给%(name)s", name=clinic.name), "tel": clinic.phone}
        if clinic and clinic.phone
        else None,
    }


def _head(work, child: ChildFacts) -> dict:
    corrected = words.corrected(child, work.today)
    return {
        "name": child.name,
        "initial": words.initial_of(child.name),
        "shade": words.shade_of(child.id),
        "line": child.age_text(work.today) + (f" · {corrected}" if corrected else ""),
        "you": "",
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
        "hand_over": None,
    }


ASKED = {
    "care_plan": (lazy("医生写了一份在家和在园的安排。"), lazy("看过以后，您来决定。")),
    "evaluation": (lazy("医生写了这一阶段的评估。"), lazy("看看孩子的变化，签个名。")),
    "closing_summary": (lazy("医生认为可以结束这次关注了。"), lazy("看看小结，签个名。")),
}


def _asked(child: ChildFacts, task: TaskFacts) -> dict:
    title, note = ASKED.get(task.body.get("document", ""), (task.title, ""))
    return {
        "text": str(title),
        "note": str(note),
        "href": url_for("family.sign", child_id=child.id, task_id=task.id),
    }


def _growth(child: ChildFacts, history: list[Measurement], today: date) -> dict | None:
    weighed = [each for each in history if each.weight_kg]
    if not weighed:
        return None
    last = weighed[-1]
    text = _("%(day)s %(kg)s 公斤", day=words.day(last.measured_on, today), kg=last.weight_kg)
    text += _gained(last, weighed)
    drawing = chart_of(child, weighed, "wfa", today_on=today, size="narrow", audience="family", ages="judged")
    age_note = _("图上按预产期算月龄。") if child.uses_corrected_age(today) else ""
    return {"drawing": drawing, "text": text, "trend": "", "age_note": age_note}


def _gained(last: Measurement, weighed: list[Measurement]) -> str:
    """Return how the sentence about the weight ends: what was gained since the weighing a month ago or longer."""
    apart = [(last.measured_on - each.measured_on).days for each in weighed]
    earlier = [(days, each) for days, each in zip(apart, weighed, strict=True) if days >= DAYS_BETWEEN_WEIGHINGS]
    if not earlier:
        return "。"
    days, before = earlier[-1]
    gained = Decimal(last.weight_kg) - Decimal(before.weight_kg)
    if gained > 0:
        return "，" + _("%(days)s 天长了 %(kg)s 公斤。", days=days, kg=gained)
    return "，" + _("%(days)s 天没有变重，医生会看原因。", days=days)


def _step(cases: list[CaseLine]) -> dict:
    going = [case for case in cases if case.stage != "closed"]
    if not going:
        return {
            "number": 1,
            "name": _("预防"),
            "text": _("第 1 步：预防"),
            "note": _("现在按计划做健康检查就好。"),
        }
    case = max(going, key=lambda each: STAGES[each.stage])
    number = STAGES[case.stage]
    name = str(STAGE_NAMES[number])
    return {
        "number": number,
        "name": name,
        "text": _("第 %(n)s 步：%(name)s", n=number, name=name),
        "note": f"{case.plain_name} · {case.plain_state}",
    }


def _hands(record: RecordPage, today: date) -> dict:
    """Return what each hand last did; beyond the newest entries, how much it wrote."""

    def last(section: str, word: str) -> str:
        found = [each.happened_on for each in record.newest if each.section == section]
        if found:
            return f"{words.day(max(found), today)}{word}"
        number = record.counts.get(section, 0)
        return _("写过 %(n)s 条", n=number) if number else ""

    return {
        "doc": last("health", _("写过")) or _("还没有写"),
        "tea": last("behaviour", _("写过")),
        "par": last("family", _("记过")) or _("还没有记"),
    }


# --- sign -----------------------------------------------------------------------------------------------------------

TITLES = {"care_plan": lazy("支持计划"), "evaluation": lazy("阶段评估"), "closing_summary": lazy("结案小结")}
CHOICES = {
    "care_plan": (lazy("同意，按这个安排"), lazy("想先问问医生"), lazy("暂时不同意")),
    "evaluation": (lazy("我看过了，同意"), lazy("想先问问医生"), lazy("我有不同看法")),
    "closing_summary": (lazy("同意结束这次关注"), lazy("想先问问医生"), lazy("暂时不同意")),
}


def sections_of(work, document: str, entry: OpenEntry) -> list[dict]:
    """Return what the guardian reads: 发生了什么, 接下来, 谁看得到. These words are what `shown` digests."""
    said = entry.content
    if document == "care_plan":
        return _plan_sections(said)
    happened = said.get("plain_text") or said.get("text", "")
    ahead = said.get("advice") or (
        _("签名后进入最后一步：巩固。")
        if document == "evaluation"
        else _("签名后这次关注就完成了，以后照常做健康检查。")
    )
    return [
        {"title": _("发生了什么"), "text": happened},
        {"title": _("接下来"), "text": ahead},
        {"title": _("谁看得到"), "text": _("您、您邀请的家人、社区医生；您同意共享的，班级老师也看得到小结。")},
    ]


def _plan_sections(said: dict) -> list[dict]:
    home = [f"{task['title']}，{task['frequency']}" for task in said["tasks"] if task["who"] == "guardian"]
    in_class = [f"{task['title']}，{task['frequency']}" for task in said["tasks"] if task["who"] == "teacher"]
    goals = "；".join(f"{goal['measure']}：{goal['target']}" for goal in said["goals"])
    ahead = [_("在家做：%(list)s。", list="；".join(home))] if home else []
    ahead += [_("在园做：%(list)s。", list="；".join(in_class))] if in_class else []
    return [
        {"title": _("发生了什么"), "text": said["summary"]},
        {"title": _("想达到"), "text": goals},
        {"title": _("接下来"), "text": "".join(ahead)},
        {"title": _("谁看得到"), "text": _("您、您邀请的家人、社区医生；派给老师的任务，老师也看得到。")},
    ]


def statement_parts(document: str, entry: OpenEntry) -> list[dict]:
    """Return the whole text of what is signed."""
    said = entry.content
    if document != "care_plan":
        texts = (
            ("给家里的话", said.get("plain_text")),
            ("医生写的", said.get("text")),
            ("以后注意", said.get("advice")),
        )
        return [{"title": _(title), "text": text} for title, text in texts if text]
    parts = [{"title": _("给家里的话"), "text": said["summary"]}]
    for goal in said["goals"]:
        parts.append({"title": _("目标"), "text": f"{goal['measure']}：{goal['target']}"})
    for task in said["tasks"]:
        who = _("家里") if task["who"] == "guardian" else _("老师")
        lines = [f"{who} · {task['frequency']} · {_('%(n)s 周', n=task['weeks'])}", task["text"]]
        lines += [f"{_('注意')}：{task['safety']}"] if task["safety"] else []
        lines += [task["note"]] if task["note"] else []
        parts.append({"title": task["title"], "text": "\n".join(lines)})
    return parts


# --- record ---------------------------------------------------------------------------------------------------------

HOME_LOG = {
    "milk": (lazy("奶"), {"less": lazy("比平时少"), "usual": lazy("和平时一样"), "more": lazy("比平时多")}),
    "meal": (lazy("饭"), {"less": lazy("吃得少"), "usual": lazy("和平时一样"), "more": lazy("吃得多")}),
    "sleep": (lazy("睡"), {"less": lazy("睡得少"), "usual": lazy("和平时一样"), "more": lazy("睡得多")}),
}
PLAIN_KINDS = {
    "screening": lazy("健康检查"),
    "follow_up": lazy("医生复查"),
    "care_plan": lazy("支持计划"),
    "evaluation": lazy("阶段评估"),
    "closing_summary": lazy("结案小结"),
    "referral": lazy("去专科看看"),
    "referral_feedback": lazy("专科的答复"),
    "contact_attempt": lazy("医生联系家里"),
    "advice": lazy("医生的话"),
    "observation": lazy("老师的观察"),
    "class_check": lazy("班级检查"),
    "check_in": lazy("任务记录"),
    "class_summary": lazy("班级小结"),
    "home_record": lazy("家里记的"),
    "question": lazy("家里的提问"),
    "dispute": lazy("家里的不同看法"),
    "answer": lazy("家里的回答"),
    "concern": lazy("请医生看看"),
}


def record_page(work, child: ChildFacts, entries: list[OpenEntry], form, older_href: str) -> dict:
    """Return the context of pages/parent/record.html."""
    return {
        "back": home_link(child),
        "child_name": child.name,
        "home_log": _home_log(child, form) if may(work, child, Permission.WRITE_FAMILY) else None,
        "entries": [plain_line(work, each) for each in entries],
        "older_href": older_href,
        "papers": [],
    }


def _home_log(child: ChildFacts, form) -> dict:
    return {
        "action": url_for("family.log_home", child_id=child.id),
        "form": form,
        "groups": [
            {
                "name": name,
                "legend": str(legend),
                "options": [{"value": value, "text": str(text)} for value, text in options.items()],
            }
            for name, (legend, options) in HOME_LOG.items()
        ],
    }


def plain_line(work, entry: OpenEntry) -> dict:
    """Return one line of the timeline in the family's words."""
    role, by = words.ROLES[entry.author_role]
    return {
        "at": words.day(entry.happened_on, work.today),
        "role": role,
        "by": str(by),
        "title": str(PLAIN_KINDS[entry.kind]),
        "note": _plain_note(work, entry),
        "href": "",
        "tag_kind": "",
        "tag": "",
    }


def _plain_note(work, entry: OpenEntry) -> str:
    """Return what a family may read at a glance: numbers, plain texts, never a clinic's result words."""
    said = entry.content
    if entry.kind in ("screening", "follow_up"):
        return _measured(entry)
    if entry.kind == "home_record":
        shown = [f"{HOME_LOG[name][0]}{HOME_LOG[name][1][said[name]]}" for name in HOME_LOG if said.get(name)]
        return "，".join([*shown, *([said["note"]] if said.get("note") else [])])
    if entry.kind == "check_in":
        task = work.content.tasks.get(said["item"])
        return "：".join(filter(None, (task.title if task else "", str(DONE[said["done"]]), said.get("note", ""))))
    if entry.kind == "referral_feedback":
        return said.get("for_family", "")
    if entry.kind in ("evaluation", "closing_summary"):
        return said.get("plain_text", "")
    if entry.kind == "care_plan":
        return said["summary"]
    is_plain = entry.section != "health" or entry.kind == "advice"
    return said.get("text", "") if is_plain else ""


DONE = {"done": lazy("做到了"), "partly": lazy("做了一些"), "not_today": lazy("今天没做")}


def _measured(entry: OpenEntry) -> str:
    found = {each["code"]: each["value"] for each in entry.content.get("readings", ())}
    stature = _("身高") if entry.content.get("position") == "h" else _("身长")
    parts = [(_("体重"), "WEIGHT", _("公斤")), (stature, "LENGTH", _("厘米")), (_("头围"), "HEADC", _("厘米"))]
    return "，".join(f"{name} {found[code]} {unit}" for name, code, unit in parts if code in found)


# --- family, views --------------------------------------------------------------------------------------------------


def people_page(work, child: ChildFacts, members: list[FamilyMember], consents, texts, invited, form) -> dict:
    """Return the context of pages/parent/family.html. `invited` is a code just made, shown once."""
    rights = {"signs": _("可以看、可以记、可以签名"), "reads": _("可以看"), "records": _("可以看、可以记")}
    may_invite = any(
        member.user_id == work.actor.user_id and member.kind == "guardian" and member.authority == "signs"
        for member in members
    )
    return {
        "back": home_link(child),
        "people": [
            {
                "name": member.name,
                "kind": words.RELATIONS.get(member.relation, ""),
                "rights": rights.get(member.authority, ""),
                "until": "",
                "is_me": member.user_id == work.actor.user_id,
                "remove": {"action": url_for("family.remove", child_id=child.id, user_id=member.user_id)}
                if may_invite and member.kind == "caregiver"
                else None,
            }
            for member in members
        ],
        "invited": invited,
        "invite": {
            "action": url_for("family.invite", child_id=child.id),
            "form": form,
            "rights": [{"value": value, "text": rights[value]} for value in ("records", "reads")],
        }
        if may_invite
        else None,
        "consents": [_consent_line(work, child, purpose, consents, text) for purpose, text in texts.items()],
    }


def _consent_line(work, child: ChildFacts, purpose: str, consents, text) -> dict:
    given = next((each for each in consents if each.purpose == purpose and each.is_in_force), None)
    return {
        "text": text.title,
        "state": _("已同意") if given else _("未同意"),
        "note": given.given_at.astimezone(LOCAL).date().isoformat() if given else "",
        "href": url_for("family.consent", child_id=child.id, purpose=purpose)
        if may(work, child, Permission.CONSENT)
        else "",
    }


ACTIONS = {
    "R": lazy("看了"),
    "C": lazy("写了"),
    "U": lazy("改了"),
    "P": lazy("打印了"),
    "E": lazy("导出了"),
    "S": lazy("查找到"),
    "Sign": lazy("签了名"),
}


def views_page(work, child: ChildFacts, views: list[Viewing]) -> dict:
    """Return the context of pages/parent/who_viewed.html."""
    days: dict[date, list[dict]] = {}
    for view in views:
        local = view.at.astimezone(LOCAL)
        role, word = words.ROLES.get(view.role, ("mgr", view.role))
        row = {
            "role": role,
            "who": f"{view.organisation} {word}".strip(),
            "what": _("%(did)s档案", did=ACTIONS[view.action]),
            "at": f"{local:%H:%M}",
            "why": _("照护") if view.purpose == "care" else "",
        }
        rows = days.setdefault(local.date(), [])
        if row not in rows:  # several pages within a minute are one visit to whoever reads this
            rows.append(row)
    shown = [{"day": f"{on:%m-%d} {words.weekday(on)}", "rows": rows} for on, rows in days.items()]
    return {"back": home_link(child), "days": shown, "older_href": ""}


def home_link(child: ChildFacts) -> dict:
    """Return the way back to a child's first page."""
    return {"href": url_for("family.home_of", child_id=child.id), "text": _("首页")}
