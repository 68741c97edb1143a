"""What can happen to one child of the demo, each thing by the command the pages use, on its own day."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date, time
from io import BytesIO
from uuid import UUID

from PIL import Image

from mengya_health.access.actor import Actor
from mengya_health.care import (
    check_ins,
    closing,
    commands,
    concerns,
    disputes,
    follow_ups,
    informants,
    plans,
    referrals,
)
from mengya_health.care.due import open_tasks_of
from mengya_health.care.paper_signatures import record_paper_signature
from mengya_health.care.queries import case_facts, find_case, open_case_on
from mengya_health.care.tasks import open_tasks
from mengya_health.operations import erasing
from mengya_health.operations.demo_arrival import Arrival
from mengya_health.operations.demo_checks import check_child
from mengya_health.operations.demo_people import PIN
from mengya_health.operations.demo_vaccines import copy_booklet
from mengya_health.people import sharing
from mengya_health.people.queries import find_child
from mengya_health.record.commands import record_entry
from mengya_health.record.files import CleanFile
from mengya_health.record.queries import entries_of_kind
from mengya_health.screening.measurements import Measurement
from mengya_health.signing.on_paper import PaperSigner


def blank_page() -> bytes:
    """Return a photograph of a white sheet: the scan of a paper nobody signed."""
    page = BytesIO()
    Image.new("L", (620, 877), 250).save(page, "JPEG")
    return page.getvalue()


DEVELOPED = {"WSCST_N": "0", "WS_REG": "0", "DQ": "92.0", "DQ_LA": "90.0"}
SCAN = CleanFile("签字页.jpg", "JPEG", blank_page())
SIGNED_AS = {"template": "demo", "template_ver": "1", "locale": "zh"}


@dataclass
class Tale(Arrival):
    """One child's story in a case, and every day."""

    case_id: UUID | None = None
    referral_id: UUID | None = None

    # --- screening ----------------------------------------------------------------------------------------------------

    def check(self, on: date, at: time, *, pathway: str = "", **how) -> None:
        with self.stage.work(self.doctor, on, at) as work:
            child = find_child(work, self.child_id)
            check_child(work, child, self.sample, today=self.stage.today, pathway=pathway, **how)
            work.session.flush()
            case = open_case_on(work, child, pathway) if pathway else None
            self.case_id = case.id if case else self.case_id

    def copy_booklet(self, on: date, at: time) -> None:
        with self.stage.work(self.doctor, on, at) as work:
            copy_booklet(work, find_child(work, self.child_id))

    def tell(self, on: date, at: time) -> None:
        with self.stage.work(self.doctor, on, at) as work:
            concerns.log_contact(work, self.case_id, way="phone", is_reached=True, text="告知结果和安排")

    def rescreen(self, on: date, at: time, *, due_on: date) -> None:
        with self.stage.work(self.doctor, on, at) as work:
            commands.rescreen(work, self.case_id, due_on=due_on, reason="复测一次再定")

    def clear(self, on: date, at: time) -> None:
        with self.stage.work(self.doctor, on, at) as work:
            commands.clear(work, self.case_id, informed="face", reason="复查时都会了")

    def release(self, on: date, at: time) -> None:
        with self.stage.work(self.doctor, on, at) as work:
            commands.release(work, self.case_id, informed="phone", reason="两次复查都平稳")

    def stop(self, on: date, at: time, **why) -> None:
        with self.stage.work(self.doctor, on, at) as work:
            commands.stop_case(work, self.case_id, **why)

    def refer(self, on: date, at: time, *, within: str) -> None:
        with self.stage.work(self.doctor, on, at) as work:
            self.referral_id = referrals.refer_child(
                work,
                self.case_id,
                receiver_id=self.stage.places["mch_institute"],
                within=within,
                reason="请进一步评估发展情况",
                materials=["chart"],
                questions=["是否需要进一步检查", "家里和班里怎么配合"],
                department="儿童保健科",
            ).id

    def accept_referral(self, on: date, at: time) -> None:
        with self.stage.work(self.stage.staff["specialist"], on, at) as work:
            referrals.accept_referral(work, self.referral_id)

    def answer_referral(self, on: date, at: time) -> None:
        with self.stage.work(self.stage.staff["specialist"], on, at) as work:
            referrals.record_feedback(
                work,
                self.referral_id,
                result="confirmed",
                text="语言表达较同龄慢，听力正常",
                for_doctor="建议家庭和班级一起做语言活动，三个月后复评",
                for_class="多给说话的机会，等一等再帮",
                for_family="每天面对面说说话，一起看绘本",
                readings=[{"code": "DQ", "value": "76.0"}],
            )

    def raise_concern(self, on: date, at: time, *, text: str) -> None:
        with self.stage.work(self.teacher, on, at) as work:
            concerns.raise_concern(work, self.child_id, text=text)

    def look_first(self, on: date, at: time, *, there: int) -> None:
        """The teacher answers the signs of the age before a check: the one at this place is there, the others not."""
        with self.stage.work(self.teacher, on, at) as work:
            group = informants.answers_of(work, find_child(work, self.child_id))[0]
            said = {f"ws_{sign.code}": str(int(place == there)) for place, sign in enumerate(group.items)}
            informants.answer_signs(work, self.child_id, "behaviour", said | {"ws_reg": "0"})

    def ask_to_look_first(self, on: date, at: time) -> None:
        with self.stage.work(self.doctor, on, at) as work:
            informants.ask_to_look_first(work, find_child(work, self.child_id))

    def accept_concern(self, on: date, at: time, *, pathway: str) -> None:
        with self.stage.work(self.doctor, on, at) as work:
            child = find_child(work, self.child_id)
            (task,) = [task for task in open_tasks_of(work, child) if task.kind == "concern"]
            concerns.answer_concern(
                work, task.id, is_accepted=True, text="谢谢提醒，安排来门诊看看", pathway_id=pathway
            )
            self.case_id = open_case_on(work, child, pathway).id

    # --- support ------------------------------------------------------------------------------------------------------

    def make_plan(self, on: date, at: time, *, plan: dict) -> None:
        with self.stage.work(self.doctor, on, at) as work:
            plans.make_plan(work, self.case_id, plan=plan)

    def ask(self, on: date, at: time, *, question: str) -> None:
        with self.stage.work(self.guardian, on, at) as work:
            plans.ask_first(work, self.case_id, question=question)

    def object_to(self, on: date, at: time, *, kind: str, text: str) -> None:
        """Disagree, as the guardian, with the newest entry of a kind."""
        with self.stage.work(self.guardian, on, at) as work:
            entry = entries_of_kind(work, find_child(work, self.child_id), kind)[-1]
            disputes.raise_dispute(work, self.child_id, entry.id, version=entry.version, text=text)

    def sign(self, on: date, at: time, *, document: str) -> None:
        """Sign the newest paper of the case as the guardian, at the version it has now."""
        command = {
            "care_plan": plans.agree,
            "evaluation": follow_ups.sign_evaluation,
            "closing_summary": closing.confirm_closure,
        }[document]
        with self.stage.work(self.guardian, on, at) as work:
            entry = case_facts(work, self.case_id)[1].newest(document)
            shown = SIGNED_AS | {"render_digest": work.keys.digest(entry.commit).hex()}
            command(work, self.case_id, version=entry.version, pin=PIN, shown=shown, nonce=os.urandom(16))

    def sign_on_paper(self, on: date, at: time) -> None:
        """The guardian signs at the clinic; the doctor records it, and a colleague has still to confirm."""
        with self.stage.work(self.doctor, on, at) as work:
            version = case_facts(work, self.case_id)[1].newest("evaluation").version
            signer = PaperSigner(f"{self.sample.name}妈妈", "mother", on, self.guardian.user_id)
            shown = SIGNED_AS | {"render_digest": work.keys.digest(SCAN.content).hex()}
            proof = {"shown": shown, "nonce": os.urandom(16), "pin": PIN}
            record_paper_signature(work, self.case_id, signer, version=version, scan=SCAN, **proof)

    def close_section(self, on: date, at: time, **which) -> None:
        with self.stage.work(self.guardian, on, at) as work:
            sharing.close_section(work, find_child(work, self.child_id), **which)

    def ask_erasure(self, on: date, at: time) -> None:
        """The guardian asks that what the family wrote is deleted; the doctor has checked it and submitted it."""
        with self.stage.work(self.guardian, on, at) as work:
            erasing.ask_erasure(work, find_child(work, self.child_id), scope="family", pin=PIN)
        with self.stage.work(self.doctor, on, at) as work:
            erasing.propose_erasure(work, find_child(work, self.child_id))

    def check_in(self, on: date, at: time, *, whose_turn: str, done: str = "done", note: str = "") -> None:
        """Write down each open task of one hand."""
        actor = self.guardian if whose_turn == "guardian" else self.teacher
        with self.stage.work(actor, on, at) as work:
            tasks = [
                task
                for task in open_tasks(work, find_case(work, self.case_id).case)
                if task.kind == "care_task" and task.whose_turn == whose_turn
            ]
            for task in tasks:
                check_ins.check_in(work, task.id, done=done, note=note)

    def end_tasks(self, on: date, at: time, *, kinds: tuple[str, ...]) -> None:
        with self.stage.work(self.doctor, on, at) as work:
            for task in open_tasks(work, find_case(work, self.case_id).case):
                if task.kind in kinds:
                    check_ins.end_care_task(work, task.id, reason="already_done")

    def follow_up(self, on: date, at: time, *, what: str, text: str, dates: tuple[str, ...] = ()) -> None:
        """See the child again: `what` is growth, hb or development."""
        sample, today = self.sample, self.stage.today
        with self.stage.work(self.doctor, on, at) as work:
            months = find_child(work, self.child_id).corrected_months(on)
            position = "l" if months < 24 else "h"
            measured = Measurement(measured_on=on, position=position, **sample.measured(on, today))
            hb = {"HB": str(round(sample.hb.at((today - on).days)))}
            readings = {"hb": hb, "development": DEVELOPED}.get(what, {})
            follow_ups.record_follow_up(
                work,
                self.case_id,
                text=text,
                measurement=measured if what == "growth" else None,
                readings=[{"code": code, "value": value} for code, value in readings.items()],
                dates=[{"name": name, "on": on} for name in dates],
            )

    def evaluate(self, on: date, at: time, *, checks: tuple[str, ...], plain_text: str) -> None:
        with self.stage.work(self.doctor, on, at) as work:
            follow_ups.record_evaluation(work, self.case_id, text="目标达到", plain_text=plain_text, checks=checks)

    def meet_goals(self, on: date, at: time) -> None:
        with self.stage.work(self.doctor, on, at) as work:
            follow_ups.meet_goals(work, self.case_id, reason="达到标准，进入巩固")

    def propose_closure(self, on: date, at: time, *, checks: tuple[str, ...], plain_text: str) -> None:
        with self.stage.work(self.doctor, on, at) as work:
            closing.propose_closure(
                work,
                self.case_id,
                text="巩固期稳定，建议结案",
                plain_text=plain_text,
                advice="回到平常的健康检查",
                checks=checks,
            )

    def confirm_in_class(self, on: date, at: time) -> None:
        with self.stage.work(self.teacher, on, at) as work:
            entry = closing.write_class_summary(work, self.case_id, text="在班里吃饭有胃口，愿意自己拿勺，精神好")
            work.session.flush()
            shown = SIGNED_AS | {"render_digest": work.keys.digest(str(entry.id).encode()).hex()}
            closing.confirm_stable(
                work, self.case_id, version=entry.current_version, pin=PIN, shown=shown, nonce=os.urandom(16)
            )

    # --- every day ----------------------------------------------------------------------------------------------------

    def observe(self, on: date, at: time, *, note: str, actor: Actor | None = None) -> None:
        """One observation of how the child moves, on the items of its age."""
        with self.stage.work(actor or self.teacher, on, at) as work:
            child = find_child(work, self.child_id)
            items = [
                item for item in work.content.behaviours_for(child.corrected_months(on)) if item.domain == "gross_motor"
            ]
            content = {
                "domain": "move",
                "items": [{"code": item.code, "score": 2} for item in items],
                "logs": [],
                "note": note,
                "setting": "class",
            }
            record_entry(work, child, section="behaviour", kind="observation", content=content, happened_on=on)

    def log_home(self, on: date, at: time, *, note: str) -> None:
        with self.stage.work(self.guardian, on, at) as work:
            child = find_child(work, self.child_id)
            content = {"milk": "usual", "meal": "more", "sleep": "usual", "note": note}
            record_entry(work, child, section="family", kind="home_record", content=content, happened_on=on)
