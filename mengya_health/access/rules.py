"""The rules by name: small claims about an actor and a subject. The permission table and the workflow share them."""

from mengya_health.access.actor import Actor, ChildSubject, PlaceSubject, ReportSubject


def signed_in_fully(actor: Actor, subject) -> bool:
    """They gave a password or a passkey this time; a bound phone alone only reads."""
    return actor.session_kind != "device"


def guardian_of(actor: Actor, subject: ChildSubject) -> bool:
    """A father, mother or other guardian of this child."""
    return any(tie.user_id == actor.user_id for tie in subject.current("guardian"))


def signing_guardian_of(actor: Actor, subject: ChildSubject) -> bool:
    """A guardian whose guardianship includes signing."""
    return any(tie.user_id == actor.user_id and tie.authority == "signs" for tie in subject.current("guardian"))


def restricted_guardian_of(actor: Actor, subject: ChildSubject) -> bool:
    """A guardian to whom two of the staff have closed the record, with a document before them."""
    return any(tie.user_id == actor.user_id for tie in subject.current("restricted"))


def caregiver_of(actor: Actor, subject: ChildSubject) -> bool:
    """A grandparent or other caregiver whom a guardian let in."""
    return any(tie.user_id == actor.user_id for tie in subject.current("caregiver"))


def recording_caregiver_of(actor: Actor, subject: ChildSubject) -> bool:
    """A caregiver who may also write home records."""
    return any(tie.user_id == actor.user_id and tie.authority == "records" for tie in subject.current("caregiver"))


def clinic_doctor_of(actor: Actor, subject: ChildSubject) -> bool:
    """A doctor of a clinic that has this child in its care."""
    clinics = {place.organisation_id for place in actor.places_as("doctor")}
    return any(tie.organisation_id in clinics for tie in subject.current("care"))


def teacher_of(actor: Actor, subject: ChildSubject) -> bool:
    """A teacher or 保健员 of the class the child is in, or of the baby house on the day of its visit."""
    staff = actor.places_as("teacher", "health_staff")
    groups = {place.group_id for place in staff if place.group_id}
    whole_places = {place.organisation_id for place in staff if place.group_id is None}
    return any(
        tie.group_id in groups or tie.organisation_id in whole_places
        for tie in subject.current("enrolment") + subject.current("visit")
    )


def receiver_of(actor: Actor, subject: ChildSubject) -> bool:
    """A specialist of the institution that an open referral names."""
    receivers = {place.organisation_id for place in actor.places_as("specialist")}
    return any(tie.organisation_id in receivers for tie in subject.current("receiver"))


def receiver_by_link_of(actor: Actor, subject: ChildSubject) -> bool:
    """Whoever holds the link of an open referral of this child, without an account."""
    link = actor.link
    return link is not None and any(
        (tie.basis_id, tie.organisation_id) == (link.referral_id, link.receiver_id)
        for tie in subject.current("receiver")
    )


def reviewer_of(actor: Actor, subject: ChildSubject) -> bool:
    """A district reviewer whom a doctor has asked about a case of this child."""
    districts = {place.organisation_id for place in actor.places_as("reviewer")}
    return any(tie.organisation_id in districts for tie in subject.current("reviewer"))


def invited_to_conference(actor: Actor, subject: ChildSubject) -> bool:
    """Somebody whom a doctor has asked to a case conference (会商) about this child."""
    return any(tie.user_id == actor.user_id for tie in subject.current("conference"))


def chairs_conference(actor: Actor, subject: ChildSubject) -> bool:
    """The chair of a case conference about this child, named by the rota."""
    return any(tie.user_id == actor.user_id and tie.authority == "chairs" for tie in subject.current("conference"))


def health_open_to_invited(actor: Actor, subject: ChildSubject) -> bool:
    """No guardian refuses the record, or has closed the clinic's part of it for where the invited come from."""
    of_class = actor.places_as("teacher", "health_staff") and subject.is_closed("health", "nursery")
    elsewhere = subject.is_closed("health", "receiver", actor.organisation_ids)
    return not (of_class or elsewhere or subject.is_disputed("P1"))


def taking_over(actor: Actor, subject: ChildSubject) -> bool:
    """A doctor of the clinic that the family has asked to take the child over."""
    clinics = {place.organisation_id for place in actor.places_as("doctor")}
    return any(tie.organisation_id in clinics for tie in subject.current("handover"))


def served_before(actor: Actor, subject: ChildSubject) -> bool:
    """A doctor of a clinic, or a teacher of a class, that the child has left; asked only where such ties are read."""
    clinics = {place.organisation_id for place in actor.places_as("doctor")}
    staff = actor.places_as("teacher", "health_staff")
    groups = {place.group_id for place in staff if place.group_id}
    whole_places = {place.organisation_id for place in staff if place.group_id is None}
    return any(
        tie.organisation_id in clinics
        if tie.authority == "care"
        else tie.group_id in groups or tie.organisation_id in whole_places
        for tie in subject.current("former")
    )


def emergency_reader_of(actor: Actor, subject: ChildSubject) -> bool:
    """A doctor whose emergency access to this child is running, with the tie that was made for it."""
    emergency = actor.emergency
    if emergency is None or emergency.child_id != subject.child_id:
        return False
    return any(tie.user_id == actor.user_id for tie in subject.current("break_glass"))


def record_consented(actor: Actor, subject: ChildSubject) -> bool:
    """A guardian agreed that this record is kept (P1)."""
    return subject.has_consent("P1")


def sharing_consented(actor: Actor, subject: ChildSubject) -> bool:
    """A guardian agreed to sharing with the nursery (P2)."""
    return subject.has_consent("P2")


