"""What every page needs around its content: who is signed in, where they can go, how large the text is."""

from urllib.parse import urlencode

from flask import current_app, g, request, url_for
from flask_babel import lazy_gettext as lazy
from werkzeug.exceptions import HTTPException

from mengya_health.access.actor import Actor
from mengya_health.entry import installation
from mengya_health.locale import gettext as _
from mengya_health.locale import language
from mengya_health.web.shown.emergency import banner
from mengya_health.web.shown.links import local_path

NAMES, HIDDEN = "names", "hidden"  # the cookie of this browser that keeps names off its pages (web/names.py)
LONGEST_HERE = 200  # characters of an address to come back to
BADGES = {
    "doctor": ("doc", lazy("儿保门诊")),
    "specialist": ("mgr", lazy("接诊机构")),
    "teacher": ("tea", lazy("老师")),
    "health_staff": ("tea", lazy("保健员")),
    "guardian": ("par", lazy("家长")),
    "caregiver": ("par", lazy("家人")),
    "manager": ("mgr", lazy("区级管理")),
    "reviewer": ("mgr", lazy("区级复核")),
    "security_officer": ("mgr", lazy("安全审计")),
    "sysadmin": ("mgr", lazy("系统管理")),
    "safeguarding": ("mgr", lazy("儿童保护")),
    "area_safeguarding": ("mgr", lazy("区级儿童保护")),
}
HOME = {
    "doctor": "today.show",
    "teacher": "classes.show",
    "health_staff": "classes.show",
    "guardian": "family.home",
    "caregiver": "family.home",
    "specialist": "referrals.waiting",
    "reviewer": "releases.waiting",
    "manager": "indicators.district",
    "security_officer": "officer.alarms_page",
    "safeguarding": "reports.index",
    "area_safeguarding": "reports.index",
    "sysadmin": "accounts.index",
}
NAV = {
    "doctor": [
        (lazy("今日"), "today.show", "today"),
        (lazy("应检"), "due.show", "due"),
        (lazy("儿童"), "children.search", "children"),
        (lazy("个案"), "cases.waiting", "cases"),
        (lazy("会商"), "conferences.index", "conferences"),
        (lazy("打印"), "papers.queue", "papers"),
        (lazy("依据"), "basis.index", "basis"),
    ],
    "teacher": [
        (lazy("班级"), "classes.show", "classes"),
        (lazy("今天记的"), "classes.written", "written"),
        (lazy("会商"), "conferences.index", "conferences"),
        (lazy("流程"), "loop.show", "loop"),
    ],
    "health_staff": [
        (lazy("班级"), "classes.show", "classes"),
        (lazy("今天记的"), "classes.written", "written"),
        (lazy("要跟进的"), "daily.follow_ups", "daily"),
        (lazy("会商"), "conferences.index", "conferences"),
        (lazy("流程"), "loop.show", "loop"),
    ],
    "specialist": [
        (lazy("转诊"), "referrals.waiting", "referrals"),
        (lazy("会商"), "conferences.index", "conferences"),
        (lazy("依据"), "basis.index", "basis"),
    ],
    "reviewer": [
        (lazy("复核"), "releases.waiting", "releases"),
        (lazy("会商"), "conferences.index", "conferences"),
        (lazy("依据"), "basis.index", "basis"),
    ],
    "security_officer": [
        (lazy("告警"), "officer.alarms_page", "alarms"),
        (lazy("紧急查阅"), "officer.emergencies", "emergencies"),
        (lazy("审计"), "officer.audit", "audit"),
        (lazy("存证"), "installation.history", "history"),
        (lazy("删除复核"), "erasures.waiting", "erasures"),
        (lazy("统计导出"), "figures.show", "figures"),
    ],
    "manager": [
        (lazy("指标"), "indicators.district", "indicators"),
        (lazy("督办"), "raised.show", "raised"),
        (lazy("轮值"), "rota.show", "rota"),
        (lazy("统计导出"), "figures.show", "figures"),
        (lazy("依据"), "basis.index", "basis"),
    ],
    "sysadmin": [
        (lazy("账号"), "accounts.index", "accounts"),
        (lazy("机构"), "places.show", "places"),
        (lazy("存证"), "installation.history", "history"),
    ],
    "guardian": [],
    "caregiver": [],
}


def actor() -> Actor | None:
    """Return who is signed in on this request, if anybody."""
    work = g.get("work")
    return work.actor if work and work.actor and not work.actor.link else None


def hides_names(who: Actor) -> bool:
    """Return whether somebody has the switch 遮名: those who work at a counter with lists of children."""
    return who.role == "doctor"


def home_of(role: str) -> str:
    """Return the endpoint of a role's first page."""
    return HOME.get(role, "account.show")


