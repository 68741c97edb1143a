"""Every part of a record says how long it is kept; and keys show themselves to nobody (S-10)."""

import pickle
import shutil
import traceback

import pytest
from sqlalchemy import select

from mengya_health.config import WORKFLOWS
from mengya_health.content import check
from mengya_health.crypto.sealing import Keys
from mengya_health.errors import SectionClosed
from mengya_health.operations.upgrading import metadata
from tests.crypto.keyring import a_keyring
from tests.keys.erased import a_family

# Tables with child_id that are no part of a record: what finds, reaches, proves or watches over one.
NO_RECORD = {
    *("account_token", "alarm", "approval", "attachment_segment", "audit_event", "break_glass", "case_step"),
    *("child_index", "dispute", "draft", "erasure", "history_event", "history_head", "invitation", "paper_signature"),
    *("referral_link", "relationship", "report_reading", "revision", "section_closure"),
}


def test_no_part_of_a_record_is_without_a_retention_class(installation, content, district):
    """§3.2: the class is never null and stands in workflows/retention.yaml with its years and its reason."""
    a_family(installation, district)
    records = {table.name for table in metadata().tables.values() if "retention_class" in table.c}
    of_a_child = {table.name for table in metadata().tables.values() if "child_id" in table.c} | {"child"}
    assert of_a_child - records <= NO_RECORD
    assert {"child", "entry", "case", "task", "referral", "handout", "signature", "consent", "attachment"} <= records
    with installation.engine.connect() as connection:
        for name in records:
            column = metadata().tables[name].c.retention_class
            assert not column.nullable
            assert set(connection.scalars(select(column).distinct())) <= set(content.retention)
    assert {name: content.retention[name].years for name in ("health", "behaviour")} == {"health": 15, "behaviour": 3}
    assert not content.retention["family"].kept_by_law


def test_a_retention_class_without_an_end_stops_the_start(tmp_path):

    folder = shutil.copytree(WORKFLOWS, tmp_path / "workflows")
    file = folder / "retention.yaml"
    file.write_text(file.read_text().replace("years: 15, counted_from: last_visit", "counted_from: last_visit", 1))
    assert [problem.file for problem in check(folder)] == ["retention.yaml"]


@pytest.mark.parametrize("database", ["sqlite"])
def test_what_holds_keys_shows_none(installation, tmp_path, district):
    """S-10: keyring, keystore, data keys, recovery and errors, as text, in a pickle and in a traceback."""
    family = a_family(installation, district)
    (tmp_path / "own").mkdir()
    keyring = a_keyring(tmp_path / "own")
    secrets = [key._secret for key in keyring._roots.values()]
    secrets += [keyring._lock._secret, keyring.index_key._secret, keyring._log_key._secret]
    secrets += [key._secret for key in installation.keystore._wrapping_keys.values()]
    keys = Keys(installation.keystore)
    keys.load([family.child.id])
    secrets.append(keys._data_keys.newest(family.child.id, "health")._secret)
    shown = []
    for holder in (keyring, installation.keystore, keys, keys._data_keys, *keyring._roots.values()):
        shown += [repr(holder), str(holder), f"{holder}"]
        with pytest.raises((TypeError, AttributeError, pickle.PicklingError)) as refused:
            pickle.dumps(holder)
        shown.append("".join(traceback.format_exception(refused.value)))
    shown += [str(SectionClosed("health", None)), repr(installation)]
    said = "\n".join(shown)
    assert not any(secret.hex() in said or repr(secret) in said for secret in secrets)
