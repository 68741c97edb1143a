"""A child changes its clinic through the pages: what each side sees before and after, and what nobody comes across."""

from mengya_health.operations.decoys import make_decoys
from mengya_health.people.queries import find_child
from mengya_health.record.commands import record_entry
from tests.factories import PIN


def write(work_as, actor, child, text):
    with work_as(actor) as work:
        found = find_child(work, child.id)
        record_entry(work, found, section="health", kind="advice", content={"text": text}, happened_on=work.today)


def test_a_family_changes_its_clinic(browse, installation, work_as, district, child, mother):
    write(work_as, district.doctor, child, "多吃一点红肉。")
    with work_as(district.teacher) as work:
        content = {"items": [], "note": "老师写下的一句。"}
        found = find_child(work, child.id)
        record_entry(work, found, section="behaviour", kind="observation", content=content, happened_on=work.today)
    old, new, family, teacher = (
        browse(each) for each in (district.doctor, district.other_doctor, mother, district.teacher)
    )
    here, asked = f"/children/{child.id}", f"/home/{child.id}/clinic"
    new.get(f"{here}/handover", status=404)
    assert "请选要转去的门诊" in family.post(asked, status=422, clinic_id=str(district.clinic_id), pin=PIN).text
    family.post(asked, clinic_id=str(district.other_clinic_id), pin=PIN)
    assert "等示例第二社区卫生服务中心接收" in old.get(f"{here}/handover")
    assert "正在换门诊" in family.get(f"/home/{child.id}")
    assert "接收转来的孩子" in new.get("/today")
    waiting = new.get(f"{here}/handover")
    assert child.name in waiting
    assert "多吃一点红肉" not in waiting + new.get(here)
    new.post(f"{here}/handover/acceptance", page=f"{here}/handover")
    assert "多吃一点红肉" in new.get(here)
    new.post(f"{here}/handover/done", page=f"{here}/handover")
    assert "接收转来的孩子" not in new.get("/today")
    assert "已经换到新的社区门诊" in family.get(f"/home/{child.id}")
    write(work_as, district.other_doctor, child, "新门诊的一句。")
    for path in (here, f"{here}/edit", f"{here}/handover", f"{here}/moving-away", f"{here}/schedule"):
        old.get(path, status=404)
    assert child.name in old.get("/former")
    words = old.get(f"/former/{child.id}")
    assert "多吃一点红肉" in words
    assert "新门诊的一句" not in words
    assert "老师写下的一句" not in words
    assert "新门诊的一句" in family.get(f"/home/{child.id}/record")
    new.get(f"/former/{child.id}", status=404)
    new.post(f"{here}/class", page=f"{here}/edit", group_id=str(district.other_group_id))
    teacher.get(here, status=404)
    assert child.name in teacher.get("/former")
    words = teacher.get(f"/former/{child.id}")
    assert "老师写下的一句" in words
    assert "红肉" not in words
    browse(district.other_teacher).get(f"/former/{child.id}", status=404)


def test_a_child_leaves_the_district_and_comes_back(browse, installation, work_as, district, child, mother):
    doctor, here = browse(district.doctor), f"/children/{child.id}"
    page = f"{here}/moving-away"
    assert "请选一个原因" in doctor.post(page, status=422, text="搬去外省").text
    doctor.post(page, why="moved_away", text="搬去外省，妈妈电话说的")
    assert "已经搬走" in doctor.get(page)
    assert "搬去外省" in browse(mother).get(f"/home/{child.id}/record")
    doctor.post(f"{here}/return", page=page)
    assert "会一起结束的" in doctor.get(page)


def test_no_decoy_stands_among_the_children_who_left(browse, installation, district):
    assert make_decoys(installation, login="sysadmin") > 0
    for actor in (district.doctor, district.teacher, district.carer):
        assert "没有转走的孩子" in browse(actor).get("/former")
