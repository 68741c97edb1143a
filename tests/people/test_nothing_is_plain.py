"""No name, birth date, phone or number of anybody lies readable in the database files."""

from datetime import date

import pytest

from mengya_health.people import commands, invitations
from mengya_health.people.queries import find_child

CANARIES = {
    "name": "金丝雀𠮷",
    "birth_on": date(2025, 11, 20),
    "birth_weight_kg": "3.141",
    "id_no": "11010520251120002X",
    "allergies": "牡蛎过敏金丝雀",
    "contacts": [{"name": "金丝雀之母", "phone": "13877665544", "relation": "mother"}],
}
PARENT = {"name": "金丝雀家长", "phone": "13966554433", "relation": "father", "password": "金丝雀飞过了青石桥"}


@pytest.fixture
def database() -> str:
    return "sqlite"


def test_the_files_hold_no_canary(register, work_as, district, installation, settings):
    child = register("P1", "P2", group_id=district.group_id, **CANARIES)
    with work_as(district.doctor) as work:
        commands.correct_child(work, child.id, row_version=1, sex="F", **CANARIES | {"name": "金丝雀改名"})
        code = invitations.invite_guardian(work, find_child(work, child.id)).code
    with work_as(None) as work:
        invitations.redeem_invitation(work, code=code, birth_on=date(2025, 11, 20), **PARENT)
    installation.close()
    said = ["金丝雀", "3.141", "11010520251120002", "牡蛎", "13877665544", "13966554433", "2025-11-20", "青石桥"]
    plain = [*said, code.replace("-", "")]
    files = [path for path in settings.data_dir.rglob("*") if path.is_file()]
    assert len(files) >= 2
    for path in files:
        stored = path.read_bytes()
        for canary in plain:
            for encoding in ("utf-8", "utf-16-le", "gb18030"):
                assert canary.encode(encoding) not in stored, f"{canary} in {path.name}"
