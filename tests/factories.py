"""A small world made through the product's own commands: places, staff, a child, a guardian, a signed-in browser."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from copy import copy
from dataclasses import dataclass, replace
from datetime import date
from itertools import count
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient

from mengya_health.access.actor import Actor, Place
from mengya_health.app import create_app
from mengya_health.crypto.sealing import Keys
from mengya_health.entry import cookie_name
from mengya_health.operations.first_run import first_sysadmin
from mengya_health.operations.installation import Installation, begin_work
from mengya_health.people import accounts, commands, places
from mengya_health.people.facts import ChildFacts
from mengya_health.people.invitations import invite_guardian, redeem_invitation
from mengya_health.people.models import User
from mengya_health.people.queries import find_child
from mengya_health.people.sessions import open_session
from mengya_health.signing.consent_texts import text_digest
from mengya_health.signing.consents import give_consent
from mengya_health.signing.pins import set_pin
from mengya_health.work import Work

PASSWORD = "晴天的小河边有七棵大柳树"
PIN = "739146"
BIRTH_ON = date(2025, 11, 20)  # a year and three days before the tests' clock starts
CONSENTS = ("P1", "P2", "P3")
CHILD = {
    "name": "样本甲",
    "sex": "F",
    "birth_on": BIRTH_ON,
    "contacts": [{"name": "样本甲的妈妈", "phone": "13800138000", "relation": "mother"}],
}
_phones = count(13900000000)
_apps: dict[tuple, Flask] = {}

WorkAs = Callable[..., AbstractContextManager[Work]]


@dataclass(frozen=True)
class District:
    """Places and staff. Every actor is somebody with an account and the membership it names."""

    region_id: UUID
    clinic_id: UUID
    other_clinic_id: UUID
    mch_institute_id: UUID
    kindergarten_id: UUID
    baby_house_id: UUID
    group_id: UUID
    other_group_id: UUID
    doctor: Actor
    second_doctor: Actor  # of the same clinic
    other_doctor: Actor  # of the other clinic
    teacher: Actor
    other_teacher: Actor  # of the other class
    carer: Actor  # at the baby house, no class
    specialist: Actor  # of the 妇幼保健所
    sysadmin: Actor
    security_officer: Actor


def a_district(begin: WorkAs | Installation) -> District:
    """Make the places and their staff; `begin` is the fixture `work_as` or an installation."""
    work_as = _work_as(begin) if isinstance(begin, Installation) else begin
    with work_as(None) as work:
        user = first_sysadmin(work, login="sysadmin", name="样本管理员", password=PASSWORD)
        sysadmin = replace(_staff(user.id, "sysadmin"), session_kind="job")  # at the command line
    with work_as(sysadmin) as work:
        district = places.add_region(work, code="310106", name="示例区").id
        region = places.add_region(work, code="310106001", name="示例街道", parent_id=district).id
        made = {
            name: places.add_organisation(work, region_id=region, kind=kind, code=name, name=said).id
            for name, kind, said in (
                ("clinic", "clinic", "示例社区卫生服务中心"),
                ("other_clinic", "clinic", "示例第二社区卫生服务中心"),
                ("mch_institute", "mch_institute", "示例区妇幼保健所"),
                ("kindergarten", "kindergarten", "示例幼儿园"),
                ("baby_house", "baby_house", "示例宝宝屋"),
            )
        }
        groups = [
            places.add_group(work, organisation_id=made["kindergarten"], name=name).id for name in ("小一班", "小二班")
        ]
        return District(
            region_id=region,
            **{f"{name}_id": place for name, place in made.items()},
            group_id=groups[0],
            other_group_id=groups[1],
            doctor=a_member(work, "doctor", made["clinic"]),
            second_doctor=a_member(work, "doctor", made["clinic"]),
            other_doctor=a_member(work, "doctor", made["other_clinic"]),
            teacher=a_member(work, "teacher", made["kindergarten"], groups[0]),
            other_teacher=a_member(work, "teacher", made["kindergarten"], groups[1]),
            carer=a_member(work, "teacher", made["baby_house"]),
            specialist=a_member(work, "specialist", made["mch_institute"]),
            sysadmin=sysadmin,
            security_officer=a_member(work, "security_officer", None),
        )


def a_member(work: Work, role: str, organisation_id: UUID | None, group_id: UUID | None = None) -> Actor:
    """Make an account with one membership; `work` is a sysadmin's."""
    user = an_account(work, login=f"{role}-{next(_phones)}")
    accounts.add_membership(work, user_id=user.id, role=role, organisation_id=organisation_id, group_id=group_id)
    return replace(_staff(user.id, role, organisation_id, group_id), reauthenticated_at=work.now)


