"""The permission table: who may do what. Anything it does not allow is refused."""

from dataclasses import dataclass
from enum import StrEnum

from mengya_health.access.actor import Actor, ChildSubject, PlaceSubject
from mengya_health.access.refusals import PARTIES, in_words
from mengya_health.access.rules import (
    behaviour_open_to_caregiver,
    behaviour_open_to_clinic,
    behaviour_open_to_nursery,
    caregiver_of,
    chairs_conference,
    clinic_doctor_of,
    contributes,
    doctor_here,
    emergency_reader_of,
    family_open_to_caregiver,
    family_open_to_clinic,
    guardian_of,
    health_open_to_caregiver,
    health_open_to_invited,
    health_open_to_nursery,
    health_open_to_receiver,
    invited_to_conference,
    manages,
    not_family,
    photo_consented,
    receiver_by_link_of,
    receiver_of,
    record_consented,
    recording_caregiver_of,
    referral_consented,
    restricted_guardian_of,
    reviewer_of,
    runs_the_system,
    safeguards_district,
    safeguards_place,
    served_before,
    sharing_consented,
    signed_in_fully,
    signing_guardian_of,
    staff_around,
    staff_here,
    taking_over,
    teacher_of,
    watches_over,
    works_clinically,
    wrote_report,
)
from mengya_health.errors import NotFound, NotPermitted, Restricted, SectionClosed


class Permission(StrEnum):
    """One sentence each that a nursery head would understand."""

    READ_CHILD = "child:read"  # see who the child is: name, age, class, whose turn
    READ_HEALTH = "health:read"  # read what the clinic wrote
    READ_BEHAVIOUR = "behaviour:read"  # read what the teachers wrote
    READ_FAMILY = "family:read"  # read what the family wrote
    WRITE_HEALTH = "health:write"  # enter checks, screenings, advice, cases
    WRITE_BEHAVIOUR = "behaviour:write"  # write down what was seen in class
    WRITE_FAMILY = "family:write"  # keep the home record, answer questions
    RAISE_CONCERN = "concern:raise"  # ask the doctor to look
    KEEP_PHOTO = "photo:keep"  # put a photo of the child beside what one wrote
    DISPUTE = "entry:dispute"  # say that one disagrees with an entry
    WITNESS_PAPER = "paper:witness"  # see a guardian sign on paper
    SIGN = "entry:sign"  # sign as a guardian
    CONSENT = "consent:give"  # agree to a purpose, or take it back
    SETTLE_CONSENT = "consent:settle"  # decide with a reason where guardians disagree about a purpose
    RESTRICT_GUARDIAN = "guardian:restrict"  # close the record to a guardian, by two of the staff and a document
    SHARE = "section:share"  # close a section of the record for somebody, and open it again
    INVITE_FAMILY = "family:invite"  # let a caregiver of the family in
    READ_CASE = "case:read"  # see where a case stands and what is wanted of one
    RELEASE_GATE = "gate:release"  # let a case pass although a piece of evidence is missing, with a reason
    READ_REFERRAL = "referral:read"  # read a referral's letter, what was sent along with it, and the reply
    ANSWER_REFERRAL = "referral:answer"  # receive a referral and send the reply
    PRINT_HEALTH = "health:print"  # print the clinic's papers
    TAKE_COPY = "record:copy"  # take away a copy of the whole record of one's child
    READ_AUDIT = "audit:read"  # see who looked at the child's record
    WRITE_REPORT = "report:write"  # write a mandatory report: it waits for nobody and needs no consent
    READ_REPORT = "report:read"  # read a mandatory report and add to it
    FOLLOW_REPORT = "report:follow"  # say how far a mandatory report has come
    REGISTER_CHILD = "child:register"  # take a child into the clinic's care
    KEEP_CHILD = "child:keep"  # keep the child's sheet: who it is, its class, consents signed on paper at the desk
    LEAVE_CLASS = "class:leave"  # write down that a child has left the class
    HAND_OVER = "child:hand-over"  # ask another clinic to take the child over, or take that back
    TAKE_OVER = "child:take-over"  # accept a child whose family wants it at one's clinic
    READ_OWN_WORDS = "own-words:read"  # read what one wrote, or one's clinic wrote, of a child that has moved on
    BOOK_VISIT = "visit:book"  # book a day at a baby house
    INVITE_GUARDIAN = "guardian:invite"  # hand out a guardian's invitation
    LIST_CHILDREN = "children:list"  # see the place's own list
    READ_HISTORY = "history:read"  # see how far the history is checkpointed and witnessed outside; no content
    ERASE = "record:erase"  # ask that the family's wish to delete be carried out
    APPROVE_ERASURE = "record:approve-erasure"  # be the second person behind a deletion, without seeing the record
    MANAGE_USERS = "users:manage"  # make and close staff accounts
    BREAK_GLASS = "emergency:read"  # look, in an emergency and with a reason, at a child who is not in one's care
    OVERSEE = "audit:oversee"  # watch over who looked at what: ids and codes, never content
    EXPORT_FIGURES = "figures:export"  # take out figures about everybody, never a child
    FOLLOW_OVERDUE = "overdue:follow"  # see what is late in the district, by clinic and by code, never a child
    CLINIC_FIGURES = "figures:clinic"  # see how the loop goes at one's own clinic, in figures
    DISTRICT_FIGURES = "figures:district"  # see how it goes in the district, in figures, never a child
    READ_BASIS = "basis:read"  # read by which rules the program judges, and where they come from
    APPROVE_EXPORT = "figures:approve"  # be the second person behind figures that leave
    READ_CONFERENCE = "conference:read"  # read a case conference one was asked to, mostly without a name
    ANSWER_CONFERENCE = "conference:answer"  # say what became of something a conference gave one to do
    LEAD_CONFERENCE = "conference:lead"  # write down what a conference concluded and what is blocked, and follow it up
    KEEP_ROTA = "rota:keep"  # say who chairs the district's case conferences, and when


