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
    log.critical("seal does not hold: %s %s", model.__tablename__, row.id)
    raise_alarm(work, "seal", f"{model.__tablename__} {row.id} {work.today}")
    return False
