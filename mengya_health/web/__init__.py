"""Pages: each module named after what it shows; those about cases share one blueprint."""

from flask import Blueprint

from mengya_health.web import (
    account,
    attachments,
    case_notes,
    cases,
    checks,
    children,
    class_summary,
    classes,
    desk_consents,
    disputes,
    emergency,
    enrolments,
    erasures,
    family,
    family_consents,
    family_people,
    family_rights,
    family_sharing,
    family_signing,
    guardians,
    health,
    installation_pages,
    looking_again,
    measurements,
    officer,
    paper_signatures,
    papers,
    passkeys,
    plans,
    receipts,
    referrals,
    referring,
    releases,
    reports,
    sign_in,
    today,
)

OF_FAMILIES = (family, family_consents, family_people, family_rights, family_sharing, family_signing)
OF_CHILDREN = (children, desk_consents, enrolments, guardians)
OF_CLASSES = (classes, class_summary)
OF_CASES = (cases, case_notes, looking_again, paper_signatures, plans, referring)


def blueprints() -> list[Blueprint]:
    """Return every blueprint of the web application."""
    areas = (
        account,
        attachments,
        *OF_CASES,
        checks,
        *OF_CHILDREN,
        disputes,
        *OF_CLASSES,
        *OF_FAMILIES,
        health,
        measurements,
        papers,
        passkeys,
        receipts,
        referrals,
        reports,
    )
    of_trust = (emergency, erasures, installation_pages, officer, releases)
    return list(dict.fromkeys(module.bp for module in (*areas, *of_trust, sign_in, today)))
