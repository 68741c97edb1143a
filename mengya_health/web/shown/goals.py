"""Goals and how far they are reached, in words for the clinic and, plainly, for the family."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as lazy
from marshmallow import fields

from mengya_health.care.facts import CaseFacts
from mengya_health.care.goals import ACHIEVEMENTS, MOST, REACHED, achievements, goals_of
from mengya_health.fields import Choice
from mengya_health.web.shown.punctuation import bracketed, labelled

# FHIR goal-achievement → what the clinic reads, what a family reads.
WORDS = {
    "in-progress": (lazy("进行中"), lazy("正在做")),
    "improving": (lazy("好转"), lazy("在变好")),
    "worsening": (lazy("变差"), lazy("还要多帮一帮")),
    "no-change": (lazy("没有变化"), lazy("和以前差不多")),
    "achieved": (lazy("达到"), lazy("做到了")),
    "sustaining": (lazy("保持（巩固）"), lazy("一直保持着")),
    "not-achieved": (lazy("没有达到"), lazy("还没到，继续")),
    "no-progress": (lazy("没有进展"), lazy("还没到，继续")),
    "not-attainable": (lazy("达不到，要换目标"), lazy("换一个更合适的目标")),
}
TURNED = ("worsening", "no-progress", "not-attainable", "not-achieved")


def goal_fields(facts: CaseFacts) -> list[dict]:
    """Return one field for each goal of the plan (partials/any_field.html); nothing is chosen."""
    options = [{"value": word, "text": str(WORDS[word][0])} for word in ACHIEVEMENTS]
    return [
        {
            "kind": "select",
            "name": f"goal_{number}_achievement",
            "label": labelled(goal["measure"], goal["target"]),
            "options": options,
        }
        for number, goal in enumerate(goals_of(facts), start=1)
    ]


def achievement_fields() -> dict[str, fields.Field]:
    """Return the fields of a form in which goals are judged."""
    return {f"goal_{number}_achievement": Choice(*ACHIEVEMENTS) for number in range(1, MOST + 1)}


def judged_in(said: Mapping) -> list[str]:
    """Return the words of a loaded form in the order of the plan; "" where nothing was chosen."""
    return [said.get(f"goal_{number}_achievement") or "" for number in range(1, MOST + 1)]


def standings(facts: CaseFacts) -> list[dict | None]:
    """Return the tag of each goal of the plan; None for one that nobody has judged yet."""
    return [_tag(word) if word else None for word in achievements(facts)]


def clinic_word(goal: Mapping) -> str:
    """Return a judged goal in one line for the clinic."""
    return bracketed(labelled(goal["measure"], goal["target"]), WORDS[goal["achievement"]][0])


def plain_word(goal: Mapping) -> str:
    """Return a judged goal in one line for the family."""
    return labelled(goal["measure"], WORDS[goal["achievement"]][1])


def _tag(word: str) -> dict:
    kind = "met" if word in REACHED else "flag" if word in TURNED else "note"
    return {"kind": kind, "text": str(WORDS[word][0])}
