"""The audit as a file of FHIR AuditEvents, one a line (NDJSON), read and written in pieces."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select

from mengya_health.errors import Invalid
from mengya_health.fhir.audit_event import audit_event
from mengya_health.operations.installation import Installation, begin_work
from mengya_health.people.acting import actor_of_login
from mengya_health.people.models import Child
from mengya_health.people.oversight import Wanted, audit_rows, note_export


def export_audit(
    installation: Installation,
    out: Path,
    *,
    login: str,
    wanted: Wanted,
    child_number: str = "",
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write the audit rows wanted, oldest first, into a new file that only its owner reads; return how many.

    The export is in the audit before the first row is read. Raises NotPermitted for who is no security officer,
    Invalid for a file that is there already or a child that is not.
    """
    if out.exists():
        raise Invalid(f"文件 {out} 已经有了，请换一个名字。", f"{out} is there already; choose another name.")
    with begin_work(installation, None, writing=False) as work:
        actor = actor_of_login(work, login)
    with begin_work(installation, actor) as work:
        note_export(work)
    with begin_work(installation, actor, writing=False) as work:
        if child_number:
            wanted = replace(wanted, child_id=_child_id(work, child_number))
        part = out.with_name(f"{out.name}.part")
        count = 0
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            for count, row in enumerate(audit_rows(work, wanted), start=1):
                file.write(json.dumps(audit_event(row, installation.deployment_id), ensure_ascii=False) + "\n")
                if progress and count % 1000 == 0:
                    progress(count)
        part.rename(out)
    return count


def _child_id(work, number: str):
    child_id = work.session.scalar(select(Child.id).where(Child.number == number.strip().upper()))
    if child_id is None:
        raise Invalid(fields={"child": ["没有这个档案号，请核对。 There is no record of this number."]})
    return child_id
