"""The stories of the demo: which child comes how far round the loop, told in days before today."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from mengya_health.operations.demo_stage import AFTERNOON, EVENING, MORNING, NOON
from mengya_health.operations.demo_tale import Tale

GROWTH, ANEMIA, DEVELOPMENT, WEIGHT = "PW_UNDERNUTRITION", "PW_ANEMIA", "PW_DEVELOPMENT", "PW_OVERWEIGHT"
GROWTH_PLAN = {
    "summary": "孩子最近体重长得慢一点。接下来八周，家里和班里一起把饭吃好，每个月来量一次。",
    "goals": [{"measure": "体重", "target": "两次随访都回到同龄范围"}],
    "tasks": [{"item": "BB04", "who": "guardian"}, {"item": "BB05", "who": "guardian"}],
}
ANEMIA_PLAN = {
    "summary": "血红蛋白有点低。接下来八周，每天吃一份含铁多的食物，按时服药，两周后复查。",
    "goals": [{"measure": "血红蛋白", "target": "达到 110 g/L"}],
    "tasks": [
        {"item": "BB02", "who": "guardian"},
        {"item": "BB10", "who": "guardian", "note": "按处方，两餐之间，每天一次"},
    ],
}
DEVELOPMENT_PLAN = {
    "summary": "孩子说话还少。接下来十二周，家里和班里每天多和孩子一来一回地说。",
    "goals": [{"measure": "说话", "target": "会用的词越来越多"}],
    "tasks": [
        {"item": "XJ01", "who": "guardian"},
        {"item": "XJ03", "who": "guardian"},
        {"item": "XJ02", "who": "teacher"},
    ],
}
IN_CLASS = {"item": "BB05", "who": "teacher"}
GROWTH_MET, GROWTH_CLOSED = ("体重增速不低于同龄中位增速",), ("一般情况好",)
ANEMIA_MET, ANEMIA_CLOSED = ("症状好转", "已按医嘱续服"), ("疗程满（Hb正常后续服约2个月）",)
WELL = "孩子这段时间长得不错，接下来每个月看一次，稳一稳。"
DONE = "这一轮的目标都做到了，可以回到平常的健康检查。"


def found_today(tale: Tale) -> None:
    """What the check found still waits for the doctor's decision."""
    tale.on(1, AFTERNOON, tale.check, pathway=GROWTH, is_decided=False)


def concern_raised(tale: Tale) -> None:
    """A teacher has asked the doctor to look; nobody has answered yet, but the class is asked to look first."""
    tale.on(1, EVENING, tale.ask_to_look_first)
    tale.on(1, AFTERNOON, tale.raise_concern, text="这两周午饭常常只吃几口，说肚子饱")


def positive_growth(tale: Tale) -> None:
    _found(tale, GROWTH)


def positive_concern(tale: Tale) -> None:
    tale.on(tale.sample.plot.found, MORNING, tale.check)
    tale.on(3, AFTERNOON, tale.raise_concern, text="这个月在班里很少开口，多半用手指")
    tale.on(1, MORNING, tale.accept_concern, pathway=DEVELOPMENT)


def rescreening_growth(tale: Tale) -> None:
    days = _found(tale, GROWTH)
    tale.on(days - 1, AFTERNOON, tale.rescreen, due_on=tale.stage.today + timedelta(days=3))


def rescreening_anemia(tale: Tale) -> None:
    """The second look is overdue, and the list says so."""
    days = _found(tale, ANEMIA)
    tale.on(days - 1, AFTERNOON, tale.rescreen, due_on=tale.stage.ago(5))


def referred_waiting(tale: Tale) -> None:
    days = _found(tale, DEVELOPMENT)
    tale.on(days - 1, AFTERNOON, tale.refer, within="SLA_REFER_SOON")


def referred_overdue(tale: Tale) -> None:
    days = _found(tale, DEVELOPMENT)
    tale.on(days - 1, AFTERNOON, tale.refer, within="SLA_REFER_URGENT")


def referred_answered(tale: Tale) -> None:
    referred_waiting(tale)
    tale.on(20, MORNING, tale.accept_referral)
    tale.on(2, AFTERNOON, tale.answer_referral)


def planning_growth(tale: Tale) -> None:
    _found(tale, GROWTH)
    tale.on(3, MORNING, tale.make_plan, plan=GROWTH_PLAN)


