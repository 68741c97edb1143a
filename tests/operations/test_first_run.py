"""The first administrator, and the small world the other tests live in."""

import pytest

from mengya_health.access.permissions import Permission, is_allowed
from mengya_health.errors import NotFound, NotPermitted
from mengya_health.operations.first_run import first_sysadmin
from mengya_health.people.queries import find_child
from tests.factories import PASSWORD, a_child, a_district, a_guardian


def test_there_is_only_one_first_administrator(work_as):
    with work_as(None) as work:
        first_sysadmin(work, login="first", name="样本管理员", password=PASSWORD)
    with pytest.raises(NotPermitted), work_as(None) as work:
        first_sysadmin(work, login="second", name="样本管理员", password=PASSWORD)


def test_the_small_world_lets_each_hand_do_its_part_and_no_other(work_as, installation):
    district = a_district(installation)
    with work_as(district.doctor) as work:
        child = a_child(work, district)
    guardian = a_guardian(installation, district, child)
    may = {
        district.doctor: Permission.WRITE_HEALTH,
        district.second_doctor: Permission.WRITE_HEALTH,
        district.teacher: Permission.WRITE_BEHAVIOUR,
        guardian: Permission.SIGN,
    }
    for actor, permission in may.items():
        with work_as(actor, writing=False) as work:
            assert is_allowed(actor, permission, find_child(work, child.id).subject)
    strangers = (district.other_doctor, district.other_teacher, district.specialist, district.carer)
    for actor in (*strangers, district.sysadmin, district.security_officer):
        with work_as(actor, writing=False) as work, pytest.raises(NotFound):
            find_child(work, child.id)
