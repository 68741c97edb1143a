"""Errors as pages. The one place that gives a refusal its status."""

import logging
import traceback

from flask import Flask, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError

from mengya_health.errors import Conflict, Malformed, MengyaError, SignInNeeded
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
}
OF_HTTP = {
    404: ("没有这一页。请检查地址，或回到首页。", "There is no such page. Check the address, or go back."),
    405: ("这一页不能这样打开。请从页面上的按钮进来。", "This page cannot be opened like this. Use the buttons."),
    413: ("文件太大了，请不超过 20 MB。", "The file is too large; at most 20 MB."),
}

OTHERWISE = ("这次没有成功，请回到上一页再试。", "That did not work; go back and try again.")
PAGES = (400, 403, 404, 409, 422, 429, 500, 503)
OF_THE_DOOR = ("csrf_token", "idem_key", "row_version")
SECRETS = ("pin", "password", "old_password")
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
}


def register(app: Flask) -> None:
    """Answer every error with a page of ours."""
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
    """Lead to the sign-in page and back. What was typed stays on a page of its own, to be sent again from there."""
    if request.method in ("GET", "HEAD"):
        return redirect(url_for("sign_in.form", next=request.path))
    typed = [(name, value) for name, value in request.form.items(multi=True) if name not in ("csrf_token", "idem_key")]
    if not typed:
        return redirect(url_for("sign_in.form"))
    has_secret = any(name.startswith(SECRETS) for name, _value in typed)
    kept = [{"name": name, "value": value} for name, value in typed]
    resend = None if has_secret else {"action": request.full_path, "kept": kept}
    return render_template("pages/signed_out.html", sign_in_href=url_for("sign_in.form"), resend=resend), 401


def problem_page(error: MengyaError):
    """Return the page that says what is wrong and what to do next, with the status of its kind."""
    status = STATUS.get(error.code, 500)
    if error.code == "integrity":
        log.critical("integrity failure at %s request %s", request.endpoint, _request_id())
    if isinstance(error, Conflict) and error.theirs is not None:
        return render_template("pages/conflict.html", **_both_texts(error)), status
    headers = {"Retry-After": str(getattr(error, "retry_after_s", 5))} if status in (429, 503) else {}
    return _page(status, _words(error)), status, headers


def _page(status: int, message: str) -> str:
    name = status if status in PAGES else 400 if status < 500 else 500
    return render_template(f"errors/{name}.html", message=message, request_id=_request_id())


def _words(error: MengyaError) -> str:
    """Return what a refusal says, with everything it lists, in the reader's language."""
    lines = [error.en if language() == "en" else error.zh]
    lines += [message for messages in getattr(error, "fields", {}).values() for message in messages]
    return "\n".join(lines)


def _both_texts(error: Conflict) -> dict:
    """Return what the page of two texts shows: mine as typed, theirs and the common base as stored."""
    mine = [(name, value) for name, value in request.form.items(multi=True) if name not in OF_THE_DOOR]
    fields, kept = [], []
    for name, value in mine:
        theirs, base = str(error.theirs.get(name, "")), str((error.base or {}).get(name, ""))
        if name in error.theirs and theirs != value:
            label = LABELS.get(name, lambda name=name: name)()
            fields.append(
                {"name": name, "label": label, "mine": value, "theirs": theirs, "base": base, "changed": True}
            )
        else:
            kept.append({"name": name, "value": value})
    return {
        "lead": error.zh if language() == "zh" else error.en,
        "fields": fields,
        "kept": kept,
        "row_version": error.row_version,
        "action": request.path,
        "back": {"text": _("不保存，回去看"), "href": request.path},
    }


def _foreign_host(_error: SecurityError):
    # Not a page: without a host of ours there are no addresses to put into one.
    words = "没有这个网站。请检查地址。 There is no such site here; check the address.\n"
    return words, 400, {"Content-Type": "text/plain; charset=utf-8"}


def _http_page(error: HTTPException):
    return _page(error.code, _words(MengyaError(*OF_HTTP.get(error.code, OTHERWISE)))), error.code


def _unexpected_page(error: Exception):
    _log_places(error)
    return _page(500, ""), 500


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
