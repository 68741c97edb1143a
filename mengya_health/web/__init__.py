"""Pages: each module named after what it shows; those about cases share one blueprint."""

from flask import Blueprint

from mengya_health.web import (
    account,
    account_security,
    accounts,
    attachments,
    basis,
    case_notes,
    cases,
    checks,
    children,
    class_summary,
    classes,
    daily_checks,
    desk_consents,
    disputes,
    due,
    emergency,
    enrolments,
    entering,
    erasures,
    family,
    family_clinic,
    family_consents,
    family_desk,
    family_people,
    family_rights,
    family_sharing,
    family_signing,
    figures,
    follow_through,
    guardians,
    health,
    inbox,
    informants,
    installation_pages,
    looking_again,
    measurements,
    moves,
    observing,
    officer,
    paper_signatures,
    papers,
    passkeys,
    places,
    plans,
    receipts,
    referral_links,
    referrals,
    referring,
    releases,
    reports,
    schedule,
    screenings,
    sign_in,
    today,
    urgent,
)

OF_FAMILIES = (
    family,
    family_clinic,
    family_consents,
    family_desk,
    family_people,
    family_rights,
    family_sharing,
    family_signing,
)
OF_CHILDREN = (children, desk_consents, enrolments, guardians)
OF_CLASSES = (classes, class_summary, observing, daily_checks, follow_through)
OF_CASES = (cases, case_notes, looking_again, paper_signatures, plans, referring)
OF_ACCOUNTS = (account, account_security, accounts, places)


def blueprints() -> list[Blueprint]:
    """Return every blueprint of the web application."""
    areas = (
        *OF_ACCOUNTS,
        attachments,
        basis,
        *OF_CASES,
        checks,
        *OF_CHILDREN,
        disputes,
        due,
        *OF_CLASSES,
        entering,
        *OF_FAMILIES,
        health,
        inbox,
        informants,
        measurements,
        moves,
        papers,
        passkeys,
        receipts,
        referral_links,
        referrals,
        reports,
        urgent,
        schedule,
        screenings,
    )
    of_trust = (emergency, erasures, figures, installation_pages, officer, releases)
    return list(dict.fromkeys(module.bp for module in (*areas, *of_trust, sign_in, today)))