def planning_question(tale: Tale) -> None:
    tale.on(tale.sample.plot.found + 1, AFTERNOON, tale.look_first, there=1)  # the doctor will say otherwise
    _found(tale, ANEMIA)
    tale.on(5, MORNING, tale.make_plan, plan=ANEMIA_PLAN)
    tale.on(2, EVENING, tale.ask, question="吃铁剂会不会便秘？要吃多久？")
    tale.on(1, EVENING, tale.object_to, kind="care_plan", text="孩子最近每天都吃肉，饭量也好，和写的不一样。")


def active_growth(tale: Tale) -> None:
    days = _found(tale, GROWTH)
    _agreed(tale, days, GROWTH_PLAN | {"tasks": [*GROWTH_PLAN["tasks"], IN_CLASS]})
    tale.on(14, MORNING, tale.follow_up, what="growth", text="体重在追，继续")
    for ago in (9, 6, 3, 1):
        tale.on(ago, EVENING, tale.log_home, note="晚饭自己吃了大半碗")
        tale.on(ago, AFTERNOON, tale.check_in, whose_turn="teacher", note="加餐都吃完了")
    _kept_up(tale)
    tale.on(6, NOON, tale.let_in_grandmother, login="grandma")


def active_anemia(tale: Tale) -> None:
    """The goals are reached; the evaluation waits to be signed."""
    days = _found(tale, ANEMIA)
    _agreed(tale, days, ANEMIA_PLAN)
    _iron_follow_ups(tale, days)
    _kept_up(tale)
    tale.on(3, MORNING, tale.evaluate, checks=ANEMIA_MET, plain_text="复查结果好多了，接下来继续吃一阵，再看两次。")
    tale.on(1, EVENING, tale.sign_on_paper)


def active_development(tale: Tale) -> None:
    days = _found(tale, DEVELOPMENT)
    tale.on(days - 2, MORNING, tale.refer, within="SLA_REFER_SOON")
    tale.on(days - 6, MORNING, tale.accept_referral)
    tale.on(days - 15, AFTERNOON, tale.answer_referral)
    _agreed(tale, days - 15, DEVELOPMENT_PLAN)
    for ago in (10, 4, 1):
        tale.on(ago, AFTERNOON, tale.check_in, whose_turn="teacher", done="partly", note="会说“还要”")
    _kept_up(tale)


def following_growth(tale: Tale) -> None:
    _consolidated_growth(tale, GROWTH_PLAN, follow_ups=2)
    tale.on(1, EVENING, tale.ask_erasure)


def following_anemia(tale: Tale) -> None:
    """The first follow-up of the consolidation is due today."""
    days = _found(tale, ANEMIA)
    _agreed(tale, days, ANEMIA_PLAN)
    _iron_follow_ups(tale, days)
    _goals_met(tale, days - 50, ANEMIA_MET)


def confirming_class(tale: Tale) -> None:
    days = _consolidated_growth(tale, GROWTH_PLAN | {"tasks": [*GROWTH_PLAN["tasks"], IN_CLASS]}, follow_ups=3)
    _closing(tale, days - 163, GROWTH_CLOSED)


def confirming_family(tale: Tale) -> None:
    """Every hand but the family's is done: the closing summary waits to be signed."""
    days = _found(tale, ANEMIA)
    _agreed(tale, days, ANEMIA_PLAN)
    _iron_follow_ups(tale, days)
    _goals_met(tale, days - 50, ANEMIA_MET)
    tale.on(days - 82, MORNING, tale.follow_up, what="hb", text="停用铁剂", dates=("iron_stopped",))
    tale.on(days - 172, MORNING, tale.follow_up, what="hb", text="停药后复查")
    _closing(tale, days - 173, ANEMIA_CLOSED)


def resolved_growth(tale: Tale) -> None:
    days = _consolidated_growth(tale, GROWTH_PLAN | {"tasks": [*GROWTH_PLAN["tasks"], IN_CLASS]}, follow_ups=3)
    _closing(tale, days - 163, GROWTH_CLOSED)
    tale.on(days - 165, AFTERNOON, tale.confirm_in_class)
    tale.on(days - 166, EVENING, tale.sign, document="closing_summary")
    until = tale.stage.today + timedelta(days=90)
    tale.on(1, EVENING, tale.close_section, section="health", towards="nursery", to_on=until)


def watching_weight(tale: Tale) -> None:
    _found(tale, WEIGHT)


