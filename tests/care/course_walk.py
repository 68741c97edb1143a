"""A walk along any pathway by what its file asks for: sheets, decisions, follow-ups at their intervals, every tick."""

from datetime import date, timedelta
from decimal import Decimal

from mengya_health.care import check_ins, closing, decisions, follow_ups, pathway_rules, plans
from mengya_health.care.due_dates import records_needed
from mengya_health.care.escalations import ReferralWanted, referrals_wanted
from mengya_health.care.loop import loop_of
from mengya_health.content import Content
from mengya_health.content.pathways import Pathway
from mengya_health.growth.ages import add_months
from mengya_health.people.models import User
from mengya_health.people.queries import find_child
from mengya_health.record.queries import find_entry
from mengya_health.screening.decisions import NOT_NOW, OPEN, Decision, undecided
from mengya_health.screening.measurements import Measurement
from mengya_health.screening.second_look import AskedBack
from mengya_health.screening.sheet_commands import find_sheet, record_sheet
from mengya_health.screening.urgent import circumstances, urgent_codes, weighed_in
from mengya_health.screening.urgent_answer import ARRANGED, UrgentAnswer
from mengya_health.signing.pins import set_pin
from mengya_health.web.shown.asked import asked_of_follow_up, asked_of_rule
from mengya_health.work import LOCAL
from tests.care.courses import Course, Seen
from tests.care.walking import Story, Walk
from tests.factories import PIN, District, a_child, a_guardian
from tests.screening.filling import median_growth

COMMON = "GY01"  # the task that every pathway may use