P = Permission
_DOCTOR = [clinic_doctor_of, record_consented]
_TEACHER = [teacher_of, record_consented, sharing_consented]
_RECEIVER = [receiver_of, record_consented, referral_consented]
_LINK = [receiver_by_link_of, record_consented, referral_consented]
_REVIEWER = [reviewer_of, record_consented]
_TAKING_OVER = [taking_over, record_consented]
_INVITED = [invited_to_conference, record_consented, health_open_to_invited]
_EMERGENCY = [emergency_reader_of, record_consented]  # an emergency stands for the missing tie, never for a consent

# Any one line is enough; every rule in a line must hold. A clinic keeps sight of a child whose P1 is missing (it has to
# ask for it), but neither reads nor writes the record until then.
RULES = {
    P.READ_CHILD: [
        [guardian_of],
        [caregiver_of],
        [clinic_doctor_of],
        _TEACHER,
        _REVIEWER,
        _TAKING_OVER,
        _EMERGENCY,
    ],
    P.READ_HEALTH: [
        [guardian_of],
        [caregiver_of, health_open_to_caregiver],
        _DOCTOR,
        _EMERGENCY,
    ],
    P.READ_BEHAVIOUR: [
        [guardian_of],
        [caregiver_of, behaviour_open_to_caregiver],
        [*_TEACHER, behaviour_open_to_nursery],
        [*_DOCTOR, sharing_consented, behaviour_open_to_clinic],
    ],
    P.READ_FAMILY: [
        [guardian_of],
        [caregiver_of, family_open_to_caregiver],
        [*_DOCTOR, family_open_to_clinic],
    ],
    P.WRITE_HEALTH: [[*_DOCTOR, signed_in_fully]],
    P.WRITE_BEHAVIOUR: [[*_TEACHER, behaviour_open_to_nursery, signed_in_fully]],
    P.WRITE_FAMILY: [
        [guardian_of, record_consented, contributes, signed_in_fully],
        [recording_caregiver_of, record_consented, family_open_to_caregiver, signed_in_fully],
    ],
    P.KEEP_PHOTO: [
        [*_TEACHER, photo_consented, signed_in_fully],
        [guardian_of, record_consented, photo_consented, signed_in_fully],
        [recording_caregiver_of, record_consented, photo_consented, signed_in_fully],
    ],
    P.RAISE_CONCERN: [
        [*_TEACHER, signed_in_fully],
        [guardian_of, signed_in_fully],
        [recording_caregiver_of, signed_in_fully],
        [*_DOCTOR, signed_in_fully],
    ],
    P.DISPUTE: [[guardian_of, signed_in_fully]],
    P.WITNESS_PAPER: [[*_DOCTOR, signed_in_fully]],
    P.SIGN: [[signing_guardian_of, signed_in_fully]],
    P.CONSENT: [[signing_guardian_of, signed_in_fully]],
    P.SETTLE_CONSENT: [[clinic_doctor_of, signed_in_fully]],
    P.RESTRICT_GUARDIAN: [[clinic_doctor_of, signed_in_fully]],
    P.SHARE: [[signing_guardian_of, signed_in_fully]],
    P.INVITE_FAMILY: [[signing_guardian_of, signed_in_fully]],
    P.READ_CASE: [
        [guardian_of],
        [caregiver_of, health_open_to_caregiver],
        _DOCTOR,
        [*_TEACHER, health_open_to_nursery],
        _REVIEWER,
        _EMERGENCY,
    ],
    P.RELEASE_GATE: [[*_REVIEWER, signed_in_fully]],
    # A receiver sees the referral and nothing else of the child, not even that it has a record.
    P.READ_REFERRAL: [_DOCTOR, [*_RECEIVER, health_open_to_receiver], [*_LINK, health_open_to_receiver]],
    P.ANSWER_REFERRAL: [[*_RECEIVER, signed_in_fully], _LINK],
    P.PRINT_HEALTH: [[*_DOCTOR, signed_in_fully], [guardian_of, signed_in_fully]],
    P.TAKE_COPY: [[guardian_of, signed_in_fully]],
    P.READ_AUDIT: [[guardian_of]],
    P.WRITE_REPORT: [[staff_around, signed_in_fully]],
    P.READ_REPORT: [
        [wrote_report, signed_in_fully],
        [safeguards_place, not_family, signed_in_fully],
        [safeguards_district, not_family, signed_in_fully],
    ],
    P.FOLLOW_REPORT: [
        [safeguards_place, not_family, signed_in_fully],
        [safeguards_district, not_family, signed_in_fully],
    ],
    P.REGISTER_CHILD: [[doctor_here, signed_in_fully]],
    P.KEEP_CHILD: [[clinic_doctor_of, signed_in_fully]],
    P.LEAVE_CLASS: [[clinic_doctor_of, signed_in_fully], [teacher_of, signed_in_fully]],
    P.HAND_OVER: [[signing_guardian_of, signed_in_fully], [clinic_doctor_of, signed_in_fully]],
    P.TAKE_OVER: [[*_TAKING_OVER, signed_in_fully]],
    P.READ_OWN_WORDS: [[served_before, record_consented]],
    P.BOOK_VISIT: [[guardian_of, signed_in_fully], [clinic_doctor_of, signed_in_fully]],
    P.INVITE_GUARDIAN: [[clinic_doctor_of, signed_in_fully]],
    P.LIST_CHILDREN: [[staff_here]],
    P.READ_HISTORY: [[runs_the_system], [watches_over]],
    P.ERASE: [[clinic_doctor_of, signed_in_fully]],
    P.APPROVE_ERASURE: [[watches_over, signed_in_fully]],
    P.MANAGE_USERS: [[runs_the_system, signed_in_fully]],
    P.BREAK_GLASS: [[doctor_here, signed_in_fully]],
    P.OVERSEE: [[watches_over, signed_in_fully]],
    P.EXPORT_FIGURES: [[manages, signed_in_fully]],
    P.FOLLOW_OVERDUE: [[manages, signed_in_fully]],
    P.CLINIC_FIGURES: [[doctor_here, signed_in_fully]],
    P.DISTRICT_FIGURES: [[manages, signed_in_fully]],
    P.READ_BASIS: [[works_clinically]],
    P.APPROVE_EXPORT: [[watches_over, signed_in_fully]],
    P.READ_CONFERENCE: [_DOCTOR, _INVITED],
    P.ANSWER_CONFERENCE: [[*_DOCTOR, signed_in_fully], [*_INVITED, signed_in_fully]],
    P.LEAD_CONFERENCE: [[*_DOCTOR, signed_in_fully], [chairs_conference, *_INVITED[1:], signed_in_fully]],
    P.KEEP_ROTA: [[manages, signed_in_fully]],
}

