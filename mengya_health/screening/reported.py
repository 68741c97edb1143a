"""What is no finding of a screening but a mandatory report: no form asks it, no record keeps it. Pure.

A report leaves no trace a guardian could meet (mandatory_report.yaml); a check is read by guardians.
"""

from mengya_health.content import Content
from mengya_health.content.conditions import codes_named, names_read
from mengya_health.content.screenings import Screening

REPORT = "mandatory_report"  # `to` of an escalation of a pathway


def reported_codes(content: Content) -> frozenset[str]:
    """Return the codes of findings that the pathways send to a mandatory report."""
    escalations = [rule for pathway in content.pathways.values() for rule in pathway.rules.escalate]
    return frozenset(code for each in escalations if each.to == REPORT for code in codes_named(each.condition))


def reported_inputs(content: Content, screening: Screening) -> frozenset[str]:
    """Return the inputs of a screening that only a mandatory report may answer."""
    reported = reported_codes(content)
    rules = [rule for rule in screening.profile().rules if rule.code in reported]
    return frozenset(name for rule in rules for name in names_read(rule.condition))
