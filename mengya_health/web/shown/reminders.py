"""What is late about a referral, in the words of who has to do something about it."""

from flask_babel import gettext as _

from mengya_health.care.clocks import Reminder, reminder_of, reminder_of_task
from mengya_health.care.facts import ReferralFacts, TaskFacts
from mengya_health.care.loop import loop_of


def reminder_text(work, referral: ReferralFacts) -> str:
    """Return what is late about a referral and what to do, in the words of who reads it; "" while nothing is."""
    late = reminder_of(loop_of(work.content), work.content.time_limits, referral, work.today)
    if late is None:
        return ""
    return _to_receiver(late) if work.actor.receiving_ids else _to_clinic(late)


def task_reminder(work, task: TaskFacts) -> str:
    """Return the same for the clinic's list of what it waits for."""
    late = reminder_of_task(loop_of(work.content), work.content.time_limits, task, work.today)
    return _to_clinic(late) if late else ""


def _to_receiver(late: Reminder) -> str:
    if late.what == "visit":
        return _("应就诊的日子过了 %(n)s 天：来过请登记，没有来请和转出门诊联系", n=late.days)
    return _("就诊已 %(n)s 天：请写回执", n=late.days)


def _to_clinic(late: Reminder) -> str:
    if late.what == "visit":
        if late.step > 1:
            return _("应就诊的日子过了 %(n)s 天：请转区妇幼督办", n=late.days)
        return _("应就诊的日子过了 %(n)s 天：请问家长去过没有", n=late.days)
    if late.step > 1:
        return _("就诊已 %(n)s 天没有回执：请转区妇幼督办", n=late.days)
    return _("就诊已 %(n)s 天没有回执：请打电话催", n=late.days)