def context() -> dict:
    """Return `shell` for the frame of every page (templates/base.html says what it holds)."""
    who = actor()
    saved = request.args.get("saved", "")
    return {
        "shell": {
            "lang": "en" if language() == "en" else "zh-CN",
            "is_large": who.large_text if who else request.cookies.get("text_size") == "large",
            "names": _names() if who and hides_names(who) else None,
            "letter_keys": who is None or who.letter_keys,
            "is_demo": installation().settings.is_demo,
            "who": _badge(who) if who else None,
            "nav": _nav(who) if who else [],
            "inbox": {"href": url_for("inbox.show"), "has_news": who.has_news} if who else None,
            "home_href": url_for(home_of(who.role)) if who else url_for("sign_in.form"),
            "search_action": url_for("children.look_for") if who and who.role == "doctor" else "",
            "display_href": url_for("account.display"),
            "here": _here(),
            "sign_out_href": url_for("sign_in.leave") if who else "",
            "password_href": _password_href(who),
            "saved": SAVED.get(saved, lambda: "")(),
            "undo_href": g.get("undo_href", ""),
            "saved_link": g.get("saved_link"),
            "draft": g.get("draft_shown"),
            "keeps_drafts": g.get("keeps_drafts", False),
            "emergency": banner(g.get("work")),
        }
    }


# The line after a save travels as a code: an address carries no text of ours, and none of anybody else's.
SAVED = {
    "stored": lambda: _("已保存"),
    "signed": lambda: _("已签名，医生和老师会看到"),
    "declined": lambda: _("已告诉医生：暂时不同意"),
    "asked": lambda: _("已告诉医生：想先问问"),
    "sent": lambda: _("已发给医生"),
    "some_kept": lambda: _("已保存。同事刚记过的孩子没有改动，请看一看"),
    "told": lambda: _("已保存，也已告诉医生"),
    "unheard_doctor": lambda: _("已发给医生。医生收不到消息提醒：着急请打电话或当面说"),
    "unheard_guardian": lambda: _("已保存。家长收不到消息：请打电话或下次来时当面说"),
    "unheard_teacher": lambda: _("已保存。老师收不到消息：请打电话说一声"),
    "unheard_specialist": lambda: _("已保存。接诊机构收不到消息：请打电话说一声"),
    "unheard_reviewer": lambda: _("已保存。复核医生收不到消息：请打电话说一声"),
    "unheard_others": lambda: _("已保存。被请的人收不到消息：请打电话或下次来时当面说"),
    "code_sent": lambda: _("验证码一分钟内发出，请看邮箱"),
    "moved": lambda: _("已进入下一步"),
    "invited": lambda: _("邀请已生成"),
    "disputed": lambda: _("已记下，会一直跟着这条记录"),
    "witnessed": lambda: _("登记好了，等另一位同事确认"),
    "receipt": lambda: _("正在生成，好了会在这一页"),
    "stopped": lambda: _("停下了，打好的都还在"),
    "printing": lambda: _("正在生成，好了会在打印页"),
    "checked_in": lambda: _("记好了，够了就不用再记"),
    "withdrawn": lambda: _("已撤回"),
    "refused": lambda: _("已记下：不同意"),
    "asked_two": lambda: _("已提交，请另一位同事看过后批准"),
    "submitted": lambda: _("已提交复核"),
    "sent_on": lambda: _("已提出，等新门诊接收"),
    "erasing": lambda: _("已批准，正在销毁"),
}


def _names() -> dict:
    is_hidden = request.cookies.get(NAMES) == HIDDEN
    return {"is_hidden": is_hidden, "text": _("显示姓名") if is_hidden else _("遮名")}


def _password_href(who: Actor | None) -> str:
    """Return where somebody gives their password whose phone let them in to read alone; "" for anybody else."""
    is_reading = who is not None and who.session_kind == "device"
    return url_for("passkeys.confirm_page", next=_here()) if is_reading else ""


def _here() -> str:
    """Return the address of this page, to come back to after a switch: with its question, without what was just said.

    A page that answers a form which is only sent there leads to the first page; so does an address that is too long.
    """
    asked = [(name, value) for name, value in request.args.items(multi=True) if name not in ("saved", "next")]
    asked += [("next", onward)] if (onward := local_path(request.args.get("next", ""))) else []
    here = f"{request.path}?{urlencode(asked)}" if asked else request.path
    try:
        current_app.url_map.bind("").match(request.path, method="GET")
    except HTTPException:
        return "/"
    return here if len(here) <= LONGEST_HERE else request.path


def _badge(who: Actor) -> dict:
    kind, text = BADGES[who.role]
    return {"role": kind, "text": str(text)}


def _nav(who: Actor) -> list[dict]:
    here = (request.blueprint or "").split(".")[0]
    if here == "officer":
        here = next((area for area in ("emergencies", "audit") if f"/{area}" in request.path), "alarms")
    return [
        {"text": str(text), "href": url_for(endpoint), "is_current": here == area}
        for text, endpoint, area in [*NAV.get(who.role, []), *_watching(who)]
    ]


def _watching(who: Actor) -> list[tuple[str, str, str]]:
    """Return where a safeguarding lead reads reports: it stands there whether or not there is any."""
    is_lead = who.places_as("safeguarding", "area_safeguarding")
    return [(lazy("儿童保护"), "reports.index", "reports")] if is_lead else []