READ_SECTION = {"health": P.READ_HEALTH, "behaviour": P.READ_BEHAVIOUR, "family": P.READ_FAMILY}
WRITE_SECTION = {"health": P.WRITE_HEALTH, "behaviour": P.WRITE_BEHAVIOUR, "family": P.WRITE_FAMILY}


# What nobody may any more, whoever they are, once that class of a child's record is destroyed or only stored. (A family
# keeps its own pages: what was written there is left out where entries are read.)
OF_CLASS = {
    P.READ_HEALTH: "health",
    P.READ_BEHAVIOUR: "behaviour",
    P.WRITE_HEALTH: "health",
    P.WRITE_BEHAVIOUR: "behaviour",
    P.WRITE_FAMILY: "family",
    P.READ_CASE: "health",
    P.RELEASE_GATE: "health",
    P.READ_REFERRAL: "health",
    P.ANSWER_REFERRAL: "health",
    P.PRINT_HEALTH: "health",
    P.READ_CONFERENCE: "health",
    P.ANSWER_CONFERENCE: "health",
    P.LEAD_CONFERENCE: "health",
}


@dataclass(frozen=True)
class Decision:
    """May this be done; if not, which rule stands in the way first, and all that are missing on the nearest line.

    `missing` is empty where no line of the permission is meant for the actor's role. `zh` and `en` say who can, what is
    missing and what to do next.
    """

    allow: bool
    reason: str  # "allowed", or a code for the audit: the rule that fails, "role", "no_such_permission"
    missing: tuple[str, ...] = ()
    zh: str = ""
    en: str = ""


