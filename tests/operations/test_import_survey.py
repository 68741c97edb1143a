"""The 166 children of the WHO example survey, imported into both databases."""

import hashlib
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from mengya_health.people.models import Child
from mengya_health.people.queries import find_children
from mengya_health.record.models import Entry
from mengya_health.record.queries import entries_of_kind
from tests.operations.importing import survey_file, survey_rows, written


def files_of(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_the_survey_is_stored_with_the_z_scores_that_who_computed_and_once(take, work_as, district, tmp_path):
    path = survey_file(tmp_path)
    report = take(path)
    assert (report.children_added, report.measurements_added, report.problems) == (166, 166, ())
    scores = {}
    with work_as(district.doctor, writing=False) as work:
        children = find_children(work, work.session.scalars(select(Child.id)))
        for child in children.values():
            (entry,) = entries_of_kind(work, child, "screening")
            assert entry.content["growth"]["reference"] == "wst423_2022"
            scores[child.name.removeprefix("样本")] = entry.content["growth_who"]["scores"]
    compared = 0
    for row in survey_rows():
        stored = scores[row["case_id"]].get(row["indicator"])
        if row["expected_z"] == "":
            assert stored is None, (row["case_id"], row["indicator"])
            continue
        assert abs(float(stored["z"]) - float(row["expected_z"])) <= 0.01, (row["case_id"], row["indicator"])
        compared += 1
    assert compared > 600
    again = take(path)
    assert (again.children_added, again.measurements_added, again.unchanged) == (0, 0, 166)
    assert again.known == 166
    assert again.problems == ()
    with work_as(None, writing=False) as work:
        assert work.session.scalar(select(func.count()).select_from(Child)) == 166
        assert work.session.scalar(select(func.count()).select_from(Entry)) == 166


def test_a_dry_run_says_what_would_come_and_leaves_every_file_as_it_is(take, installation, database, tmp_path):
    if database != "sqlite":
        pytest.skip("looks at the database's files")
    path, folder = survey_file(tmp_path), installation.settings.data_dir
    installation.before_fork()
    before = files_of(folder)
    report = take(path, dry_run=True)
    installation.before_fork()
    assert (report.children_added, report.measurements_added) == (166, 166)
    assert files_of(folder) == before
    take(path)
    installation.before_fork()
    before = files_of(folder)
    again = take(path, dry_run=True)
    installation.before_fork()
    assert (again.children_added, again.known) == (0, 166)
    assert files_of(folder) == before


def test_a_survey_counts_births_back_from_the_day_it_names(take, work_as, district, tmp_path):
    path = written(tmp_path, ["S1,F,100,", "S2,M,,6"], header="id,sex,age_days,age_months")
    take(path, measured_on=date(2026, 11, 1))
    with work_as(district.doctor, writing=False) as work:
        children = {c.name: c for c in find_children(work, work.session.scalars(select(Child.id))).values()}
    assert children["样本S1"].birth_on == date(2026, 11, 1) - timedelta(days=100)
    assert children["样本S2"].birth_on == date(2026, 11, 1) - timedelta(days=183)  # 6 × 30.4375 = 182.6
