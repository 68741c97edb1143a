"""转诊单 with its reply slip: addressed to an institution, in its words."""

from datetime import date
from uuid import UUID

from mengya_health import audit
from mengya_health.care.models import Referral
from mengya_health.care.queries import case_number, facts_of, find_case
from mengya_health.care.referral_links import link_to_print
from mengya_health.errors import NotFound, NotNow, NotPermitted
from mengya_health.handouts.content import Hand, Note, ReferralLetter, Signature, Urgency
from mengya_health.handouts.from_record.lines import HANDS, Line, day_text, lines_of, note_of
from mengya_health.handouts.from_record.measured import in_words
from mengya_health.handouts.from_record.objections import objections_to
from mengya_health.handouts.from_record.sheet import (
    child_on_paper,
    fitted,
    imprint,
    name_of,
    naming,
    phone_of,
    place,
    require_clinic,
    room,
    with_relation,
)
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import accounts_of
from mengya_health.record.queries import OpenEntry, find_entry
from mengya_health.screening.measurements import measurements_in
from mengya_health.signing.consents import consents_of
from mengya_health.signing.levels import LEVEL_LABELS
from mengya_health.work import LOCAL

CHART = "chart"  # the material that is no entry: growth so far
NEVER_SENT = ("cancelled", "entered-in-error")
BY_PIN = "电子同意·签名密码确认"  # no signature was made: a consent is a sealed row, given by PIN
NAMES = {
    "reason": "转诊原因",
    "impression": "初步印象",
    "history": "既往史",
    "questions": "请贵院回答",
    "to_department": "接诊科室",
}


def referral_letter(work, child: ChildFacts, referral_id: UUID | None) -> ReferralLetter:
    """Return a referral as a letter with its reply slip.

    Raises NotFound, NotPermitted for whoever is not the clinic, NotNow for a letter written by mistake, Invalid for
    texts that are too long: they are to be shortened by whoever wrote them.
    """
    require_clinic(work, child)
    row = _find(work, child, referral_id)
    letter = find_entry(work, child, row.entry_id)
    facts = facts_of(work, find_case(work, row.case_id))
    clinic, written = place(work, row.organisation_id), letter.content
    materials, sources = _materials(work, child, written["materials"], facts.entries)
    guardian, phone = _guardian(work, child)
    with naming(**NAMES):
        return ReferralLetter(
            imprint=imprint(work, clinic, number=row.number, sources=[letter, *sources]),
            child=child_on_paper(work, child),
            case_number=case_number(child, facts.pathway, letter.round or facts.round),
            to_organisation=fitted(ReferralLetter, "to_organisation", place(work, row.receiver_id).name),
            to_department=written["department"],
            guardian=guardian,
            guardian_phone=phone,
            urgency=_urgency(work, written["within"]),
            reason=written["reason"],
            impression=written["impression"],
            history=written["medical_history"] or _birth(child),
            materials=materials,
            questions=tuple(written["questions"]),
            consent=_consent(work, child, row.receiver_id),
            doctor=fitted(ReferralLetter, "doctor", name_of(work, letter.author_id)),
            doctor_phone=phone_of(clinic),
            issued_on=row.sent_on,
            reply_by=row.reply_due_on,
            open_url=_open_url(work, row),
            objections=objections_to(work, child, [letter, *sources]),
        )


def _find(work, child: ChildFacts, referral_id: UUID | None) -> Referral:
    row = work.session.get(Referral, referral_id) if referral_id else None
    if row is None or row.child_id != child.id:
        raise NotFound
    audit.read(work, child.id, "referral", record_id=row.id)
    if row.status in NEVER_SENT:
        raise NotNow("这张转诊单已作废。", "This referral was written by mistake.")
    return row


def _open_url(work, row: Referral) -> str:
    """Return the address of the receiver's link, "" where none was made or it is open already."""
    path = link_to_print(work, row)
    return f"{work.settings.base_url.rstrip('/')}{path}#{row.number}" if path else ""


def _urgency(work, within: str) -> Urgency:
    """Return the box to tick: the one that never gives more time than the limit."""
    days = {
        Urgency.TODAY: 0,
        Urgency.IN_3_DAYS: 3,
        Urgency.IN_7_DAYS: 7,
        Urgency.IN_14_DAYS: 14,
        Urgency.IN_30_DAYS: 30,
    }
    limit = work.content.time_limits[within].days
    return max((box for box in days if days[box] <= limit), key=days.__getitem__)


