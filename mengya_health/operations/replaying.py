"""`mengya keys replay`: carry the erasure ledger out on databases that were restored, and end what broke off."""

from uuid import UUID

from sqlalchemy import select

from mengya_health.crypto.erasure_ledger import ErasureLedger
from mengya_health.operations.erasing import close_record, finish, remove_traces
from mengya_health.operations.installation import Installation, begin_work
from mengya_health.operations.key_check import not_carried_out
from mengya_health.operations.sealed_columns import SEALED
from mengya_health.people import seals
from mengya_health.people.erasure_models import Erasure


def replay_erasures(installation: Installation) -> int:
    """Destroy again what the ledger and the decisions in the data say is destroyed; return how many keys were back.

    Each erasure is a transaction of its own; run again, it changes nothing.
    """
    with begin_work(installation, None, writing=False) as work:
        decided = list(work.session.scalars(select(Erasure.id).where(Erasure.status.in_(("approved", "done")))))
    for erasure_id in decided:
        with begin_work(installation, None) as work:
            _again(work, erasure_id)
    entries = ErasureLedger(installation.settings.ledger_file).entries()
    waiting = not_carried_out(installation.engine, installation.keystore, entries)
    for key_id in waiting:
        with begin_work(installation, None) as work:
            _erase_again(work, key_id, entries[key_id])
    return len(waiting)


def _again(work, erasure_id: UUID) -> None:
    """End a decision that broke off; on an older keystore, seal again what it had sealed."""
    erasure = work.session.get(Erasure, erasure_id)
    if not seals.holds(work, Erasure, erasure):
        return
    finish(work, erasure_id)
    sealed = {each.key_class: each.sealed_until for each in erasure.decided() if each.sealed_until}
    work.keys.keystore.seal_keys(erasure.child_id, sealed)


def _erase_again(work, key_id: UUID, at) -> None:
    keystore = work.keys.keystore
    owner = keystore.owners_of([key_id]).get(key_id)
    if owner is None:
        # The keystore has never heard of it: an old one. Whose it was, what it sealed still says.
        for child_id in _children_sealed_with(work, key_id):
            remove_traces(work, child_id, (), [key_id], at)
        return
    keystore.end_key(key_id, at)
    remove_traces(work, owner.subject_id, [owner.key_class], [key_id], at)
    work.keys.load([owner.subject_id])
    if any(closed.key_class == "health" for closed in work.keys.closed_classes(owner.subject_id)):
        close_record(work, owner.subject_id)


def _children_sealed_with(work, key_id: UUID) -> list[UUID]:
    for column in SEALED:
        sealed = select(column.table.c[column.subject_id]).where(column.key_id == key_id.bytes)
        found = list(work.session.scalars(sealed.distinct()))
        if found:
            return found
    return [work.deployment_id]
