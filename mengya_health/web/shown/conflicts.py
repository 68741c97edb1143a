"""Two people saved the same thing: both texts side by side, field by field, and who changed it when."""

from collections.abc import Callable, Mapping

from flask import request
from flask_babel import gettext as _

from mengya_health.errors import Conflict
from mengya_health.locale import language
from mengya_health.web.shown import words
from mengya_health.web.shown.punctuation import enumerated
from mengya_health.work import LOCAL

OF_THE_DOOR = ("csrf_token", "idem_key", "row_version")


def both_texts(error: Conflict, labels: Mapping[str, Callable[[], str]]) -> dict:
    """Return what the page of two texts shows: mine as typed, theirs and the common base as stored.

    `labels` are the names of fields that every form calls the same.
    """
    mine = {name: values for name, values in request.form.lists() if name not in OF_THE_DOOR}
    mine |= {name: [] for name in error.theirs if name in error.said and name not in mine}  # what I left unanswered
    fields, kept = [], []
    for name, values in mine.items():
        if name in error.theirs and _codes(error.theirs[name]) != _codes(values):
            fields.append(_two_texts(error, labels, name, _codes(values)))
        else:
            kept += [{"name": name, "value": value} for value in values]
    who = words.said(words.ROLES[error.by][1]) if error.by else ""
    return {
        "lead": error.zh if language() == "zh" else error.en,
        "who": f"{who} {error.at.astimezone(LOCAL):%H:%M}" if error.at else "",
        "fields": fields,
        "kept": kept,
        "row_version": error.row_version,
        "action": request.path,
        "back": {"text": _("不保存，回去看"), "href": request.path},
    }


def _two_texts(error: Conflict, labels: Mapping, name: str, mine: str) -> dict:
    """Return one field of the two texts: what is sent for each, and how each reads."""
    theirs, base = _codes(error.theirs[name]), _codes((error.base or {}).get(name, ""))
    said = error.said.get(name, {})
    label = error.labels.get(name) or labels.get(name, lambda: name)()
    texts = {
        key: enumerated(said.get(code, code) for code in value.split(",")) if said else value
        for key, value in (("mine_text", mine), ("theirs_text", theirs), ("base", base))
    }
    return {"name": name, "label": words.told(label), "mine": mine, "theirs": theirs, "changed": True} | texts


def _codes(value) -> str:
    """Return a value as one field sends it; of several, sorted, all in one text."""
    return ",".join(sorted(map(str, value))) if isinstance(value, list) else str(value)
