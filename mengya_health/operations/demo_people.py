"""Places and staff of the demo district, made by its administrator through the commands of the product."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from uuid import UUID

from sqlalchemy import select

from mengya_health.operations.demo_children import BABY_HOUSE, BEAN, DANDELION
from mengya_health.operations.demo_stage import EVENING, Stage
from mengya_health.operations.first_run import first_sysadmin
from mengya_health.people import accounts, places
from mengya_health.people.acting import actor_of_user
from mengya_health.people.models import Membership, User
from mengya_health.signing.pins import set_pin
from mengya_health.work import Work

PASSWORD = "sprout-demo-2026"  # noqa: S105  printed with the demo's address
PIN = "739146"
CLINIC_PHONE = "021-00000000"  # no line has a number that begins with 0
DAYS_OF_HISTORY = 4 * 366
FIRST_LOGIN, LAST_LOGIN = "admin", "officer"
STAFF = (  # login, name, role, place, what the person does
    ("doctor", "样本林医生", "doctor", "clinic", "儿保医生 clinic doctor"),
    ("doctor2", "样本周医生", "doctor", "clinic", "儿保医生（第二位）second doctor"),
    ("doctor3", "样本许医生", "doctor", "clinic2", "另一家门诊的儿保医生 doctor of another clinic"),
    ("teacher", "样本陈老师", "teacher", BEAN, "豆芽班教师 teacher"),
    ("teacher2", "样本吴老师", "teacher", DANDELION, "蒲公英班教师 teacher of the other class"),
    (
        "health",
        "样本沈老师",
        "health_staff",
        "kindergarten",
        "保健员、园里的儿童保护负责人 health staff, safeguarding lead of the kindergarten",
    ),
    ("babyhouse", "样本何老师", "teacher", BABY_HOUSE, "宝宝屋教师 teacher of the baby house"),
    ("specialist", "样本郑医生", "specialist", "mch_institute", "妇幼保健所专科 specialist"),
    ("reviewer", "样本钱医生", "reviewer", "mch_institute", "区级复核医生 district reviewer"),
    (
        "manager",
        "样本孙主任",
        "manager",
        "mch_institute",
        "区级管理、区级儿童保护负责人 district manager, safeguarding lead",
    ),
    (LAST_LOGIN, "样本冯老师", "security_officer", "mch_institute", "安全审计员 security officer"),
)
LEADS = (("health", "safeguarding", "kindergarten"), ("manager", "area_safeguarding", "mch_institute"))
NAMED = ("doctor", "health", "manager")  # who hears next of what is late: at the clinic, kindergarten and district
WITH_PIN = ("doctor", "doctor2", "teacher", "teacher2")


def build_places(stage: Stage) -> None:
    """Make two 街镇, their places and classes, and every staff account."""
    opened_on, at = stage.ago(DAYS_OF_HISTORY), time(8, 0)
    with stage.work(None, opened_on, at) as work:
        user = first_sysadmin(work, login=FIRST_LOGIN, name="样本管理员", password=PASSWORD)
    with stage.work(None, opened_on, at) as work:
        admin = actor_of_user(work, user.id)
    with stage.work(admin, opened_on, at) as work:
        _add_places(work, stage)
        users = {login: _add_staff(work, stage, login, *which) for login, *which, _what in STAFF}
        for login, role, place in LEADS:  # of whom mandatory reports are read
            accounts.add_membership(work, user_id=users[login], role=role, organisation_id=stage.places[place])
    with stage.work(None, opened_on, at) as work:
        stage.staff = {login: actor_of_user(work, user_id) for login, user_id in users.items()}
        stage.staff[FIRST_LOGIN] = admin
        for login in WITH_PIN:
            set_pin(work, work.session.get(User, users[login]), PIN)


def _add_places(work: Work, stage: Stage) -> None:
    district = places.add_region(work, code="310199", name="萌芽示范区").id
    north = places.add_region(work, code="310199001", name="青禾街道", parent_id=district).id
    south = places.add_region(work, code="310199002", name="春溪镇", parent_id=district).id
    add: Callable = places.add_organisation
    stage.places = {
        "clinic": add(
            work, region_id=north, kind="clinic", code="QH0001", name="青禾社区卫生服务中心", phone=CLINIC_PHONE
        ).id,
        "clinic2": add(work, region_id=south, kind="clinic", code="CX0001", name="春溪社区卫生服务中心").id,
        "mch_institute": add(work, region_id=district, kind="mch_institute", code="FY0001", name="萌芽区妇幼保健所").id,
        "kindergarten": add(work, region_id=north, kind="kindergarten", code="YE0001", name="青禾幼儿园").id,
        BABY_HOUSE: add(work, region_id=south, kind="baby_house", code="BB0001", name="春溪宝宝屋").id,
    }
    kindergarten = stage.places["kindergarten"]
    stage.groups = {
        BEAN: places.add_group(work, organisation_id=kindergarten, name="豆芽班").id,
        DANDELION: places.add_group(work, organisation_id=kindergarten, name="蒲公英班").id,
        BABY_HOUSE: places.add_group(work, organisation_id=stage.places[BABY_HOUSE], name="宝宝屋").id,
    }


def _add_staff(work: Work, stage: Stage, login: str, name: str, role: str, place: str) -> UUID:
    user = accounts.add_user(work, login=login, name=name)
    group_id = stage.groups.get(place)
    organisation_id = stage.places["kindergarten" if place in (BEAN, DANDELION) else place]
    accounts.add_membership(work, user_id=user.id, role=role, organisation_id=organisation_id, group_id=group_id)
    user.password_hash, user.password_set_at = work.passwords.hash(PASSWORD), work.now
    if login in NAMED:
        places.name_lead(work, organisation_id, user.id)
    return user.id


def renew_roles(stage: Stage) -> None:
    """Let every role hold for a year from the day before, as the administrator does each year."""
    with stage.work(stage.staff[FIRST_LOGIN], stage.ago(1), EVENING) as work:
        for membership_id in work.session.scalars(select(Membership.id)).all():
            accounts.renew_membership(work, membership_id)
