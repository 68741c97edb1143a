"""Change data keys while the app runs: of one child after a suspected exposure, or of everybody to another suite.

Two things are kept apart. The *hash* of a deployment (history, commitments, seals, sessions, blind indexes, MACs) is
chosen when it is made and never changes, so whatever was written verifies for ever. The *suite* that envelopes are
sealed with stands beside each data key, so a new version of the key changes one child over, in every process at once.

For each child: commit the new keys, then seal its rows again in one short transaction. What somebody wrote meanwhile
with the old key still opens, and the next round takes it along. An old key is removed a day later, when nothing is
sealed with it.
"""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, select, update

from mengya_health.care.models import Case
from mengya_health.crypto.envelope import Place
from mengya_health.crypto.keystore import CHILD_CLASSES
from mengya_health.crypto.models import Dek, EndedKey, Profile
from mengya_health.crypto.sealing import Keys
from mengya_health.crypto.suites import suite_of
from mengya_health.db import made_at
from mengya_health.errors import NotFound, Unavailable
from mengya_health.history import chain
from mengya_health.operations.installation import Installation, begin_work
from mengya_health.operations.key_rotation import rewrap
from mengya_health.operations.sealed_columns import SEALED, SealedColumn
from mengya_health.people.models import Child
from mengya_health.record.models import AttachmentSegment

KEPT_BEFORE_REMOVAL = timedelta(days=1)  # far longer than any piece of work that may have read the old key
_MOST_ROUNDS = 10
Progress = Callable[[int, int], None] | None


def rekey_child(installation: Installation, child_id: UUID) -> int:
    """Give a child new data keys and seal everything again; return how many envelopes. Raises NotFound."""
    with begin_work(installation, None, writing=False) as work:
        if work.session.get(Child, child_id) is None:
            raise NotFound("没有这个孩子的编号。", "There is no child with this id.")
    installation.keystore.renew_keys_of(child_id, CHILD_CLASSES)
    return _seal_again(installation, child_id)


def rekey_all(installation: Installation, suite_id: int, progress: Progress = None) -> int:
    """Change the whole deployment to a suite; return how many envelopes were sealed again.

    Broken off, it goes on where it stopped; run again, it changes nothing. Raises Unavailable where rows keep coming
    in under old keys faster than they are changed.
    """
    _write_with(installation, suite_id)
    total = rewrap(installation)
    for _ in range(_MOST_ROUNDS):
        behind = subjects_behind(installation, suite_id)
        if not behind:
            return total
        for done, subject_id in enumerate(behind, 1):
            installation.keystore.renew_keys_of(subject_id, _classes_behind(installation, subject_id, suite_id))
            total += _seal_again(installation, subject_id)
            if progress:
                progress(done, len(behind))
    raise Unavailable("换套件没有做完，请再运行一次。", "The change of suite is not finished; run it again.")


def subjects_behind(installation: Installation, suite_id: int) -> list[UUID]:
    """Return whose keys or envelopes are not of this suite yet. What was erased is noise and stays as it is."""
    with installation.keystore.reading() as connection:
        behind = set(connection.scalars(select(Dek.subject_id).where(_is_newest(), Dek.suite != suite_id)))
        erased = {key_id.bytes for key_id in connection.scalars(select(EndedKey.id))}
    with begin_work(installation, None, writing=False) as work:
        for column in SEALED:
            other = column.envelope.is_not(None) & (column.suite != bytes((suite_id,)))
            pairs = select(column.table.c[column.subject_id], column.key_id).where(other).distinct()
            behind |= {subject_id for subject_id, key_id in work.session.execute(pairs) if key_id not in erased}
    return sorted(behind)


def envelopes_by_suite(installation: Installation) -> dict[int, int]:
    """Return how many envelopes in the data are of which suite; reads every row."""
    counts: dict[int, int] = {}
    with begin_work(installation, None, writing=False) as work:
        for column in SEALED:
            found = select(column.suite.label("suite")).where(column.envelope.is_not(None)).subquery()
            for suite, number in work.session.execute(select(found.c.suite, func.count()).group_by(found.c.suite)):
                counts[suite[0]] = counts.get(suite[0], 0) + number
    return counts


def remove_unused_keys(installation: Installation) -> int:
    """Remove data keys that a newer version replaced a day ago and that seal nothing; return how many."""
    before = installation.now() - KEPT_BEFORE_REMOVAL
    old = [each for each in _replaced(installation) if made_at(each.by) < before]
    with begin_work(installation, None, writing=False) as work:
        unused = [each.id for each in old if not _is_used(work, each)]
    with installation.keystore.changing() as connection:
        connection.execute(delete(Dek).where(Dek.id.in_(unused)))
    return len(unused)