def watching_cleared(tale: Tale) -> None:
    days = _found(tale, DEVELOPMENT)
    tale.on(days - 1, AFTERNOON, tale.rescreen, due_on=tale.stage.ago(days - 28))
    tale.on(days - 27, MORNING, tale.follow_up, what="development", text="同龄的几条都会了，儿心量表在同龄范围")
    tale.on(days - 27, NOON, tale.clear)


def released(tale: Tale) -> None:
    days = _found(tale, WEIGHT)
    tale.on(days - 60, MORNING, tale.check)
    tale.on(days - 90, MORNING, tale.release)


def stopped_moved(tale: Tale) -> None:
    days = _found(tale, GROWTH)
    tale.on(days - 50, MORNING, tale.stop, reason_code="5", reason="全家搬到外区", not_done="moved_away")


def stopped_refused(tale: Tale) -> None:
    days = _found(tale, ANEMIA)
    tale.on(days - 30, MORNING, tale.stop, reason_code="7", reason="家长想自己去市里的医院看", not_done="declined")


STORIES: dict[str, Callable[[Tale], None]] = {
    story.__name__: story
    for story in (
        found_today, concern_raised, positive_growth, positive_concern, rescreening_growth, rescreening_anemia,
        referred_waiting, referred_overdue, referred_answered, planning_growth, planning_question, active_growth,
        active_anemia, active_development, following_growth, following_anemia, confirming_class, confirming_family,
        resolved_growth, watching_weight, watching_cleared, released, stopped_moved, stopped_refused,
    )
}  # fmt: skip


# --- what several stories share ---------------------------------------------------------------------------------------


def _found(tale: Tale, pathway: str) -> int:
    """Something is found at a check, a case is opened, the family is told; return how long ago that was."""
    days = tale.sample.plot.found
    tale.on(days, MORNING, tale.check, pathway=pathway, sign=pathway == DEVELOPMENT)
    if tale.login:
        tale.on(days, NOON, tale.invite)
    tale.on(days - 1, MORNING, tale.tell)
    return days


def _agreed(tale: Tale, days: int, plan: dict) -> None:
    """The plan is made and signed, and the family writes down what it did on eight days."""
    tale.on(days - 3, MORNING, tale.make_plan, plan=plan)
    tale.on(days - 5, EVENING, tale.sign, document="care_plan")
    for ago in range(days - 6, days - 21, -2):
        tale.on(ago, EVENING, tale.check_in, whose_turn="guardian", note="照着做了")
    if any(task["who"] == "teacher" for task in plan["tasks"]):
        tale.on(days - 8, AFTERNOON, tale.check_in, whose_turn="teacher", note="在班里也一起做")


def _kept_up(tale: Tale) -> None:
    """The family has written down its tasks until yesterday, not every day."""
    for ago in (13, 9, 5, 2, 1):
        tale.on(ago, EVENING, tale.check_in, whose_turn="guardian", done="partly" if ago == 5 else "done")


def _iron_follow_ups(tale: Tale, days: int) -> None:
    tale.on(days - 19, MORNING, tale.follow_up, what="hb", text="按时服药，没有不适", dates=("start_of_iron",))
    tale.on(days - 49, MORNING, tale.follow_up, what="hb", text="面色好，胃口好")


def _goals_met(tale: Tale, days: int, checks: tuple[str, ...]) -> None:
    if tale.is_in_class:
        tale.on(days + 2, AFTERNOON, tale.observe, note="吃饭有胃口，跑跳有劲")
    tale.on(days, MORNING, tale.evaluate, checks=checks, plain_text=WELL)
    tale.on(days - 1, EVENING, tale.sign, document="evaluation")
    tale.on(days - 2, MORNING, tale.meet_goals)
    tale.on(days - 2, NOON, tale.end_tasks, kinds=("care_task",))


def _consolidated_growth(tale: Tale, plan: dict, *, follow_ups: int) -> int:
    days = _found(tale, GROWTH)
    _agreed(tale, days, plan)
    tale.on(days - 35, MORNING, tale.follow_up, what="growth", text="饭量好了，继续")
    tale.on(days - 66, MORNING, tale.follow_up, what="growth", text="体重回到同龄范围")
    _goals_met(tale, days - 68, GROWTH_MET)
    for number in range(follow_ups):
        tale.on(days - 100 - 31 * number, MORNING, tale.follow_up, what="growth", text="稳定")
    return days


def _closing(tale: Tale, days: int, checks: tuple[str, ...]) -> None:
    tale.on(days, MORNING, tale.end_tasks, kinds=("follow_up",))
    tale.on(days, NOON, tale.propose_closure, checks=checks, plain_text=DONE)
