"""How far the goals of a plan are reached, in the words of FHIR R4 goal-achievement; the doctor's word, never computed.

Source: https://hl7.org/fhir/R4/valueset-goal-achievement.html (all nine codes).
"""

from collections.abc import Iterable

from mengya_health.care.facts import CaseFacts
from mengya_health.errors import Invalid

ACHIEVEMENTS = (
    "in-progress", "improving", "worsening", "no-change", "achieved", "sustaining", "not-achieved", "no-progress",
    "not-attainable",
)  # fmt: skip
REACHED = ("achieved", "sustaining")
JUDGED_IN = ("follow_up", "evaluation")
MOST = 6  # of a plan


def goals_of(facts: CaseFacts) -> list[dict]:
    """Return the goals of the newest plan: {measure, target, by_on}; none before there is a plan."""
    plan = facts.newest("care_plan")
    return list(plan.content["goals"]) if plan else []


def judge_goals(facts: CaseFacts, words: Iterable[str]) -> dict:
    """Return what an entry keeps of the doctor's word on each goal, in the order of the plan; {} where none was said.

    "" leaves a goal out. Raises Invalid for another word, or more words than goals.
    """
    goals, said = goals_of(facts), list(words)
    if any(word and word not in ACHIEVEMENTS for word in said) or any(said[len(goals) :]):
        raise Invalid(fields={"goal_1_achievement": ["请从列出的几项里选。 Please choose from the list."]})
    kept = [
        {"measure": goal["measure"], "target": goal["target"], "achievement": word}
        for goal, word in zip(goals, said, strict=False)
        if word
    ]
    return {"goals": kept} if kept else {}


def achievements(facts: CaseFacts) -> list[str]:
    """Return the doctor's newest word on each goal of the newest plan; "" for a goal nobody has judged since."""
    newest: dict[tuple[str, str], str] = {}
    for entry in sorted(facts.own_entries, key=lambda each: (each.happened_on, each.recorded_at)):
        if entry.kind in JUDGED_IN and entry.status == "active":
            for goal in entry.content.get("goals", ()):
                newest[goal["measure"], goal["target"]] = goal["achievement"]
    return [newest.get((goal["measure"], goal["target"]), "") for goal in goals_of(facts)]