class CourseWalk(Walk):
    """`course` says what the child has, the pathway's file what it takes to go on."""

    course: Course
    content: Content

    @classmethod
    def along(cls, course: Course, installation, work_as, clock, district: District) -> "CourseWalk":
        walk = cls(installation, work_as, clock, Story(course.pathway, {}, {}, (), (), (), 0, ()))
        walk.course, walk.content, walk.district = course, installation.content, district
        with walk.as_(walk.doctor) as work:
            birth_on = add_months(work.today, -course.months) - timedelta(days=3)
            walk.child = a_child(work, district, birth_on=birth_on, **course.born)
        walk.mother = a_guardian(installation, district, walk.child)
        with work_as(None) as work:
            set_pin(work, work.session.get(User, walk.teacher.user_id), PIN)
        return walk

    @property
    def today(self) -> date:
        return self.clock.now.astimezone(LOCAL).date()

    @property
    def pathway(self) -> Pathway:
        return self.content.pathways[self.course.pathway]

    # --- what the doctor enters ---------------------------------------------------------------------------------------

    def enter(self, seen: Seen):
        return self._sheet(seen) if seen.sheet else self.look_again(seen)

    def look_again(self, seen: Seen, *ticks: str, stops: str = ""):
        """Write a follow-up; its page offers every reading, tick and day of it. `stops` names what ended today."""
        asked = asked_of_follow_up(self.content, self.pathway, self.state)
        ticks = (*seen.ticks, *ticks)
        assert {*seen.answers} <= {*asked.readings}
        assert {*ticks} <= {*asked.checks}
        assert not stops or stops in asked.days
        assert asked.is_measured or seen.weight is None
        with self.as_(self.doctor) as work:
            measurement = self._measured(work, seen)
            codes = urgent_codes(self.content)
            said = UrgentAnswer(codes, ARRANGED, weighed=dict.fromkeys(codes, True))
            return follow_ups.record_follow_up(
                work,
                self.case_id,
                text="随访",
                measurement=measurement,
                readings=self._listed(seen.answers),
                checks=ticks,
                dates=[{"name": stops, "on": work.today}] if stops else (),
                answer=said,
            ).id

    def _grown(self, work, seen: Seen) -> dict[str, str]:
        grown = median_growth(self.child, work.today)
        weight = Decimal(grown["weight"]) * Decimal(str(seen.weight))
        position = "l" if self.child.corrected_months(work.today) < 24 else "h"
        return grown | {"weight": f"{weight:.2f}", "position": position}

    def _measured(self, work, seen: Seen) -> Measurement | None:
        if seen.weight is None:
            return None
        grown = self._grown(work, seen)
        names = {"weight": "weight_kg", "length": "lenhei_cm", "headc": "headc_cm", "position": "position"}
        return Measurement(measured_on=work.today, **{names[name]: value for name, value in grown.items()})

    def _sheet(self, seen: Seen):
        said = {"urgent_seen": " ".join(urgent_codes(self.content)), "urgent_answer": ARRANGED}
        said |= {weighed_in(code): "1" for code in circumstances(self.content)}
        with self.as_(self.doctor) as work:
            child, sheet = find_child(work, self.child.id), find_sheet(work.content, seen.sheet)
            sent = {"done_on": work.today.isoformat()} | said | seen.answers
            sent |= self._grown(work, seen) if seen.weight else {}
            try:
                return record_sheet(work, child, sheet, sent).id
            except AskedBack as asked:
                again = {f"confirm_{look.field}": look.answer for look in asked.missing}
                return record_sheet(work, child, sheet, sent | again).id

    # --- the way ------------------------------------------------------------------------------------------------------

    def screened(self) -> None:
        """The screening finds something, and the doctor opens the case it suggests."""
        entry_id = self.enter(self.course.found)
        with self.as_(self.doctor) as work:
            child = find_child(work, self.child.id)
            opened = find_entry(work, child, entry_id)
            made = [
                Decision(each["pathway"], OPEN if each["pathway"] == self.course.pathway else NOT_NOW, "看过了")
                for each in undecided(opened)
            ]
            decisions.decide_check(work, child, opened, made, row_version=opened.row_version)
        with self.as_(self.doctor) as work:
            decided = find_entry(work, find_child(work, self.child.id), entry_id).content["decisions"]
            (self.case_id,) = [each["case_id"] for each in decided if each["pathway"] == self.course.pathway]
            self.case_id = type(self.child.id)(self.case_id)

    def planned(self, *tasks: str) -> None:
        """A plan of these tasks, or of the pathway's own: the family's with the fewest records, one for the class."""
        months = self.child.corrected_months(self.today)
        own = [self.content.tasks[each] for each in tasks] or self.content.tasks_for(self.course.pathway, months)
        loop = loop_of(self.content)
        home = min((t for t in own if "parent" in t.who), key=lambda t: records_needed(loop, t.frequency, 2))
        in_class = next((t for t in own if "teacher" in t.who and t is not home), None)
        given = [(home, "guardian"), *([(in_class, "teacher")] if in_class else [])]
        self.plan = {
            "summary": "接下来几周，家里和班里一起做几件小事。",
            "goals": [{"measure": "复查指标", "target": self.pathway.success_text[0][:60]}],
            "tasks": [{"item": t.id, "who": who, "weeks": 2, "note": "按医生写的"} for t, who in given],
        }

    def kept(self) -> None:
        """The class writes down once what it does, the family as often as is asked."""
        tasks = [task for task in self.facts().own_tasks if task.kind == "care_task" and task.is_open]
        for task in tasks:
            actor, records = (self.mother, task.body["records"]) if task.whose_turn == "guardian" else (self.teacher, 1)
            for ago in range(records):
                if ago:
                    self.clock.forward(days=1)
                with self.as_(actor) as work:
                    check_ins.check_in(work, task.id, done="done")

    def next_days(self) -> int:
        """Return in how many days the next follow-up is due."""
        (task,) = self.open_tasks("follow_up")
        return (task.due_on - self.today).days

    def interval(self, stage: str, done: int) -> int:
        """Return what the file says: days, or several one after the other, or what the course chooses of."""
        days = self.course.days_apart.get(stage) or self.pathway.rules.follow_up_days[stage]
        return days if isinstance(days, int) else days[min(done, len(days) - 1)]

    def ticks(self, rule: str) -> tuple[str, ...]:
        """Return every tick that a rule asks for, as its page offers them."""
        return tuple(asked_of_rule(self.content, self.pathway, rule).checks)

    def supported(self, *, ticked: bool) -> None:
        """From an agreed plan to consolidation, each follow-up on the day the file says.

        Where nothing was `ticked` at the follow-ups of this plan, what was ticked under an earlier one counts no more.
        """
        self.kept()
        for done in range(2):
            self.later(max(self.next_days(), 28))
            self.look_again(self.course.well, *(self.ticks("success") if ticked else ()))
            assert self.next_days() == self.interval("intervention", done + 1)
        assert (pathway_rules.success(self.facts()).is_met is True) is (ticked or not self.course.needs_ticks)
        self.observe()
        with self.as_(self.doctor) as work:
            follow_ups.record_evaluation(
                work, self.case_id, text="达标", plain_text="这段时间很好", checks=self.ticks("success")
            )
        self.sign(self.mother, follow_ups.sign_evaluation, "evaluation")
        self.meet_goals()
        assert self.next_days() == self.interval("consolidation", 0)
        self.end_tasks()

    def fallen_back(self, evidence_id=None) -> None:
        with self.as_(self.doctor) as work:
            plans.relapse(work, self.case_id, reason="又不好了", plan=self.plan, evidence_id=evidence_id)

    def steadied(self) -> int:
        """Follow up until the file asks for no more; return how often."""
        done = 0
        while self.open_tasks("follow_up"):
            assert self.next_days() == self.interval("consolidation", done)
            self.later(self.next_days())
            stops = "" if done else self.course.stops
            self.look_again(self.course.well, *self.ticks(self.course.closing), stops=stops)
            done += 1
            assert done < 8
        return done

    def closed(self) -> None:
        with self.as_(self.doctor) as work:
            closing.propose_closure(
                work,
                self.case_id,
                text="稳定",
                plain_text="这一轮可以结束了",
                closing=self.course.closing,
                checks=self.ticks(self.course.closing),
            )
        self.confirm_in_class()
        self.confirm_closure()

    def wanted(self) -> dict[str, ReferralWanted]:
        return {each.rule: each for each in referrals_wanted(self.facts())}
