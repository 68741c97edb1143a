"""The page 指标: a clinic's for its doctors, the district's for its managers."""

from tests.factories import a_member


def test_the_district_page_says_nothing_of_few_and_how_everything_is_counted(browse, work_as, district, statements):
    with work_as(district.sysadmin) as work:
        manager = a_member(work, "manager", district.mch_institute_id)
    manager = browse(manager)
    statements.seen.clear()
    page = manager.get("/indicators")
    assert len(statements.seen) <= 8
    assert "2025-10-01 到 2026-09-30" in page
    assert "不足 5 例，不显示" in page
    for said in ("转诊有回执", "回执到期日在这段时间的转诊", "这里没有数：", "全区"):
        assert said in page
    assert "2026-07-01 到 2026-09-30" in manager.get("/indicators?period=quarter")
    assert "2025-10-01" in manager.get("/indicators?period=for-ever")
    manager.get("/clinic/indicators", status=403)


def test_the_clinic_page_is_for_its_doctors(browse, district, mother, statements):
    doctor = browse(district.doctor)
    assert 'href="/clinic/indicators"' in doctor.get("/cases")
    statements.seen.clear()
    page = doctor.get("/clinic/indicators?period=quarter")
    assert len(statements.seen) <= 8
    assert "示例社区卫生服务中心" in page
    assert "这段时间没有" in page
    assert "不足 5 例" not in page
    for who in (district.teacher, district.specialist, district.sysadmin, mother):
        browse(who).get("/clinic/indicators", status=403)
        browse(who).get("/indicators", status=403)
