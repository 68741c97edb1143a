"""依据: every rule with its source and whether anybody has seen it there, for whom clinical words are meant."""

import re

from mengya_health.screening.basis import subjects_of


def test_every_rule_finding_pathway_and_limit_is_listed_with_where_it_comes_from(content):
    subjects = subjects_of(content)
    lines = {line.code: line for subject in subjects for line in subject.lines if line.code}
    for screening in content.screenings.values():
        for name in screening.profiles or (None,):
            assert not [rule.code for rule in screening.profile(name).rules if rule.code not in lines]
        assert not [alert.code for alert in screening.alerts if alert.code not in lines]
    assert not (content.time_limits.keys() | content.tasks.keys()) - lines.keys()
    assert {pathway.lower() for pathway in content.pathways} <= {subject.id for subject in subjects}
    unsaid = [line for subject in subjects for line in subject.lines if not (line.source or line.basis)]
    assert not unsaid
    assert all(line.said for subject in subjects for line in subject.lines)


def test_what_nobody_has_seen_at_its_source_is_not_shown_as_seen(content):
    danger = next(subject for subject in subjects_of(content) if subject.id == "scr_nb_danger")
    lines = {line.code: line for line in danger.lines}
    assert lines["ND01"].verified is True
    assert "新生儿访视技术规范" in lines["ND01"].source
    assert lines["ND11"].verified is False
    assert danger.unverified == sum(line.verified is not True for line in danger.lines) > 0


def test_the_pages_lead_from_the_list_to_each_rule(browse, district, content):
    doctor = browse(district.doctor)
    index = doctor.get("/basis")
    assert content.version in index
    paths = re.findall(r'href="(/basis/[a-z0-9_]+)"', index)
    assert len(paths) == len(subjects_of(content))
    anaemia = doctor.get("/basis/scr_anemia")
    assert "轻度贫血" in anaemia
    assert "儿童营养性疾病管理技术规范" in anaemia
    assert all(doctor.get(path) for path in paths)
    doctor.get("/basis/scr_nothing", status=404)


def test_teachers_and_families_do_not_meet_clinical_words(browse, district, mother):
    for who in (district.teacher, mother, district.security_officer):
        browse(who).get("/basis", status=403)