def _write_with(installation: Installation, suite_id: int) -> None:
    """Let new data keys, the provider and what wraps keys use a suite from now on."""
    if installation.keystore.provider.suite.id != suite_id:
        installation.keystore.provider.change_suite(suite_of(suite_id))
    with installation.keystore.changing() as connection:
        connection.execute(update(Profile).values(write_suite=suite_of(suite_id).id))


def _is_newest():
    other = Dek.__table__.alias("other")
    same = (other.c.subject_id == Dek.subject_id) & (other.c.key_class == Dek.key_class)
    return Dek.version == select(func.max(other.c.version)).where(same).scalar_subquery()


def _classes_behind(installation: Installation, subject_id: UUID, suite_id: int) -> list[str]:
    with installation.keystore.reading() as connection:
        behind = select(Dek.key_class).where(Dek.subject_id == subject_id, _is_newest(), Dek.suite != suite_id)
        return list(connection.scalars(behind))


class _Replaced(NamedTuple):
    """An old version of a data key, and the next one."""

    id: UUID
    subject_id: UUID
    by: UUID


def _replaced(installation: Installation) -> list[_Replaced]:
    several = select(Dek.subject_id, Dek.key_class).group_by(Dek.subject_id, Dek.key_class)
    several = several.having(func.count() > 1).subquery()
    same = (Dek.subject_id == several.c.subject_id) & (Dek.key_class == several.c.key_class)
    chosen = select(Dek.id, Dek.subject_id, Dek.key_class).join(several, same)
    with installation.keystore.reading() as connection:
        rows = connection.execute(chosen.order_by(Dek.subject_id, Dek.key_class, Dek.version)).all()
    return [
        _Replaced(old.id, old.subject_id, new.id)
        for old, new in pairwise(rows)
        if (old.subject_id, old.key_class) == (new.subject_id, new.key_class)
    ]


def _is_used(work, key: _Replaced) -> bool:
    return any(
        work.session.scalar(
            select(func.count()).where(
                column.table.c[column.subject_id] == key.subject_id, column.key_id == key.id.bytes
            )
        )
        for column in SEALED
    )


def _seal_again(installation: Installation, subject_id: UUID) -> int:
    """Seal a child's or a user's rows with its newest keys, in one transaction; return how many were not yet."""
    changed = 0
    with begin_work(installation, None) as work:
        work.keys = Keys(installation.keystore, opens_sealed=True)
        work.keys.load([subject_id])
        for column in SEALED:
            for key, place, envelope in column.rows_of(work.session, subject_id):
                new, *segments = _sealed_anew(work, column, place, envelope)
                if new is not None and column.replace(work.session, key, envelope, new):
                    changed += 1
                    _put_segments(work, place, segments)
                    _trace(work, column, place, new)
        _tag_cases_anew(work, subject_id)
    return changed


def _sealed_anew(work, column: SealedColumn, place: Place, envelope: bytes) -> list[bytes | None]:
    """Return a new envelope, a file's with its segments behind it; None where it needs none."""
    if not column.starts_a_file:
        return [work.keys.sealed_anew(place, envelope)]
    stored = select(AttachmentSegment.body).where(AttachmentSegment.attachment_id == place.row_id)
    segments = work.session.scalars(stored.order_by(AttachmentSegment.index)).all()
    return work.keys.attachment_sealed_anew(place.child_id, place.row_id, envelope, segments) or [None]


def _put_segments(work, place: Place, segments: list[bytes]) -> None:
    segment = AttachmentSegment.__table__
    for index, body in enumerate(segments):
        same = (segment.c.attachment_id == place.row_id) & (segment.c.index == index)
        work.session.execute(update(segment).where(same).values(body=body))


def _trace(work, column: SealedColumn, place, envelope: bytes) -> None:
    if column.rec_type is None:
        return
    chain.note_event(
        work,
        child_id=place.child_id,
        rec=place.row_id,
        rec_type=column.rec_type,
        rec_ver=place.content_version,
        op="rekey",
        commit=work.keys.digest(envelope),
        by=work.deployment_id,
    )


def _tag_cases_anew(work, child_id: UUID) -> None:
    """The tag that keeps a pathway from being opened twice hangs on the child's key, too."""
    if any(closed.key_class == "health" and closed.destroyed_at for closed in work.keys.closed_classes(child_id)):
        return
    for case in work.session.scalars(select(Case).where(Case.child_id == child_id)):
        pathway = work.keys.open_body("case", case.id, child_id, "health", case.body)["pathway"]
        tag = work.keys.tag_pathway(child_id, pathway)
        if tag != case.pathway_tag:
            of_row = update(Case.__table__).where(Case.__table__.c.id == case.id)
            work.session.execute(of_row.values(pathway_tag=tag))
