"""Errors as pages. The one place that gives a refusal its status."""

import logging
import traceback
from collections.abc import Callable, Mapping

from flask import Flask, current_app, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError

from mengya_health.errors import Conflict, Malformed, MengyaError, NotFound, OtherAccount, SignInNeeded
from mengya_health.fields import SECRETS
from mengya_health.locale import language

log = logging.getLogger("mengya")

STATUS = {
    "not_found": 404,
    "not_permitted": 403,
    "invalid": 422,
    "malformed": 400,
    "not_now": 409,
    "conflict": 409,
    "too_many": 429,
    "integrity": 500,
    "unavailable": 503,
    "stopped": 503,
}
OF_HTTP = {
    404: ("", ""),
    405: ("这一页不能这样打开。请从页面上的按钮进来。", "This page cannot be opened like this. Use the buttons."),
    413: ("文件太大了，请不超过 20 MB。", "The file is too large; at most 20 MB."),
}

OTHERWISE = ("这次没有成功，请回到上一页再试。", "That did not work; go back and try again.")
# Status → heading and what to do next, in Chinese and in English. What the refusal itself says stands between the two.
PAGES = {
    400: (
        ("这个页面发来的内容不完整", "请回到上一页，刷新后再保存一次。您填的内容没有存进去。"),
        ("The form came incomplete", "Go back, reload the page and save again. Nothing of it was stored."),
    ),
    403: (
        ("这一步不对您开放", "这次尝试已经记下。需要更多，请联系上面写的人；账号或岗位不对，请找本单位的系统管理员。"),
        (
            "This is not open to you",
            "The attempt is on record. Ask the people named above; if your account is wrong, ask your administrator.",
        ),
    ),
    404: (
        (
            "没有找到",
            "网址可能写错了，或者这个孩子现在与您没有关系。能看的是孩子的家人、孩子的门诊和班级、转诊单上的接诊机构。"
            "请从首页再找一次；孩子刚转来，请家长或原来的门诊先把关系转过来。",
        ),
        (
            "Not found",
            "The address may be wrong, or this child has nothing to do with you at present. Its family, clinic and "
            "class, and the institution a referral names, can see it. Start from the first page; for a child who has "
            "just moved, ask the family or the former clinic to move the record first.",
        ),
    ),
    409: (
        ("现在还不能这样做", "别人可能刚刚处理过。请回到上一页，看看最新的情况再决定。"),
        ("This cannot be done now", "Somebody may just have acted. Go back, look at what is there now, then decide."),
    ),
    422: (
        ("有地方要改", "请回到上一页，按提示改好再保存。这次没有存进去。"),
        ("Something has to be changed", "Go back, change what is named and save again. Nothing was stored this time."),
    ),
    429: (
        ("试得太多了", "请等几分钟再试，到时不用找人。忘了密码请到门诊或园里，当面重设。"),
        (
            "Too many tries",
            "Wait a few minutes and try again; nobody needs to unlock it. Forgot your password? "
            "The clinic or nursery resets it in person.",
        ),
    ),
    500: (
        ("这次没有成功", "没有保存任何东西。请过一会儿再试；还是不行，请把下面的编号告诉系统管理员。"),
        ("That did not work", "Nothing was stored. Try again in a while, or tell the administrator the number below."),
    ),
    503: (
        (
            "现在暂时用不了",
            "为了不漏记谁看过档案，系统先停一停，内容没有丢。请过几分钟再试；一直这样请告诉系统管理员。",
        ),
        (
            "Not available just now",
            "So that nobody reads a record unrecorded, the system has paused; nothing is lost. "
            "Try again in a few minutes; if it stays, tell the administrator.",
        ),
    ),
}
# Not a moment's trouble: waiting does not help.
STOPPED = (
    ("系统停止使用，等待核对", "请通知系统管理员；再试一次也不会好。"),
    ("Stopped until somebody has checked", "Tell the administrator; trying again does not help."),
)
LABELS = {
    "text": lambda: _("内容"),
    "note": lambda: _("备注"),
    "happened_on": lambda: _("日期"),
    "done_on": lambda: _("检查日期"),
    "reason": lambda: _("为什么更正"),
    "name": lambda: _("姓名"),
    "sex": lambda: _("性别"),
    "birth_on": lambda: _("出生日期"),
    "gestational_weeks": lambda: _("出生孕周"),
    "gestational_days": lambda: _("孕周之外的天数"),
    "birth_weight_kg": lambda: _("出生体重（kg）"),
    "id_no": lambda: _("身份证号"),
    "allergies": lambda: _("过敏"),
    "contact_name": lambda: _("联系人"),
    "contact_phone": lambda: _("联系人电话"),
    "contact_relation": lambda: _("联系人与孩子的关系"),
    "weight_kg": lambda: _("体重（kg）"),
    "lenhei_cm": lambda: _("身长/身高（cm）"),
    "headc_cm": lambda: _("头围（cm）"),
    "class_name": lambda: _("班级"),
    "next_on": lambda: _("下次"),
    "measured_on": lambda: _("哪一天量的"),
    "position": lambda: _("怎么量的"),
    "plain_text": lambda: _("家长会读到的话"),
    "login": lambda: _("登录名"),
    "password": lambda: _("密码"),
    "phone": lambda: _("电话"),
    "code": lambda: _("编码"),
    "kind": lambda: _("种类"),
    "role": lambda: _("岗位"),
    "outcome": lambda: _("转归"),
    "result": lambda: _("结论"),
    "receiver_id": lambda: _("接诊机构"),
    "within": lambda: _("缓急"),
    "arrived": lambda: _("到了没有"),
    "where": lambda: _("到了哪家医院"),
    "checks": lambda: _("由医生勾选"),
}


