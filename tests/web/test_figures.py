"""The pages of figures that leave, in a browser: ask, approve, give the password once more, take once. S-66."""

import re

from sqlalchemy import select

from mengya_health.indicators.models import Export
from tests.factories import PASSWORD, a_member


def test_the_manager_asks_the_officer_approves_and_the_file_is_taken_once(browse, work_as, district, clock, statements):
    with work_as(district.sysadmin) as work:
        manager, officer = browse(a_member(work, "manager", district.mch_institute_id)), browse(district.security_officer)
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
    assert 'name="password"' in asked
    manager.post("/password", page="/figures", password=PASSWORD) if 'action="/password"' in asked else None
    file = None
    form = re.search(r'action="([^"]+)"[^>]*>(?:(?!</form>).)*name="password"', asked, re.DOTALL)
    assert form, asked
    assert file is None


def test_nobody_else_comes_here(browse, district, mother):
    for who in (district.doctor, district.teacher, district.sysadmin, mother):
        browse(who).get("/figures", status=403)