def referral_consented(actor: Actor, subject: ChildSubject) -> bool:
    """A guardian agreed to sharing with a specialist (P3)."""
    return any(subject.has_consent("P3", receiver) for receiver in actor.receiving_ids)


def photo_consented(actor: Actor, subject: ChildSubject) -> bool:
    """A guardian agreed that photos of the child are kept (P5)."""
    return subject.has_consent("P5")


def contributes(actor: Actor, subject: ChildSubject) -> bool:
    """They have not themselves said no to the record (P1): whoever did adds nothing to it."""
    return actor.user_id not in subject.refusing("P1")


def health_open_to_nursery(actor: Actor, subject: ChildSubject) -> bool:
    """No guardian has closed for the nursery what the clinic asks of it."""
    return not subject.is_closed("health", "nursery")


def behaviour_open_to_nursery(actor: Actor, subject: ChildSubject) -> bool:
    """No guardian has closed the class's observations for the nursery."""
    return not subject.is_closed("behaviour", "nursery")


def behaviour_open_to_clinic(actor: Actor, subject: ChildSubject) -> bool:
    """No guardian has closed the class's observations for the clinic."""
    return not subject.is_closed("behaviour", "clinic")


def family_open_to_clinic(actor: Actor, subject: ChildSubject) -> bool:
    """No guardian has closed the family's records for the clinic."""
    return not subject.is_closed("family", "clinic")


def health_open_to_receiver(actor: Actor, subject: ChildSubject) -> bool:
    """No guardian has closed the clinic's record for this institution."""
    return not subject.is_closed("health", "receiver", actor.receiving_ids)


def health_open_to_caregiver(actor: Actor, subject: ChildSubject) -> bool:
    """No guardian has closed the clinic's record for this caregiver."""
    return not subject.is_closed("health", "caregiver", (actor.user_id,))


def behaviour_open_to_caregiver(actor: Actor, subject: ChildSubject) -> bool:
    """No guardian has closed the class's observations for this caregiver."""
    return not subject.is_closed("behaviour", "caregiver", (actor.user_id,))


def family_open_to_caregiver(actor: Actor, subject: ChildSubject) -> bool:
    """No guardian has closed the family's records for this caregiver."""
    return not subject.is_closed("family", "caregiver", (actor.user_id,))


def staff_around(actor: Actor, subject: ChildSubject) -> bool:
    """Anyone on the staff of a place where this child is looked after or treated, whatever was consented."""
    staff = actor.places_as("doctor", "teacher", "health_staff", "specialist")
    places = {place.organisation_id for place in staff}
    ties = [tie for kind in ("care", "enrolment", "visit", "receiver") for tie in subject.current(kind)]
    return any(tie.organisation_id in places for tie in ties)


def wrote_report(actor: Actor, subject: ReportSubject) -> bool:
    """The one who wrote this report."""
    return actor.user_id == subject.author_id


def safeguards_place(actor: Actor, subject: ReportSubject) -> bool:
    """The safeguarding lead of the place where it was written."""
    return subject.organisation_id in {place.organisation_id for place in actor.places_as("safeguarding")}


def safeguards_district(actor: Actor, subject: ReportSubject) -> bool:
    """The safeguarding lead of the district where it was written."""
    return any(place.organisation_id in subject.area_ids for place in actor.places_as("area_safeguarding"))


def not_family(actor: Actor, subject: ReportSubject) -> bool:
    """Nobody of the child's own family."""
    return actor.user_id not in subject.family_ids


def doctor_here(actor: Actor, subject: PlaceSubject) -> bool:
    """A doctor of this clinic."""
    return any(place.organisation_id == subject.organisation_id for place in actor.places_as("doctor"))


def staff_here(actor: Actor, subject: PlaceSubject) -> bool:
    """A doctor, teacher, 保健员 or specialist of this place."""
    staff = actor.places_as("doctor", "teacher", "health_staff", "specialist")
    return any(place.organisation_id == subject.organisation_id for place in staff)


def runs_the_system(actor: Actor, subject) -> bool:
    """A system administrator: keys, accounts and configuration, no content."""
    return bool(actor.places_as("sysadmin"))


def manages(actor: Actor, subject) -> bool:
    """A manager of the district: figures, never a child."""
    return bool(actor.places_as("manager"))


def watches_over(actor: Actor, subject) -> bool:
    """A security officer: who looked at what, in ids and codes, no content."""
    return bool(actor.places_as("security_officer"))


def works_clinically(actor: Actor, subject) -> bool:
    """Somebody for whom clinical words are meant: doctor, specialist, reviewer, manager, or who keeps the system."""
    return bool(actor.places_as("doctor", "specialist", "reviewer", "manager", "sysadmin"))


BY_NAME = {
    rule.__name__: rule
    for rule in (
        signed_in_fully, guardian_of, signing_guardian_of, caregiver_of, recording_caregiver_of, clinic_doctor_of,
        teacher_of, receiver_of, receiver_by_link_of, reviewer_of, record_consented, sharing_consented,
        referral_consented, doctor_here, staff_here, runs_the_system, photo_consented, emergency_reader_of,
        watches_over, contributes, restricted_guardian_of, health_open_to_nursery, behaviour_open_to_nursery,
        behaviour_open_to_clinic, family_open_to_clinic, health_open_to_receiver, health_open_to_caregiver,
        behaviour_open_to_caregiver, family_open_to_caregiver, taking_over, served_before,
        invited_to_conference, chairs_conference, health_open_to_invited,
        staff_here, runs_the_system, photo_consented, staff_around, wrote_report, safeguards_place,
        safeguards_district, not_family, manages, works_clinically,
    )
}  # fmt: skip
