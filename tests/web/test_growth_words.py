"""What pages say of growth that is looked at and not graded: before term, of undetermined sex, how fast, at birth."""

import re
from datetime import timedelta

import pytest

from mengya_health.people.queries import find_child
from mengya_health.screening.commands import record_measurement
from mengya_health.screening.measurements import Measurement
from tests.conftest import START
from tests.factories import a_child, a_guardian, client_of
from tests.web.browsing import Browser, without_tokens

TODAY = START.date()


@pytest.fixture
def desk(installation, district) -> Browser:
    return Browser(client_of(installation, district.doctor))


@pytest.fixture
def weighed(work_as, district):
    """Make a child with measurements: days ago → (weight in kg, length in cm, head in cm)."""

    def made(measured, **child_facts):
        with work_as(district.doctor) as work:
            child = a_child(work, district, **child_facts)
        for days_ago, (weight_kg, lenhei_cm, headc_cm) in measured.items():
            taken = {"weight_kg": weight_kg, "lenhei_cm": lenhei_cm, "headc_cm": headc_cm, "position": "l"}
            with work_as(district.doctor) as work:
                on = TODAY - timedelta(days_ago)
                record_measurement(work, find_child(work, child.id), Measurement(measured_on=on, **taken))
        return child

    return made


def test_the_clinic_reads_how_fast_a_child_grows_beside_the_median(desk, weighed):
    child = weighed({92: ("8.00", "70.0", "44.0"), 0: ("8.62", "74.0", "45.2")})
    page = desk.open(f"/children/{child.id}")
    assert "92 天体重增 0.62 kg（8.00 → 8.62）" in page
    told = re.search(
        r"按月折算：体重 \+(\S+) kg（同龄中位 \+(\S+)）、身长/身高 \+(\S+) cm（同龄中位 \+(\S+)）、头围", page
    )
    weight, median_weight, length, median_length = map(float, told.groups())
    assert weight == pytest.approx(0.62 / 3, abs=0.01)
    assert length == pytest.approx(4 / 3, abs=0.05)
    assert 0.15 < median_weight < 0.3
    assert 1.0 < median_length < 1.6


def test_weighings_less_than_four_weeks_apart_say_nothing_of_speed(desk, weighed):
    page = desk.open(f"/children/{weighed({27: ('8.00', None, None), 0: ('8.10', None, None)}).id}")
    assert "27 天体重增 0.10 kg" in page
    assert "按月折算" not in page


def test_a_family_reads_what_children_of_that_age_gain_and_no_sd(installation, district, weighed):
    child = weighed({60: ("8.00", "70.0", None), 0: ("8.40", "72.0", None)})
    page = Browser(client_of(installation, a_guardian(installation, district, child))).open("/home")
    assert re.search(r"60 天长了 0\.40 公斤，同龄孩子大约长 0\.[3-6] 公斤。", page)
    assert not re.search("SD|中位|百分位", without_tokens(page))


def test_before_term_the_figures_are_intergrowths_and_said_to_be_no_grade(desk, weighed):
    born_on = TODAY - timedelta(28)
    child = weighed({0: ("1.60", "41.0", "30.0")}, birth_on=born_on, gestational_days=210, birth_weight_kg="0.900")
    page = desk.open(f"/children/{child.id}")
    assert "月经后胎龄 34+0 周，足月前不评级" in page
    assert re.search(r"1\.60 kg</b><br><span class=\"tiny muted\">−0\.\d\d SD，百分位 \d\d\.\d<", page)
    assert not re.search("低体重|生长迟缓|消瘦", page)
    assert "小于胎龄" in page  # in the band above every page of the clinic
    sheet = desk.open(f"/children/{child.id}/edit")
    assert "WS/T 800 单胎：小于胎龄（&lt;P3）" in sheet


def test_growth_of_undetermined_sex_is_kept_listed_and_not_judged(desk, installation, district, weighed):
    child = weighed({40: ("8.00", "70.0", "44.0"), 0: ("8.40", "72.0", "44.5")}, sex="U")
    page = desk.open(f"/children/{child.id}")
    assert "性别未定：测量照常记录，不评价，不画曲线" in page
    assert "测量：体重 8.40 kg" in page
    assert "40 天体重增 0.40 kg（8.00 → 8.40）" in page
    assert 'value="U" checked' in desk.open(f"/children/{child.id}/edit")
    home = Browser(client_of(installation, a_guardian(installation, district, child))).open("/home")
    assert "40 天长了 0.40 公斤。" in home
