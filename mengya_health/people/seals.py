"""Seals on the rows that grant something: a row written by SQL alone grants nothing."""

import logging

from mengya_health.audit import raise_alarm

log = logging.getLogger("mengya.security")


def seal(work, row) -> None:
    """Seal a row over its authorising columns and its version, just before it is stored."""
    row.seal = work.keys.seal_row(row.__tablename__, *row.authorising(), row.row_version)


def reseal(work, row) -> None:
    """Seal a row that changed, under its next version."""
    row.row_version += 1
    seal(work, row)


def holds(work, model, row) -> bool:
    """Return whether a row (of the ORM, or one with the same column names) carries its seal; log the id if it does not.

    `model` is the table's class: its `authorising` names the columns.
    """
    if work.keys.row_seal_holds(model.__tablename__, row.seal, *model.authorising(row), row.row_version):
        return True
    _alarm(work, model.__tablename__, row)
    return False


def seal_opening(work, row) -> None:
    """Seal a session or a bound phone, just before it is stored: it is its token and whom that opens for."""
    row.seal = work.keys.seal_row(row.__tablename__, *row.opening())


def opens(work, row) -> bool:
    """Return whether a session or a bound phone carries its seal; one written by SQL alone opens nothing."""
    if work.keys.row_seal_holds(row.__tablename__, row.seal, *row.opening()):
        return True
    _alarm(work, row.__tablename__, row)
    return False


def _alarm(work, table: str, row) -> None:
    log.critical("seal does not hold: %s %s", table, row.id)
    raise_alarm(work, "seal", f"{table} {row.id} {work.today}")