def _guardian(work, child: ChildFacts) -> tuple[str, str]:
    """Return whom the institution may call: the contact on the child's sheet, else a guardian with an account.

    On a paper that a guardian asks for only they themselves: parents may live apart.
    """
    longest = room(ReferralLetter, "guardian")
    if child.contacts:
        contact = child.contacts[0]
        return with_relation(contact.name, contact.relation, longest), contact.phone
    guardians = [tie.user_id for tie in child.subject.current("guardian")]
    accounts = accounts_of(work, [work.actor.user_id] if work.actor.user_id in guardians else guardians)
    found = next(iter(accounts.values()), None)
    return (with_relation(found.name, found.relation, longest), found.phone) if found else ("", "")


def _birth(child: ChildFacts) -> str:
    return f"出生体重 {child.birth_weight_kg} kg" if child.birth_weight_kg else ""


def _consent(work, child: ChildFacts, receiver_id: UUID) -> Signature | None:
    """Return the guardian's P3 for this receiver as it is on file; None leaves lines to sign on paper."""
    if not child.subject.has_consent("P3", receiver_id):  # lapsed, or guardians disagree
        return None
    held = [c for c in consents_of(work, child) if c.purpose == "P3" and c.is_in_force]
    given = next((c for c in held if c.receiver_id in (receiver_id, None)), None)
    if given is None:
        return None
    on_file = given.how == "paper"
    who = "监护人在纸上签过" if on_file else _giver(work, given.given_by)
    return Signature(
        hand=Hand.GUARDIAN,
        who=who,
        signed_at=given.given_at.astimezone(LOCAL),
        level=LEVEL_LABELS["paper"] if on_file else BY_PIN,
        version=fitted(Signature, "version", f"告知书 {given.text_version}"),
    )


def _giver(work, user_id: UUID) -> str:
    account = accounts_of(work, [user_id])[user_id]
    return with_relation(account.name, account.relation, room(Signature, "who"))


# --- materials --------------------------------------------------------------------------------------------------------


def _materials(
    work, child: ChildFacts, chosen: list[str], entries: tuple[OpenEntry, ...]
) -> tuple[tuple[Note, ...], list[OpenEntry]]:
    """Return what goes with the letter, one line each, or where they are many one line for each hand."""
    most = room(ReferralLetter, "materials")
    found = [_entry(work, child, each, entries) for each in chosen if each != CHART]
    open_ones = [entry for entry in found if entry]
    lines = lines_of(work.content, sorted(open_ones, key=_by_hand_and_day), for_family=False)
    notes = _growth_note(work, child, entries) if CHART in chosen else []
    closed = len(found) - len(open_ones)
    closed_notes = [_closed_note(closed, work.today)] if closed else []
    left = most - len(notes) - len(closed_notes)
    notes += [note_of([line], work.today) for line in lines] if len(lines) <= left else _by_hand(lines, work.today)
    return tuple([*notes, *closed_notes][:most]), open_ones


def _entry(work, child: ChildFacts, entry_id: str, known: tuple[OpenEntry, ...]) -> OpenEntry | None:
    """Return a chosen entry, None where it may no longer be given away: a consent was taken back since."""
    wanted = UUID(entry_id)
    try:
        return next((entry for entry in known if entry.id == wanted), None) or find_entry(work, child, wanted)
    except (NotFound, NotPermitted):
        return None


def _by_hand_and_day(entry: OpenEntry) -> tuple:
    return list(HANDS).index(entry.section), entry.happened_on, entry.recorded_at


def _growth_note(work, child: ChildFacts, entries: tuple[OpenEntry, ...]) -> list[Note]:
    measured = measurements_in(entries)
    if not measured:
        return []
    last = max(measured, key=lambda each: each.measured_on)
    text = f"{in_words(work, child, last)}；共测量 {len(measured)} 次"
    return [Note(hand=Hand.DOCTOR, when=day_text(last.measured_on, work.today), text=fitted(Note, "text", text))]


def _by_hand(lines: list[Line], today: date) -> list[Note]:
    hands = dict.fromkeys(line.hand for line in lines)  # in the order of the lines
    return [note_of([line for line in lines if line.hand == hand], today) for hand in hands]


def _closed_note(how_many: int, today: date) -> Note:
    text = f"原选材料中有 {how_many} 条现在不能提供"
    return Note(hand=Hand.DOCTOR, when=day_text(today, today), text=text)
