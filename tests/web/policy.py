"""S-37: which pages open to whom, written out. A page that is not here fails the test; so does one that opens to more.

Everybody is asked about the same child, with the ids of its entry, case, task, referral and paper. `other_…` are people
of another clinic, class or family. Roles act as in product.md §1.
"""

PUBLIC = {
    "entering.join_page", "receipts.script", "sign_in.by_phone_page", "sign_in.form", "sign_in.invitation",
    "sign_in.invitation_of", "letter.opening",
}  # fmt: skip
# One's own account, or a list on which only one's own things stand.
ANYONE_SIGNED_IN = {
    "account.agreement",
    "account.app_page",
    "account.show",
    "children.search",
    "classes.written",
    "family.home",
    "inbox.settings",
    "inbox.show",
    "moves.former",
    "loop.show",
    "papers.queue",
    "passkeys.confirm_page",
    "passkeys.new",
    "passkeys.show",
}
# They answer with another page, or the child at hand has no such thing: opened in the tests of their own.
ELSEWHERE = {
    "cases.referral_file",
    "letter.file",
    "letter.show",
    "referrals.file",
    "basis.subject",
    "accounts.show",
    "entering.step",
    "cases.confirm_paper",
    "cases.paper",
    "children.restriction_document",
    "family.closing_page",
    "reports.download",
    "sign_in.front",
    "cases.concern",
    "cases.question",
    "checks.correction",
    "checks.show",
    "informants.of_check",
    "children.entry",
    "family.check_in_page",
    "family.statement",
    "family.sign",
    "classes.advice",
    "classes.own",
    "family.hand_over",
    "classes.check_in_page",
    "classes.summary",
    "daily.follow_up",
    "officer.emergency",
    "raised.in_classes",
    "releases.show",
    "urgent.outcome",
    "screenings.correction",
    "conferences.show",
}
_REPORTS = "conferences.index reports.choose reports.index"  # any staff may report harm, or be asked to confer
_BASIS = "basis.index"
_CLINIC = (
    f"{_BASIS} cases.waiting children.enrolments children.new due.show emergency.ask indicators.clinic today.show "
    f"{_REPORTS}"
)
_CASE = (
    "cases.ask cases.close cases.contact cases.end_task cases.evaluate cases.feedback cases.follow_up cases.new "
    "cases.plan cases.refer cases.second_doctor cases.show conferences.new conferences.of_case"
)
_RECORD = (
    "checks.enter children.advise children.entry classes.concern_page family.concern_page family.people family.record "
    "measurements.enter moves.away papers.choose attachments.download attachments.show disputes.answer_page "
    "family.sharing_page receipts.download receipts.show informants.show schedule.booklet schedule.show "
    "screenings.enter screenings.index family.guide family.guide_of_case"
)
_SHEET = (
    "children.consents children.edit children.guardians children.invite children.show erasures.show "
    "moves.handover passkeys.witness_page reports.show reports.write_page"
)
_FAMILY = (
    "children.entry classes.concern_page family.clinic family.concern_page family.consent family.home_of "
    "family.people family.record "
    "family.signed family.viewed papers.choose attachments.download attachments.show disputes.of_entry family.rights "
    "family.sharing_page receipts.download receipts.show family.guide family.guide_of_case"
)
_CLASS = f"classes.of classes.show classes.whole daily.follow_ups waiting.key {_REPORTS}"
_LETTER = f"{_BASIS} referrals.show referrals.waiting {_REPORTS}"
_OPEN = {
    "usual": {
        "anonymous": "",
        "doctor": f"{_CLINIC} {_CASE} {_RECORD} {_SHEET}",
        "teacher": f"{_CLASS} children.show classes.concern_page classes.observe_page family.concern_page "
        "informants.in_class reports.write_page daily.check_class daily.check_child daily.sheet",
        "mother": f"{_FAMILY} family.look informants.at_home",
        "specialist": f"{_LETTER} reports.write_page",
        "reviewer": f"{_BASIS} releases.waiting {_REPORTS}",
        "manager": f"{_BASIS} figures.show indicators.district raised.show rota.show {_REPORTS}",
        "sysadmin": f"{_BASIS} accounts.index accounts.new installation.history places.show {_REPORTS}",
        "other_doctor": _CLINIC,
        "other_teacher": f"classes.show daily.follow_ups reports.write_page waiting.key {_REPORTS}",
        "other_mother": "",
        "other_security_officer": "figures.show officer.alarms_page officer.audit officer.emergencies erasures.waiting "
        f"installation.history {_REPORTS}",
    },
    # The clinic keeps sight of the child, to ask for the consent; nobody reads what was written but the family.
    "consent withdrawn": {
        "doctor": f"{_CLINIC} {_SHEET}",
        "teacher": f"{_CLASS} reports.write_page",
        "mother": _FAMILY,
        "specialist": f"{_BASIS} referrals.waiting reports.write_page {_REPORTS}",
    },
    "relationship ended": {
        "doctor": f"{_CLINIC} moves.written reports.show",  # the report they wrote; what their clinic wrote
        "teacher": f"{_CLASS} moves.written",
        "mother": "",
        "specialist": f"{_BASIS} referrals.waiting {_REPORTS}",
    },
}
OPEN = {state: {name: set(pages.split()) for name, pages in theirs.items()} for state, theirs in _OPEN.items()}
