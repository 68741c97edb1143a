"""Observations and daily checks in words: for families and teachers plainly, for the clinic with what was counted."""

from collections.abc import Iterator, Mapping
from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from mengya_health.care.daily_checks import SEEN, state_of
from mengya_health.care.follow_through import STEPS, course_of
from mengya_health.content import Content
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.returning import Return, return_of
from mengya_health.web.shown import words
from mengya_health.web.shown.punctuation import enumerated, in_a_row, joined, labelled, sentences
from mengya_health.work import LOCAL

KINDS = ("observation", "home_observation", "daily_check", "daily_step", "exclusion")
SCORES = {2: lazy("会了"), 1: lazy("有时"), 0: lazy("还没"), 9: lazy("没机会看到")}
MEALS = {
    "meal": (lazy("这一餐"), {"all": lazy("都吃完了"), "half": lazy("吃了一半"), "little": lazy("吃得少")}),
    "nap": (lazy("午睡"), {"well": lazy("睡得好"), "short": lazy("睡得短"), "none": lazy("没睡")}),
}
NOTE = lazy("备注")
PRESENCE = {"here": lazy("在园"), "ill": lazy("因病没来"), "leave": lazy("请假没来")}
PART_NAMES = {"morning": lazy("晨检"), "noon": lazy("午检")}
MISSING = {
    "onset_on": lazy("发病日"),
    "rash_on": lazy("出疹日"),
    "antibiotic_on": lazy("开始用抗生素的日子"),
    "symptom_free_at": lazy("症状消失的时间"),
    "afebrile_at": lazy("退热的时间"),
    "days_by_notice": lazy("本区公告写的天数，请问区疾控或保健所"),
}


def plainly(content: Content, entry: OpenEntry) -> str:
    """Return one of these entries in a sentence, without a score or the name of a disease."""
    return joined(text for _label, text in in_rows(content, entry.kind, entry.content))


def in_rows(content: Content, kind: str, said: dict) -> Iterator[tuple[str, str]]:
    """Yield what one of these entries says as (label, text)."""
    return _ROWS[kind](content, said)


def check_in_words(check: Mapping) -> str:
    """Return what a check says in one line, in the words a teacher and a family read."""
    parts = [str(PRESENCE[check["presence"]])] if check["presence"] != "here" else []
    parts += [_("%(card)s牌", card=words.told(check["card"]))] if check.get("card") else []
    parts += [f"{check['temperature']}℃"] if check.get("temperature") else []
    parts += [words.told(each) for name in ("seen", "columns", "symptoms") for each in check.get(name, ())]
    return enumerated([*parts, *(check[name] for name in ("asked", "brought", "handling") if check.get(name))])


def back_in_words(back: Return, today: date) -> str:
    """Return when a child may come back and with what, in a sentence without the name of the disease."""
    way = back.best
    needs = [*way.open, *([] if back.has_certificate else [_("医院的返园证明，或社区医生的核验")])]
    from_on = way.from_at.astimezone(LOCAL).date() if way.from_at else None
    if way.missing:
        lead = _("还不知道%(what)s，先在家休息。", what=enumerated(str(MISSING[each]) for each in way.missing))
    elif from_on and from_on > today:
        lead = _("%(day)s 起可以回来。", day=from_on.isoformat())
    else:
        lead = _("日子已经到了。")
    return sentences([lead, _("还要：%(needs)s。", needs=enumerated(needs)) if needs else _("都齐了。")])


def _observation(content: Content, said: dict) -> Iterator[tuple[str, str]]:
    items = content.behaviours.items
    for each in said.get("logs", ()):
        label, choices = MEALS[each["name"]]
        yield str(label), labelled(label, choices[each["value"]])
    for each in said.get("items", ()):
        item = items.get(each["code"])
        text = words.told(item.text) if item else each["code"]
        yield words.told(content.behaviours.domains[item.domain]) if item else "", labelled(text, SCORES[each["score"]])
    if said.get("note"):
        yield words.said(NOTE), said["note"]
    if said.get("struck"):
        yield _("更正"), _("记错了，已删掉")


def _daily_check(_content: Content, said: dict) -> Iterator[tuple[str, str]]:
    """A month: how many days were written, and each day on which there was something."""
    yield _("记了"), _("记了 %(n)s 天", n=len(said["days"]))
    for day in sorted(said["days"]):
        for part, check in sorted(said["days"][day].items()):
            if state_of(check) == SEEN or check["presence"] != "here":
                label = _("%(day)s 日%(part)s", day=int(day[1:]), part=PART_NAMES[part])
                yield label, labelled(label, check_in_words(check))


def _daily_step(_content: Content, said: dict) -> Iterator[tuple[str, str]]:
    step = words.told(STEPS[said["step"]])
    yield step, in_a_row(filter(None, (step, words.told(said["way"]), said["text"])))


def _exclusion(content: Content, said: dict) -> Iterator[tuple[str, str]]:
    back = return_of(content.behaviours.infections[said["disease"]].rule, course_of(said))
    yield _("返园"), back_in_words(back, date.min)


_ROWS = {
    "observation": _observation,
    "home_observation": _observation,
    "daily_check": _daily_check,
    "daily_step": _daily_step,
    "exclusion": _exclusion,
}