def with_label(name: str, text: str) -> str:
    """Return a message with the name of its field before it, where the message does not say it itself."""
    label = LABELS[name]() if name in LABELS else ""
    is_said = text.startswith(label.partition("（")[0])  # a label may carry its unit
    return text if not label or is_said else _("%(label)s：%(text)s", label=label, text=text)


def register(app: Flask, both_texts: Callable[[Conflict, Mapping], dict]) -> None:
    """Answer every error with a page of ours; `both_texts` says what the page of two texts shows."""
    app.extensions["both_texts"] = both_texts
    app.register_error_handler(SignInNeeded, _to_sign_in)
    app.register_error_handler(MengyaError, problem_page)
    app.register_error_handler(CSRFError, lambda error: problem_page(Malformed()))
    app.register_error_handler(SecurityError, _foreign_host)
    app.register_error_handler(HTTPException, _http_page)
    app.register_error_handler(Exception, _unexpected_page)
    # Where even the page of an error breaks: Flask and gunicorn would log what the exception says.
    app.register_error_handler(InternalServerError, _last_words)
    app.log_exception = lambda exc_info: _log_places(exc_info[1])


def _to_sign_in(error: SignInNeeded):
    """Lead to the sign-in page and back; whoever is signed in has only to confirm that it is still they.

    What was typed stays on a page of its own, to be sent again from there.
    """
    work = g.get("work")
    is_confirming = bool(work and work.actor) and not isinstance(error, OtherAccount)
    way_in = "passkeys.confirm_page" if is_confirming else "sign_in.form"
    if request.method in ("GET", "HEAD"):
        return redirect(url_for(way_in, next=request.full_path.rstrip("?")))
    typed = [(name, value) for name, value in request.form.items(multi=True) if name not in ("csrf_token", "idem_key")]
    if not typed and not is_confirming:
        return redirect(url_for(way_in))
    has_secret = any(value and name.startswith(SECRETS) for name, value in typed)
    kept = [{"name": name, "value": value} for name, value in typed]
    resend = None if has_secret else {"action": request.full_path, "kept": kept}
    page = {
        # Beside the page that keeps what was typed, or in its place: then back to where it was typed.
        "sign_in_href": url_for(way_in, next=None if resend else _page_here()),
        "resend": resend,
        "is_out": not is_confirming,
        "is_other": isinstance(error, OtherAccount),
    }
    return render_template("pages/signed_out.html", **page), 403 if page["is_other"] else 401


def _page_here() -> str | None:
    """Return the address of this form as that of a page; None where forms are only sent there."""
    try:
        current_app.url_map.bind("").match(request.path, method="GET")
    except HTTPException:
        return None
    return request.full_path.rstrip("?")


def problem_page(error: MengyaError):
    """Return the page that says what is wrong and what to do next, with the status of its kind."""
    status = STATUS.get(error.code, 500)
    if error.code == "integrity":
        log.critical("integrity failure at %s request %s", request.endpoint, _request_id())
    if isinstance(error, Conflict) and error.theirs is not None:
        return render_template("pages/conflict.html", **current_app.extensions["both_texts"](error, LABELS)), status
    if error.code == "stopped":
        return _page(status, *_words(error), words=STOPPED), status
    headers = {"Retry-After": str(getattr(error, "retry_after_s", 5))} if status in (429, 503) else {}
    return _page(status, *_words(error)), status, headers


def _page(status: int, zh: str, en: str, *, words: tuple | None = None) -> str:
    words = words or PAGES[status if status in PAGES else 400 if status < 500 else 500]
    both = [
        {"lang": lang, "heading": heading, "message": message, "advice": advice}
        for lang, message, (heading, advice) in zip(("zh-CN", "en"), (zh, en), words, strict=True)
    ]
    said = both[::-1] if language() == "en" else both
    return render_template("errors/page.html", said=said, doors=_doors(status), request_id=_request_id())


def _doors(status: int) -> list[dict]:
    """Return the other way in that a doctor has: to a child who is not in their care, in an emergency."""
    work = g.get("work")
    if status not in (403, 404) or work is None or work.actor is None or not work.actor.places_as("doctor"):
        return []
    return [{"text": _("紧急查阅"), "href": url_for("emergency.ask")}]


def _words(error: MengyaError) -> tuple[str, str]:
    """Return what a refusal says, with everything it lists, in Chinese and in English."""
    listed = [message for messages in getattr(error, "fields", {}).values() for message in messages]
    # Where the refusal says no more than the page does, the page says it once.
    is_plain = error.code == "not_found" and error.zh == NotFound.zh
    return tuple("\n".join(([] if is_plain else [first]) + listed) for first in (error.zh, error.en))


def _foreign_host(_error: SecurityError):
    # Not a page: without a host of ours there are no addresses to put into one.
    words = "没有这个网站。请检查地址。 There is no such site here; check the address.\n"
    return words, 400, {"Content-Type": "text/plain; charset=utf-8"}


def _http_page(error: HTTPException):
    return _page(error.code, *OF_HTTP.get(error.code, OTHERWISE)), error.code


def _unexpected_page(error: Exception):
    _log_places(error)
    return _page(500, "", ""), 500


def _last_words(_error: InternalServerError):
    words = "这次没有成功，请过一会儿再试。 That did not work; please try again in a while.\n"
    return words, 500, {"Content-Type": "text/plain; charset=utf-8"}


def _log_places(error: BaseException) -> None:
    # The type and the places only: an exception's text may carry what somebody typed.
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    places = " < ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in reversed(frames))
    log.error("unexpected %s at %s request %s: %s", type(error).__name__, request.endpoint, _request_id(), places)


def _request_id() -> str:
    work = g.get("work")
    return str(work.request_id) if work else ""
