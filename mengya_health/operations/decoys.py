"""Decoy records (蜜罐档案): one for each place that keeps children's lists. Nobody has a reason to read one.

To whoever holds the database a decoy is a child like any other, of a family that has moved away: it has keys, a sealed
sheet, a consent and ties that are over. It stands on no list and in no figure, for no tie is current.
"""

import secrets
from datetime import timedelta

from sqlalchemy import or_, select

from mengya_health.db import new_id
from mengya_health.operations.installation import Installation, begin_work
from mengya_health.people.acting import actor_of_login, actor_of_user
from mengya_health.people.commands import end_tie, register_child
from mengya_health.people.emergency import Decoy
from mengya_health.people.models import Group, Membership, Organisation
from mengya_health.people.places import require_management
from mengya_health.people.queries import find_child
from mengya_health.signing.consent_texts import text_digest
from mengya_health.signing.consents import give_consent

PLACES = ("clinic", "kindergarten", "baby_house")
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = ("子涵", "雨桐", "浩然", "欣怡", "宇轩", "诗涵", "梓萱", "俊杰", "思远", "佳怡", "一诺", "沐辰")
YOUNGEST_DAYS, OLDEST_DAYS = 200, 1800


def make_decoys(installation: Installation, *, login: str) -> int:
    """Make a decoy for each place that has none, and return how many. `login` is an administrator's.

    Places of a kind that keeps no lists are left out, and all of them while no clinic has a doctor.
    """
    with begin_work(installation, None, writing=False) as work:
        admin = actor_of_login(work, login)
    with begin_work(installation, admin, writing=False) as work:
        require_management(work)
        has_one = select(Decoy.organisation_id)
        bare = select(Organisation).where(Organisation.kind.in_(PLACES), Organisation.id.not_in(has_one))
        places = [(place.id, place.kind) for place in work.session.scalars(bare.order_by(Organisation.code))]
        doctors = _doctors(work)
    if not doctors:
        return 0
    for place_id, kind in places:
        clinic_id = place_id if kind == "clinic" else next(iter(doctors))
        if clinic_id in doctors:
            _make(installation, doctors[clinic_id], clinic_id, place_id)
    return sum(kind != "clinic" or place_id in doctors for place_id, kind in places)


def _make(installation: Installation, doctor, clinic_id, place_id) -> None:
    with begin_work(installation, doctor) as work:
        age_days = YOUNGEST_DAYS + secrets.randbelow(OLDEST_DAYS - YOUNGEST_DAYS)
        child = register_child(
            work,
            clinic_id=clinic_id,
            name=secrets.choice(SURNAMES) + secrets.choice(GIVEN),
            sex=secrets.choice("FM"),
            birth_on=work.today - timedelta(days=age_days),
            group_id=work.session.scalar(
                select(Group.id).where(Group.organisation_id == place_id).order_by(Group.name)
            ),
        )
        # Without a consent nobody could be caught opening it.
        give_consent(work, child, "P1", how="paper", shown_digest=text_digest(work, "P1"))
        child = find_child(work, child.id)
        for tie in child.subject.ties:
            end_tie(work, child, tie.id)
        tag = work.keys.decoy_tags(child.id)[0]
        work.session.add(Decoy(id=new_id(), organisation_id=place_id, tag=tag, made_at=work.now))


def _doctors(work) -> dict:
    """Return one doctor for each clinic that has any today."""
    member = Membership
    today = member.from_on <= work.today, or_(member.to_on.is_(None), member.to_on > work.today)
    chosen = select(member.organisation_id, member.user_id).where(member.role == "doctor", *today).order_by(member.id)
    first = dict(reversed(work.session.execute(chosen).all()))
    return {place_id: actor_of_user(work, user_id) for place_id, user_id in first.items()}
