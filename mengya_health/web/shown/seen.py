"""Observations and daily checks in words: for families and teachers plainly, for the clinic with what was counted."""

from collections.abc import Iterator

from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from mengya_health.content import Content
from mengya_health.record.queries import OpenEntry

KINDS = ("observation", "home_observation", "daily_check", "daily_step", "exclusion")
SCORES = {2: lazy("会了"), 1: lazy("有时"), 0: lazy("还没"), 9: lazy("没机会看到")}
MEALS = {
    "meal": (lazy("这一餐"), {"all": lazy("都吃完了"), "half": lazy("吃了一半"), "little": lazy("吃得少")}),
    "nap": (lazy("午睡"), {"well": lazy("睡得好"), "short": lazy("睡得短"), "none": lazy("没睡")}),
}


def plainly(content: Content, entry: OpenEntry) -> str:
    """Return one of these entries in a sentence, without a score or the name of a disease."""
    return "；".join(text for _label, text in in_rows(content, entry.kind, entry.content))


def in_rows(content: Content, kind: str, said: dict) -> Iterator[tuple[str, str]]:
    """Yield what one of these entries says as (label, text)."""
    return _ROWS[kind](content, said)


def _observation(content: Content, said: dict) -> Iterator[tuple[str, str]]:
    items = content.behaviours.items
    for each in said.get("logs", ()):
        label, choices = MEALS[each["name"]]
        yield str(label), f"{label}：{choices[each['value']]}"
    for each in said.get("items", ()):
        item = items.get(each["code"])
        text = item.text if item else each["code"]
        yield content.behaviours.domains[item.domain] if item else "", f"{text}：{SCORES[each['score']]}"
    if said.get("note"):
        yield _("备注"), said["note"]


_ROWS = {"observation": _observation, "home_observation": _observation}
