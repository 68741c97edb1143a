"""How far a plan's goals are reached: the doctor's word, in FHIR's nine, until the plan sets another goal."""

import pytest

from mengya_health.care import follow_ups, plans
from mengya_health.care.goals import ACHIEVEMENTS, achievements
from mengya_health.errors import Invalid
from mengya_health.web.shown.goals import WORDS
from tests.care.walking import Walk
from tests.web.test_every_page import TOO_CLINICAL


def judged(walk: Walk, *words: str, command=follow_ups.record_follow_up, **more) -> None:
    with walk.as_(walk.doctor) as work:
        command(work, walk.case_id, text="又看了一次", goals=words, **more)


def test_the_newest_word_on_a_goal_stands_until_the_goal_is_another(walk):
    walk.plan["goals"] = [{"measure": "体重", "target": "回到同龄范围"}, {"measure": "进餐", "target": "半小时内吃完"}]
    walk.in_support()
    assert achievements(walk.facts()) == ["", ""]
    judged(walk, "improving", "")
    judged(walk, "", "no-change")
    assert achievements(walk.facts()) == ["improving", "no-change"]
    judged(walk, "achieved", command=follow_ups.record_evaluation, plain_text="吃得好了")
    assert achievements(walk.facts()) == ["achieved", "no-change"]
    for words in (("better",), ("achieved", "achieved", "achieved")):
        with pytest.raises(Invalid):
            judged(walk, *words)
    with walk.as_(walk.doctor) as work:
        goals = [walk.plan["goals"][0], {"measure": "进餐", "target": "二十分钟内吃完"}]
        plans.revise(work, walk.case_id, plan=walk.plan | {"goals": goals}, reason="换一个目标")
    assert achievements(walk.facts()) == ["achieved", ""]


def test_every_word_has_one_for_the_clinic_and_a_kind_one_for_the_family():
    assert set(WORDS) == set(ACHIEVEMENTS)
    assert len(set(ACHIEVEMENTS)) == 9
    told = "".join(str(plain) for _clinic, plain in WORDS.values())
    assert not TOO_CLINICAL.search(told)
    for scolding in ("没有做到", "失败", "落后", "不合格", "变差"):
        assert scolding not in told
