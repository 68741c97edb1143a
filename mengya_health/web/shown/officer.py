"""What the security officer reads: alarms and audit rows, in words, ids and codes."""

from collections.abc import Iterable
from uuid import UUID

from flask import url_for
from flask_babel import lazy_gettext as lazy

from mengya_health.audit import AuditEvent
from mengya_health.people.oversight import FINDINGS, AlarmFacts
from mengya_health.web.shown import words
from mengya_health.work import LOCAL

# Kind → what happened, and what to do about it.
KINDS = {
    "many_children": (
        lazy("一小时内逐个打开了 %(n)s 名孩子的档案"),
        lazy("先看这位用户的审计，再向本人和主管核实是不是在做批量工作。"),
    ),
    "outside": (
        lazy("一小时内有 %(n)s 次想打开与自己无关的内容"),
        lazy("先看被拒绝的是什么，再向本人核实；像在试探的，请系统管理员先停用账号。"),
    ),
    "night": (lazy("夜里（22 点到 6 点）看了 %(n)s 页档案"), lazy("请向本单位核实当晚是否值班。")),
    "honeytoken": (
        lazy("有人碰了蜜罐档案"),
        lazy("没有人有理由看这份档案。请当天向本人核实，并看同一时间的审计。"),
    ),
    "seal": (
        lazy("一条授权记录的封印不对，已按无效处理"),
        lazy("可能有人直接改了数据库。请和系统管理员一起运行 mengya verify。"),
    ),
    "integrity": (
        lazy("一份记录完整性校验失败，内容没有显示"),
        lazy("请和系统管理员一起运行 mengya verify，找出第一条不对的记录。"),
    ),
    "clock": (
        lazy("服务器的时钟被拨动过"),
        lazy("请系统管理员校对时间，并查清是谁、为什么。时间比记录早时，系统不保存任何内容。"),
    ),
    "break_glass": (lazy("有医生紧急查阅了一名孩子的档案"), lazy("请在 72 小时内复核。")),
}
CLOSED_AS = {"explained": lazy("已说明"), "followed_up": lazy("已处理"), "false_alarm": lazy("误报")}
ACTIONS = {
    "R": lazy("查看"),
    "C": lazy("新写"),
    "U": lazy("修改"),
    "D": lazy("删除"),
    "E": lazy("导出"),
    "P": lazy("打印"),
    "S": lazy("查找"),
    "Sign": lazy("签名"),
}
OUTCOMES = {"allow": lazy("给了"), "deny": lazy("拒绝")}
PURPOSES = {
    "care": lazy("照护"),
    "emergency": lazy("紧急查阅"),
    "oversight": lazy("审计"),
    "print": lazy("打印"),
    "export": lazy("导出"),
    "erasure": lazy("删除"),
    "statistics": lazy("统计"),
    "two_persons": lazy("两人审批"),
}

# What was looked at or changed; kinds of entries have their words already.
RECORDS = {
    "account": lazy("账号"),
    "alarm": lazy("告警"),
    "approval": lazy("双人批准"),
    "attachment": lazy("附件"),
    "audit": lazy("审计"),
    "break_glass": lazy("紧急查阅"),
    "case": lazy("个案"),
    "check": lazy("健康检查"),
    "child": lazy("基本信息"),
    "class": lazy("班级"),
    "consent": lazy("同意书"),
    "draft": lazy("草稿"),
    "entry": lazy("档案条目"),
    "erasure": lazy("删除"),
    "export": lazy("导出"),
    "handout": lazy("打印件"),
    "invitation": lazy("邀请"),
    "lookup": lazy("按号码查找"),
    "passkey": lazy("通行密钥"),
    "record": lazy("整份档案"),
    "relationship": lazy("关系"),
    "release": lazy("放行"),
    "section_closure": lazy("开放范围"),
    "signature": lazy("签名"),
    "statistics": lazy("统计"),
    "task": lazy("任务"),
}
ADMINISTRATOR = lazy("系统管理")  # in a record the same role is whoever imported it


def alarms_page(found: list[AlarmFacts]) -> dict:
    """Return the page of alarms (pages/officer/alarms.html), new ones first."""
    return {
        "new": [_alarm(each) for each in found if each.seen_at is None],
        "seen": [_alarm(each) for each in found if each.seen_at],
        "findings": [{"value": value, "text": str(CLOSED_AS[value])} for value in FINDINGS],
    }


def audit_page(asked: dict, user_id: UUID | None, found: Iterable[tuple[AuditEvent, str]], state) -> dict:
    """Return the audit search (pages/officer/audit.html) with the newest rows that fit."""
    typed = {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in asked.items()}
    state.values = {name: value for name, value in typed.items() if value} | state.values
    return {
        "action": url_for("officer.search"),
        "form": state,
        "user_code": words.code_of(user_id) if user_id else "",
        "roles": [{"value": name, "text": str(word)} for name, (_mark, word) in words.ROLES.items()],
        "actions": _options(ACTIONS),
        "outcomes": _options(OUTCOMES),
        "rows": [_audit_row(event, organisation) for event, organisation in found],
        "clear_href": url_for("officer.audit"),
    }


def _options(named: dict) -> list[dict]:
    return [{"value": value, "text": str(text)} for value, text in named.items()]


def _alarm(alarm: AlarmFacts) -> dict:
    what, advice = KINDS[alarm.kind]
    is_emergency = alarm.kind == "break_glass"
    return {
        "what": str(what) % {"n": alarm.number} if "%" in str(what) else str(what),
        "advice": str(advice),
        "role": words.ROLES[alarm.role][0],
        "who": " ".join(filter(None, (alarm.organisation, str(words.ROLES[alarm.role][1])))),
        "code": words.code_of(alarm.user_id) if alarm.user_id else "",
        "subject": alarm.subject if alarm.kind == "seal" else "",
        "at": words.stamp(alarm.at),
        "is_grave": alarm.kind in ("honeytoken", "seal", "integrity"),
        "finding": str(CLOSED_AS.get(alarm.finding, "")),
        "action": "" if is_emergency else url_for("officer.close", alarm_id=alarm.id),
        "review_href": url_for("officer.emergency", break_glass_id=alarm.subject) if is_emergency else "",
        "audit_href": _audit_href(alarm),
    }


def _audit_href(alarm: AlarmFacts) -> str:
    if alarm.user_id is None:
        return ""
    on = alarm.at.astimezone(LOCAL).date().isoformat()
    outcome = "deny" if alarm.kind == "outside" else None
    return url_for("officer.audit", user=alarm.user_id.hex, from_on=on, to_on=on, outcome=outcome)


def _audit_row(event: AuditEvent, organisation: str) -> dict:
    mark, role = words.ROLES.get(event.role, ("mgr", event.role))
    role = ADMINISTRATOR if event.role == "sysadmin" else role
    return {
        "at": f"{event.at.astimezone(LOCAL):%m-%d %H:%M:%S}",
        "role": mark,
        "who": " ".join(filter(None, (organisation, str(role)))),
        "user": words.code_of(event.user_id) if event.user_id else "",
        "what": str(ACTIONS[event.action]),
        "record": str(RECORDS.get(event.record_type) or words.KINDS.get(event.record_type) or event.record_type),
        "record_code": words.code_of(event.record_id) if event.record_id else "",
        "child": words.code_of(event.child_id) if event.child_id else "",
        "purpose": str(PURPOSES.get(event.purpose, event.purpose)),
        "is_denied": event.outcome == "deny",
        "outcome": str(OUTCOMES[event.outcome]),
        "reason": event.reason,
        "source": event.source,
    }
