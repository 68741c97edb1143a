"""The words pages use for children, hands, stages and days; one table for each, in the reader's language."""

from datetime import date, datetime
from uuid import UUID

from flask_babel import lazy_gettext as _

from mengya_health.growth.ages import PRETERM_BELOW_DAYS, TERM_DAYS
from mengya_health.locale import gettext, language
from mengya_health.people.facts import ChildFacts, age_parts, age_text
from mengya_health.phrases import Phrase
from mengya_health.signing.levels import level_parts
from mengya_health.web.shown.punctuation import bracketed, in_a_row, said
from mengya_health.work import LOCAL

BIRTH_SIZES = {"SGA": _("小于胎龄"), "AGA": _("适于胎龄"), "LGA": _("大于胎龄")}
SEX = {"F": _("女"), "M": _("男"), "U": _("性别未定")}
WEEKDAYS = (_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日"))
TODAY = _("今天")
_NOT_TERM = _("未足月")
_ENGLISH_UNITS = {"years": "y", "months": "mo", "days": "d"}
SHADES = ("", "b", "c", "d")  # of the leaf with a child's initial; neighbours differ, boys and girls do not

# Role → its mark and its word.
ROLES = {
    "doctor": ("doc", _("医生")),
    "specialist": ("mgr", _("接诊机构")),
    "receiver_link": ("mgr", _("接诊机构（凭链接）")),
    "teacher": ("tea", _("老师")),
    "health_staff": ("tea", _("保健员")),
    "guardian": ("par", _("家长")),
    "caregiver": ("par", _("家人")),
    "reviewer": ("mgr", _("区级复核")),
    "manager": ("mgr", _("区级管理")),
    "security_officer": ("mgr", _("安全审计")),
    "sysadmin": ("mgr", _("系统导入")),
    "safeguarding": ("mgr", _("儿童保护负责人")),
    "area_safeguarding": ("mgr", _("区级儿童保护负责人")),
    "chair": ("mgr", _("会商主持人")),
    "anonymous": ("par", _("用邀请码开通")),
}
# Section → its mark, its word, and who writes it.
HANDS = {
    "health": ("doc", _("卫生保健"), _("医生")),
    "behaviour": ("tea", _("行为观察"), _("老师")),
    "family": ("par", _("家长互动"), _("家长")),
}
# Whose turn it is → mark, who, and "轮到…".
TURNS = {
    "doctor": ("doc", _("医生"), _("轮到医生")),
    "teacher": ("tea", _("老师"), _("轮到老师")),
    "guardian": ("par", _("家长"), _("轮到家长")),
    "specialist": ("mgr", _("接诊机构"), _("等回执")),
    "reviewer": ("mgr", _("区级复核"), _("等复核")),
    "invited": ("mgr", _("会商请来的人"), _("等会商的下文")),
}
# Stage of a case → step of the loop and its word.
STAGES = {
    "prevention": (1, _("预防")),
    "screening": (2, _("筛查")),
    "intervention": (3, _("干预")),
    "consolidation": (4, _("巩固")),
    "closed": (5, _("已结束")),
}
STEP_NAMES = tuple(word for _step, word in list(STAGES.values())[:4])

KINDS = {
    "screening": _("健康检查"),
    "follow_up": _("随访"),
    "care_plan": _("支持计划"),
    "evaluation": _("干预评估"),
    "closing_summary": _("结案小结"),
    "referral": _("转诊"),
    "referral_feedback": _("转诊回执"),
    "contact_attempt": _("联系家长"),
    "advice": _("医生的话"),
    "observation": _("课堂观察"),
    "home_observation": _("家里的观察"),
    "daily_check": _("晨午检"),
    "daily_step": _("晨午检跟进"),
    "exclusion": _("在家休息"),
    "class_check": _("班级检查"),
    "check_in": _("任务打卡"),
    "class_summary": _("班级小结"),
    "home_record": _("家庭记录"),
    "informant_answers": _("检查前先看的几条"),
    "question": _("家长提问"),
    "dispute": _("家长的异议"),
    "dispute_answer": _("对异议的答复"),
    "answer": _("家长答复"),
    "concern": _("请医生看看"),
    "consent_decision": _("关于同意的决定"),
    "outcome": _("当日就诊的结果"),
    "vaccination": _("接种证"),
    "visit_not_done": _("检查没有做"),
    "handover": _("换了门诊"),
    "moved_away": _("搬离本区"),
    "came_back": _("又搬回来"),
    "conference": _("会商"),
    "conference_note": _("会商（给家长看的）"),
}
DECIDED = {"agree": _("同意"), "acknowledge": _("知道了"), "disagree": _("有异议")}
RELATIONS = {"mother": _("妈妈"), "father": _("爸爸"), "grandparent": _("祖辈"), "other": _("其他家人")}
TASKS = {
    "visit": _("健康检查"),
    "follow_up": _("随访"),
    "rescreen": _("复筛"),
    "look_first": _("检查前先看一看"),
    "decision": _("等医生决定"),
    "finding": _("决定检查中的发现"),
    "concern": _("有人请医生看看"),
    "question": _("家长想先问问"),
    "signature": _("等签名"),
    "dispute": _("家长有异议，请答复"),
    "witness": _("纸质签名等第二位见证人"),
    "care_task": _("家园任务"),
    "referral_reply": _("等转诊回执"),
    "second_doctor": _("请另一位医生决定"),
    "release": _("请复核医生放行"),
    "consent_ended": _("家长不再同意建档"),
    "consent_disputed": _("监护人意见不一致"),
    "two_persons": _("等另一位同事批准"),
    "erasure": _("家长要求删除"),
    "outcome": _("当日就诊，等结果"),
    "class_advice": _("给老师的建议"),
    "daily_exception": _("晨午检跟进"),
    "handover": _("接收转来的孩子"),
    "conference": _("会商"),
    "conference_point": _("会商的结论和堵点"),
}


# The classes of a record by whose they are; what is kept apart is never spoken of.
CLASSES = {
    "health": _("卫生保健（医生写的）"),
    "behaviour": _("行为观察（老师写的）"),
    "family": _("家长互动（家里写的）"),
}


def closed(key_class: str, sealed_until: date | None) -> str:
    """Return what to say of a class that was destroyed, or is only stored until a day."""
    if sealed_until:
        return str(
            _("%(name)s：已封存到 %(until)s，只保存，没有人查看、使用。", name=CLASSES[key_class], until=sealed_until)
        )
    return str(_("%(name)s：已应家长要求删除，谁也恢复不了。", name=CLASSES[key_class]))


def level(signature) -> str:
    """Return the level of a signature and how its passkey was enrolled, never rounded up."""
    label, notes = level_parts(signature)
    return bracketed(told(label), in_a_row(map(told, notes))) if notes else told(label)


def code_of(row_id: UUID) -> str:
    """Return a short code for an id, the same on every page: 9F3A-01BC. It tells nobody who or what it is."""
    tail = row_id.hex[-8:].upper()
    return f"{tail[:4]}-{tail[4:]}"


def initial_of(name: str) -> str:
    """Return the character that stands for a child on its leaf: the last of its name."""
    return name[-1:]


def shade_of(child_id: UUID) -> str:
    """Return the same shade for a child on every page."""
    return SHADES[child_id.bytes[-1] % len(SHADES)]


def sex_and_age(child: ChildFacts, today: date) -> str:
    return f"{SEX[child.sex]} · {age(child.birth_on, today)}"


def gestation(child: ChildFacts) -> str:
    """Return "早产 34+2 周" for a child born early, else ""."""
    if child.gestational_days is None or child.gestational_days >= PRETERM_BELOW_DAYS:
        return ""
    weeks, days = divmod(child.gestational_days, 7)
    return str(_("早产 %(weeks)s 周", weeks=f"{weeks}+{days}"))


def postmenstrual_weeks(corrected_days: int) -> str:
    """Return "34+2" for an age in days before term (negative) or after it."""
    weeks, days = divmod(TERM_DAYS + corrected_days, 7)
    return f"{weeks}+{days}"


def birth_size(size: str, percentile_range: str) -> str:
    """Return "小于胎龄（P3–P10）" for a size of WS/T 800—2022, as the clinic says it."""
    return bracketed(BIRTH_SIZES[size], percentile_range)


def corrected(child: ChildFacts, today: date) -> str:
    """Return "矫正10月24天" while the corrected age is the one to judge by, else ""."""
    text = corrected_age(child, today)
    return str(_("矫正%(age)s", age=text)) if text else ""


def corrected_age(child: ChildFacts, on: date) -> str:
    """Return the corrected age where one is used, else ""; before 40 weeks it is 未足月."""
    if not child.uses_corrected_age(on):
        return ""
    return age(child.corrected_birth_on(), on) if on >= child.corrected_birth_on() else said(_NOT_TERM)


def age(birth_on: date, on: date) -> str:
    """Return an age as clinics say it: 25天, 12月3天, 3岁2月; 25 d, 12 mo 3 d, 3 y 2 mo."""
    if language() == "zh":
        return age_text(birth_on, on)
    return " ".join(f"{number} {_ENGLISH_UNITS[unit]}" for unit, number in age_parts(birth_on, on))


def told(text: str) -> str:
    """Return a text that stands elsewhere, in the content or in a stored title, in the reader's language.

    One that has no English stays as it is: so does whatever a person wrote.
    """
    if language() == "zh" or not text:
        return text
    if not isinstance(text, Phrase):
        return gettext(text)
    return gettext(text.pattern, **{name: _told_value(value) for name, value in text.values.items()})


def _told_value(value: object) -> object:
    if isinstance(value, tuple):
        return in_a_row(map(told, value))
    return told(value) if isinstance(value, str) else value


def weekday(on: date) -> str:
    return said(WEEKDAYS[on.weekday()])


def day(on: date, today: date) -> str:
    """Return a day as lists show it: 今天, 11-20 周五, and with its year where that is another one."""
    return said(TODAY) if on == today else other_day(on, today, weekdays())


def short_day(on: date, today: date) -> str:
    """Return a day without its weekday: 11-25, and with its year where that is another one."""
    return f"{on:%m-%d}" if on.year == today.year else on.isoformat()


def weekdays() -> list[str]:
    """Return the names of the weekdays, Monday first: a list looks them up once."""
    return [said(each) for each in WEEKDAYS]


def other_day(on: date, today: date, names: list[str]) -> str:
    """Return a day that is not today, with the names of the weekdays at hand."""
    return f"{on.month:02}-{on.day:02} {names[on.weekday()]}" if on.year == today.year else on.isoformat()


def long_day(on: date) -> str:
    """Return a day as the top of a page says it: 11月23日 周一."""
    return f"{_('%(month)s月%(day)s日', month=on.month, day=on.day)} {weekday(on)}"


def moment(happened_on: date, recorded_at: datetime, today: date) -> str:
    """Return when something was written: 今天 with its time, other days as they are."""
    if happened_on != today:
        return day(happened_on, today)
    return f"{day(today, today)} {recorded_at.astimezone(LOCAL):%H:%M}"


def stamp(at: datetime) -> str:
    """Return a moment to the minute, as the clock on the wall showed it."""
    return f"{at.astimezone(LOCAL):%Y-%m-%d %H:%M}"


def short_visit(name: str) -> str:
    """Return a visit's name as long lists write it: 12月龄健检."""
    return told(name).replace("健康检查", "健检")


def signed_before(signed: int, current: int) -> str:
    """Return that a signature is on an older version than the one there is now; "" where it is on this one."""
    if signed == current:
        return ""
    return str(_("曾于第 %(signed)s 版签署，第 %(current)s 版还没有签", signed=signed, current=current))


def contact(each) -> str:
    """Return "王女士（妈妈） 13800000000" for whom the clinic may call."""
    return f"{bracketed(each.name, RELATIONS[each.relation])} {each.phone}"


def overdue(days: int) -> str:
    return str(_("逾期 %(n)s 天", n=days))


def role(name: str) -> dict:
    """Return mark and word of a role, for a badge."""
    mark, word = ROLES[name]
    return {"role": mark, "text": said(word)}


def turn(whose_turn: str) -> dict | None:
    """Return mark and 轮到… of whoever's turn it is; None where it is nobody's."""
    if whose_turn not in TURNS:
        return None
    mark, _who, text = TURNS[whose_turn]
    return {"role": mark, "text": said(text)}
