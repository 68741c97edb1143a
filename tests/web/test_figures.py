"""The pages of figures that leave, in a browser: ask, approve, give the password once more, take once. S-66."""

from sqlalchemy import select

from mengya_health.indicators.models import Export
from mengya_health.people import seals
from mengya_health.people.models import UserSession
from tests.factories import a_member


def test_the_manager_asks_the_officer_approves_and_the_file_is_taken_once(browse, work_as, district, clock, statements):
    with work_as(district.sysadmin) as work:
        manager = a_member(work, "manager", district.mch_institute_id)
    manager, officer = browse(manager), browse(district.security_officer)
    page = manager.get("/figures")
    assert "还没有导出过" in page
    refused = manager.post("/figures", status=422, scope="outside", recipient="", purpose="一句已经写好的话")
    assert "一句已经写好的话" in refused.get_data(as_text=True)
    manager.post("/figures", scope="inside", recipient="示例区卫健委", purpose="年度小结")
    statements.seen.clear()
    assert "等安全审计员批准" in manager.get("/figures")
    assert len(statements.seen) <= 8
    with work_as(None, writing=False) as work:
        path = f"/figures/{work.session.scalar(select(Export.id))}"
    manager.post(f"{path}/approval", page="/figures", status=403)
    page = officer.get("/figures")
    assert f'action="{path}/approval"' in page
    assert 'action="/figures"' not in page
    officer.post(f"{path}/approval", page="/figures")
    page = manager.get("/figures")
    assert "24 小时内取一次" in page
    clock.forward(minutes=6)
    asked = manager.post(f"{path}/file", page="/figures", status=401).get_data(as_text=True)
    assert "/account/confirm" in asked
    with work_as(None) as work:
        for session in work.session.scalars(select(UserSession)):
            session.reauthenticated_at = clock.now
            seals.seal_opening(work, session)
    taken = manager.post(f"{path}/file", page="/figures", status=200)
    assert taken.mimetype == "text/csv"
    assert taken.headers["Content-Disposition"].startswith("attachment;")
    assert taken.data.startswith(b"\xef\xbb\xbf")
    assert "已取走" in manager.get("/figures")
    manager.post(f"{path}/file", page="/figures", status=404)


def test_nobody_else_comes_here(browse, district, mother):
    for who in (district.doctor, district.teacher, district.sysadmin, mother):
        browse(who).get("/figures", status=403)
