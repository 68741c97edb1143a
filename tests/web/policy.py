"""S-37: which pages open to whom, written out. A page that is not here fails the test; so does one that opens to more.

Everybody is asked about the same child, with the ids of its entry, case, task, referral and paper. `other_…` are people
of another clinic, class or family. Roles act as in product.md §1.
"""

PUBLIC = {"sign_in.by_phone_page", "sign_in.form", "sign_in.invitation", "sign_in.invitation_of"}
# One's own account, or a list on which only one's own things stand.
ANYONE_SIGNED_IN = {
    "account.agreement",
    "account.show",
    "children.search",
    "classes.written",
    "family.home",
    "papers.queue",
}
# They answer with another page, or the child at hand has no such thing: opened in the tests of their own.
ELSEWHERE = {
    "sign_in.front",
    "cases.concern",
    "cases.question",
    "checks.correction",
    "checks.show",
    "children.entry",
    "family.check_in_page",
    "family.statement",
    "family.sign",
    "classes.check_in_page",
    "classes.summary",
    "officer.emergency",
    "releases.show",
}
_CLINIC = "cases.waiting children.new emergency.ask today.show"
_CASE = (
    "cases.ask cases.close cases.contact cases.end_task cases.evaluate cases.feedback cases.follow_up cases.new "
    "cases.plan cases.refer cases.second_doctor cases.show"
)
_RECORD = (
    "checks.enter children.advise children.entry classes.concern_page family.concern_page family.people family.record "
    "measurements.enter papers.choose"
)
_SHEET = "children.consents children.edit children.invite children.show"
_FAMILY = (
    "children.entry classes.concern_page family.concern_page family.consent family.home_of family.people family.record "
    "family.signed family.viewed papers.choose"
)
_CLASS = "classes.of classes.show classes.whole"
_OPEN = {
    "usual": {
        "anonymous": "",
        "doctor": f"{_CLINIC} {_CASE} {_RECORD} {_SHEET}",
        "teacher": f"{_CLASS} children.show classes.concern_page classes.observe_page family.concern_page",
        "mother": _FAMILY,
        "specialist": "children.entry children.show referrals.show referrals.waiting",
        "reviewer": "releases.waiting",
        "manager": "",
        "sysadmin": "",
        "other_doctor": _CLINIC,
        "other_teacher": "classes.show",
        "other_mother": "",
        "other_security_officer": "officer.alarms_page officer.audit officer.emergencies",
    },
    # The clinic keeps sight of the child, to ask for the consent; nobody reads what was written but the family.
    "consent withdrawn": {
        "doctor": f"{_CLINIC} {_SHEET}",
        "teacher": _CLASS,
        "mother": _FAMILY,
        "specialist": "referrals.waiting",
    },
    "relationship ended": {
        "doctor": _CLINIC,
        "teacher": _CLASS,
        "mother": "",
        "specialist": "referrals.waiting",
    },
}
OPEN = {state: {name: set(pages.split()) for name, pages in theirs.items()} for state, theirs in _OPEN.items()}