ALLOWED = Decision(True, "allowed")


def decide(actor: Actor, permission: Permission, subject: ChildSubject | PlaceSubject) -> Decision:
    """Return whether the table lets the actor do this, and why not. Pure: all it knows is in its arguments.

    What the table does not name is refused. The context of a decision travels in its arguments: the day, ties and
    consents in the subject, the kind of sign-in and a running emergency in the actor.
    """
    lines = RULES.get(permission, ())
    closed = _closed(permission, subject)
    if closed:
        return Decision(False, "section_closed", (), closed.zh, closed.en)
    if any(all(rule(actor, subject) for rule in line) for line in lines):
        return ALLOWED
    if not lines:
        return Decision(False, "no_such_permission", (), "系统里没有这一步。", "There is no such step.")
    names = [tuple(rule.__name__ for rule in line) for line in lines]
    theirs = [line for line, named in zip(lines, names, strict=True) if _is_meant_for(actor, named)]
    failing = [tuple(rule.__name__ for rule in line if not rule(actor, subject)) for line in theirs]
    missing = min(failing, key=len, default=())
    return Decision(False, missing[0] if missing else "role", missing, *in_words(names, missing))


def _closed(permission: Permission, subject: ChildSubject | PlaceSubject) -> SectionClosed | None:
    """Return what to say where the class a permission is about was destroyed, or is only stored."""
    key_class = OF_CLASS.get(permission, "")
    if not isinstance(subject, ChildSubject) or not subject.has_ended(key_class):
        return None
    return SectionClosed(key_class, dict(subject.ended)[key_class])


def is_allowed(actor: Actor, permission: Permission, subject) -> bool:
    """Return whether the table lets the actor do this; a permission it does not know is refused."""
    return decide(actor, permission, subject).allow


def require(actor: Actor, permission: Permission, subject: ChildSubject | PlaceSubject) -> None:
    """Raise NotFound for a child the actor has nothing to do with, NotPermitted for anything else not allowed.

    Both carry the reason code for the audit; what NotFound says is the same as for something that is not there.
    A guardian to whom the record is closed is told so (Restricted): they know that the child is here.
    """
    decision = decide(actor, permission, subject)
    if decision.allow:
        return
    error = _closed(permission, subject) or NotPermitted(decision.zh, decision.en)
    if isinstance(subject, ChildSubject):
        seen = decide(actor, Permission.READ_CHILD, subject)
        if not seen.allow:
            error = Restricted() if restricted_guardian_of(actor, subject) else NotFound()
        error.child_id, decision = subject.child_id, decision if seen.allow else seen
    error.reason = decision.reason
    raise error


def require_no_family(actor: Actor, subject: ChildSubject) -> None:
    """Raise NotPermitted where the actor, whatever their office, is of the child's family: nobody judges their own."""
    ties = [tie for kind in ("guardian", "caregiver", "restricted") for tie in subject.current(kind)]
    if any(tie.user_id == actor.user_id for tie in ties):
        error = NotPermitted(
            "您是孩子的家人，这件事不能由您来办。请另外的同事来办。",
            "You are family of this child, so this is not yours to do. Ask colleagues.",
        )
        error.reason, error.child_id = "own_family", subject.child_id
        raise error


def _is_meant_for(actor: Actor, names: tuple[str, ...]) -> bool:
    """Return whether a line speaks of people in the actor's role; an emergency is nobody's usual way in."""
    parties = [PARTIES[name] for name in names if name in PARTIES]
    return "emergency_reader_of" not in names and any(actor.role in party.roles for party in parties)