def an_account(work: Work, *, login: str, name: str = "样本员工", phone: str = "", password: str = PASSWORD) -> User:
    """Make an account whose owner has chosen a password already; `work` is a sysadmin's."""
    user = accounts.add_user(work, login=login, name=name, phone=phone)
    user.password_hash, user.password_set_at = work.passwords.hash(password), work.now
    work.session.flush()
    return user


def a_child(work: Work, district: District, *, consents: tuple[str, ...] = CONSENTS, **overrides) -> ChildFacts:
    """Register a child, consented on paper and in the first class; `work` is a doctor's of the clinic.

    `overrides` are those of `register_child`; `group_id=None` leaves the child at home.
    """
    wanted = {"clinic_id": district.clinic_id, "group_id": district.group_id} | CHILD | overrides
    child = commands.register_child(work, **wanted)
    for purpose in consents:
        give_consent(work, child, purpose, how="paper", shown_digest=text_digest(work, purpose))
    return find_child(work, child.id)


def a_guardian(installation: Installation, district: District, child: ChildFacts, *, authority: str = "signs") -> Actor:
    """Invite a guardian, let them redeem the code and choose the PIN; return them signed in."""
    with begin_work(installation, district.doctor) as work:
        code = invite_guardian(work, find_child(work, child.id), authority=authority).code
    with begin_work(installation, None) as work:
        redeemed = redeem_invitation(
            work,
            code=code,
            birth_on=child.birth_on,
            name=f"{child.name}的妈妈",
            phone=str(next(_phones)),
            relation="mother",
            password=PASSWORD,
        )
        set_pin(work, redeemed.user, PIN)
        return Actor(redeemed.user.id, "guardian", reauthenticated_at=work.now)


def client_of(installation: Installation, user: Actor | UUID) -> FlaskClient:
    """Return a browser that is signed in as a user, by a session row like any other."""
    user_id = user.user_id if isinstance(user, Actor) else user
    with begin_work(installation, None) as work:
        token = open_session(work, user_id, "password")
    client = app_of(installation).test_client()
    client.set_cookie(cookie_name(installation), token)
    return client


def app_of(installation: Installation) -> Flask:
    """Return the application of an installation: `create_app`'s, but for what is the same with every one of them.

    Routes and templates are compiled once for all installations of one kind, which took longer than the pages.
    """
    settings = installation.settings
    if settings.proxies:  # these wrap the application they were made for
        return create_app(installation)
    kind = (settings.environment, settings.trusted_hosts)
    if kind not in _apps:
        _apps[kind] = create_app(installation)
    app = copy(_apps[kind])
    app.config = copy(app.config)
    app.config["SECRET_KEY"] = Keys(installation.keystore).form_secret()
    app.extensions = app.extensions | {"mengya": installation}
    return app


def _work_as(installation: Installation) -> WorkAs:
    return lambda actor, **how: begin_work(installation, actor, **how)


def _staff(user_id: UUID, role: str, organisation_id: UUID | None = None, group_id: UUID | None = None) -> Actor:
    return Actor(user_id, role, (Place(role, organisation_id, group_id),))
