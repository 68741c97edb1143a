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
TIER_FOUND = 2  # the result of a tier at which something was found (sheet_forms.TIER_RESULTS)


def history_from(content: Content, child: ChildFacts, entries: Iterable[OpenEntry], today: date) -> History:
    """Return every reading of these entries as a history; findings are those of each screening when last done.

    An entry's content holds `readings` [{code, value}], `screenings` [{screening, …}], `findings` [{screening, code,
    …}] and `positive_domains` [name], the last only where signs were asked.
    """
    read = [entry for entry in entries if entry.kind in READING_KINDS and entry.status == "active"]
    in_order = sorted(read, key=lambda entry: (entry.happened_on, entry.recorded_at))
    domains = [entry.content["positive_domains"] for entry in in_order if "positive_domains" in entry.content]
    found_on = _standing_codes(in_order)
    return History(
        today=today,
        readings=readings_in(reversed(read)),  # of two on one day the one written last counts
        codes=frozenset(found_on),
        found_on=found_on,
        checks=_tiers(read),
        positive_domains=frozenset(domains[-1] if domains else ()),
        dates={"birth": child.birth_on, "corrected_birth": child.corrected_birth_on()} | _medicine_days(read),
        age_months=child.corrected_months(today),
        metric_choice=growth_metric_choice(content),
    )


def _standing_codes(in_order: list[OpenEntry]) -> dict[str, date]:
    """Return the findings that stand, with the day of each: a screening says nothing about what others found."""
    found: dict[str, dict[str, date]] = {}
    for entry in in_order:
        findings = entry.content.get("findings", ())
        done = {each["screening"] for each in (*entry.content.get("screenings", ()), *findings)}
        found |= {
            name: {each["code"]: entry.happened_on for each in findings if each["screening"] == name} for name in done
        }
    return {code: on for of_screening in found.values() for code, on in of_screening.items()}


def _tiers(read: list[OpenEntry]) -> dict[str, tuple[date, ...]]:
    """Return the tiers of a screening that found something, as checks: pathways call it 复筛异常, as its sheet does."""
    named: dict[str, tuple[date, ...]] = {}
    for entry in read:
        if entry.content.get("tier_result") == TIER_FOUND:
            check = f"{entry.content['tier']}异常"
            named[check] = (*named.get(check, ()), entry.happened_on)
    return named


def _medicine_days(read: list[OpenEntry]) -> dict[str, date]:
    """Return the days follow-ups name (start_of_iron, iron_stopped): the latest word on each counts."""
    named: dict[str, date] = {}
    for entry in read:
        for each in entry.content.get("dates", ()):
            named[each["name"]] = date.fromisoformat(each["on"])
    return named
