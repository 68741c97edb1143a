"""From what is on file to what rules are judged on: dated readings, findings, and the days they count from."""

from collections.abc import Iterable
from datetime import date

from mengya_health.content import Content
from mengya_health.people.facts import ChildFacts
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.facts import History
from mengya_health.screening.measurements import readings_in
from mengya_health.screening.proposals import growth_metric_choice

# What a receiver measured counts like what the clinic did.
READING_KINDS = ("screening", "follow_up", "referral_feedback")


def history_from(content: Content, child: ChildFacts, entries: Iterable[OpenEntry], today: date) -> History:
    """Return every reading of these entries as a history; findings are those of the newest entry that has any.

    An entry's content holds `readings` [{code, value}], `findings` [{code, …}] and `positive_domains` [name].
    """
    read = [entry for entry in entries if entry.kind in READING_KINDS and entry.status == "active"]
    judged = [entry for entry in read if "findings" in entry.content]
    newest = max(judged, key=lambda entry: (entry.happened_on, entry.recorded_at), default=None)
    return History(
        today=today,
        readings=readings_in(reversed(read)),  # of two on one day the one written last counts
        codes=frozenset(each["code"] for each in newest.content["findings"]) if newest else frozenset(),
        positive_domains=frozenset(newest.content.get("positive_domains", ())) if newest else frozenset(),
        dates={"birth": child.birth_on, "corrected_birth": child.corrected_birth_on()} | _medicine_days(read),
        age_months=child.corrected_months(today),
        metric_choice=growth_metric_choice(content),
    )


def _medicine_days(read: list[OpenEntry]) -> dict[str, date]:
    """Return the days follow-ups name (start_of_iron, iron_stopped): the latest word on each counts."""
    named: dict[str, date] = {}
    for entry in read:
        for each in entry.content.get("dates", ()):
            named[each["name"]] = date.fromisoformat(each["on"])
    return named
