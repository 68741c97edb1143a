"""Data keys and what a unit of work does with them (S-03, S-07 and S-11 for the parts below the database rows)."""

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, event, select, update

from mengya_health.crypto import deployment_keys
from mengya_health.crypto.canonical import commitment
from mengya_health.crypto.deployment_keys import _row_bytes
from mengya_health.crypto.envelope import length_prefixed
from mengya_health.crypto.keystore import CHILD_CLASSES, Keystore, create_keystore
from mengya_health.crypto.models import Dek, KeystoreBase, WrappingKey
from mengya_health.crypto.sealing import Keys
from mengya_health.crypto.signatures import verify_signature
from mengya_health.crypto.suites import SUITES
from mengya_health.db import make_engine, new_id
from mengya_health.errors import IntegrityError, Invalid, StartRefused
from tests.crypto.keyring import a_keyring, a_keystore

CONTENT = {"height_cm": "98.5", "note": "食欲好", "v": 1}


@contextmanager
def statements_of(keystore: Keystore):
    """Collect the statements the keystore sends."""
    sent: list[str] = []

    def note(connection, cursor, statement, *_):
        sent.append(statement)

    event.listen(keystore._engine, "before_cursor_execute", note)
    yield sent
    event.remove(keystore._engine, "before_cursor_execute", note)


def rows_of(keystore: Keystore, child_id):
    with keystore._engine.connect() as connection:
        return connection.execute(select(Dek.__table__).where(Dek.subject_id == child_id)).all()


@pytest.fixture
def child(keystore):
    child_id = new_id()
    keystore.create_keys(child_id)
    return child_id


@pytest.fixture
def keys(keystore) -> Keys:
    return Keys(keystore)


def test_a_child_gets_one_key_for_each_class(keystore, child):
    assert {row.key_class for row in rows_of(keystore, child)} == set(CHILD_CLASSES)


def test_keys_are_committed_before_anything_else_is_done(keystore, child):
    assert len(keystore.keys_for([child])) == len(CHILD_CLASSES)


def test_keys_of_a_whole_page_come_in_one_statement(keystore):
    children, user = [new_id() for _ in range(50)], new_id()
    keystore.create_keys_of(children)
    keystore.create_keys(user, ("user",))
    written = Keys(keystore)
    sealed = {child: written.seal_body("child", child, child, "identity", {"name": "样本"}) for child in children}
    reading = Keys(keystore)
    with statements_of(keystore) as sent:
        reading.load([*children, user])
        for child, body in sealed.items():
            assert reading.open_body("child", child, child, "identity", body) == {"name": "样本"}
    assert len([statement for statement in sent if statement.startswith("SELECT")]) == 1


def test_a_hundred_revisions_of_one_child_open_with_one_statement(keystore, child, keys):
    """S-18: however many; how long it takes, the bench prints."""
    entry = new_id()
    sealed = [keys.seal_revision(child, "health", entry, version, CONTENT) for version in range(1, 101)]
    reading = Keys(keystore)
    with statements_of(keystore) as sent:
        for version, (body, commit) in enumerate(sealed, 1):
            assert reading.open_revision(child, "health", entry, version, body, commit) == CONTENT
    assert len([statement for statement in sent if statement.startswith("SELECT")]) == 1


def test_a_new_unit_of_work_reads_the_keys_anew(keystore, child, keys):
    sealed = keys.seal_body("case", child, child, "health", {})
    with keystore._engine.begin() as connection:
        connection.execute(delete(Dek).where(Dek.subject_id == child))
    with pytest.raises(IntegrityError):
        Keys(keystore).open_body("case", child, child, "health", sealed)


def test_without_a_key_nothing_is_sealed(keys):
    with pytest.raises(IntegrityError):
        keys.seal_body("child", new_id(), new_id(), "identity", {})


def test_swapped_data_keys_of_two_children_do_not_unwrap(keystore):
    first, second = new_id(), new_id()
    keystore.create_keys_of([first, second])
    keys = Keys(keystore)
    sealed = {child: keys.seal_body("child", child, child, "health", {}) for child in (first, second)}
    wrapped = {
        child: next(row for row in rows_of(keystore, child) if row.key_class == "health") for child in (first, second)
    }
    with keystore._engine.begin() as connection:
        for mine, other in ((first, second), (second, first)):
            swap = update(Dek).where(Dek.id == wrapped[mine].id).values(wrapped=wrapped[other].wrapped)
            connection.execute(swap)
    for child in (first, second):
        with pytest.raises(IntegrityError):
            Keys(keystore).open_body("child", child, child, "health", sealed[child])
        with pytest.raises(IntegrityError):
            Keys(keystore).seal_body("child", child, child, "health", {})


def test_data_key_given_to_another_child_by_sql_does_not_unwrap(keystore, child, keys):
    sealed = keys.seal_body("child", child, child, "health", {})
    stranger = new_id()
    with keystore._engine.begin() as connection:
        connection.execute(update(Dek).where(Dek.subject_id == child).values(subject_id=stranger))
    with pytest.raises(IntegrityError):
        Keys(keystore).open_body("child", child, stranger, "health", sealed)


def test_key_of_one_section_does_not_open_another(keys, child):
    sealed = keys.seal_body("task", child, child, "health", {})
    with pytest.raises(IntegrityError):
        keys.open_body("task", child, child, "family", sealed)


def test_null_and_plain_json_in_a_sealed_column_are_tampering(keys, child):
    for stored in (None, b'{"name": "x"}', '{"name": "x"}'):
        with pytest.raises(IntegrityError):
            keys.open_body("child", child, child, "identity", stored)


@pytest.mark.parametrize("suite_id", [0x01, 0x11])
def test_revision_comes_back_only_with_its_own_commitment(tmp_path, suite_id):
    keystore = a_keystore(tmp_path, suite_id=suite_id)
    keys, child, entry = Keys(keystore), new_id(), new_id()
    keystore.create_keys(child)
    body, commit = keys.seal_revision(child, "health", entry, 1, CONTENT)
    assert keys.open_revision(child, "health", entry, 1, body, commit) == CONTENT
    with pytest.raises(IntegrityError):
        keys.open_revision(child, "health", entry, 1, body, bytes(32))
    with pytest.raises(IntegrityError):
        keys.open_revision(child, "health", entry, 2, body, commit)
    keystore.dispose()


def test_content_that_is_not_canonical_is_refused_however_often_it_is_read(keys, child):
    entry, salt, doubled = new_id(), bytes(32), b'{"a":1,"a":2}'
    body = keys.seal_file("revision", entry, child, "health", salt + doubled, "body")
    commit = commitment(salt, doubled, SUITES[0x01])
    for _ in range(2):
        with pytest.raises(IntegrityError):
            keys.open_revision(child, "health", entry, 1, body, commit)


def test_same_content_has_another_commitment_each_time(keys, child):
    entry = new_id()
    commits = {keys.seal_revision(child, "health", entry, 1, CONTENT).commit for _ in range(50)}
    assert len(commits) == 50


def test_guessing_every_height_from_the_commitment_finds_nothing(keys, child):
    _, commit = keys.seal_revision(child, "health", new_id(), 1, {"height_cm": "98.5"})
    guesses = [f'{{"height_cm":"{tenths / 10}"}}'.encode() for tenths in range(850, 1150)]
    assert b'{"height_cm":"98.5"}' in guesses
    unsalted = {keys.digest(start + guess) for guess in guesses for start in (b"", b"txda/commit/1\0", bytes(32))}
    zero_salt = {keys.digest(b"txda/commit/1\0" + bytes(32) + guess) for guess in guesses}
    assert commit not in unsalted | zero_salt


def test_revision_takes_no_number_that_json_would_blur(keys, child):
    with pytest.raises(Invalid):
        keys.seal_revision(child, "health", new_id(), 1, {"height_cm": 98.5})


def test_account_and_file_have_envelopes_too(keys, child):
    user, handout = new_id(), new_id()
    keys.create_user_keys([user])
    sealed = keys.seal_body("user", user, user, "user", {"name": "样本"})
    assert keys.open_body("user", user, user, "user", sealed) == {"name": "样本"}
    pdf = keys.seal_file("handout", handout, child, "health", b"%PDF-1.7", "pdf")
    assert keys.open_file("handout", handout, child, "health", pdf, "pdf") == b"%PDF-1.7"


def test_signing_key_signs_for_its_user_only(keystore, keys):
    user, other = new_id(), new_id()
    keys.create_user_keys([user, other])
    public, private = keys.new_signing_key(user)
    signature = keys.sign(user, private, b"statement")
    assert verify_signature(public, b"statement", signature)
    assert not verify_signature(public, b"statemenT", signature)
    assert not verify_signature(keys.new_signing_key(other)[0], b"statement", signature)
    assert not verify_signature(b"no key", b"statement", signature)
    with pytest.raises(IntegrityError):
        keys.sign(other, private, b"statement")


ROW = (new_id(), None, "doctor", date(2026, 1, 2), None, datetime(2026, 1, 2, 3, 4, 5, 6000, UTC), b"\1", 3)


def test_row_seal_holds_for_the_row_it_was_made_for(keystore):
    seal = Keys(keystore).seal_row("membership", *ROW)
    Keys(keystore).check_row_seal("membership", seal, *ROW)
    assert len(seal) == 32


@pytest.mark.parametrize("position", range(len(ROW)))
def test_row_seal_breaks_with_any_column(keys, position):
    seal = keys.seal_row("membership", *ROW)
    changed = list(ROW)
    changed[position] = "something else"
    assert not keys.row_seal_holds("membership", seal, *changed)


def test_a_seal_that_held_once_holds_for_nothing_else_the_next_time(keys):
    seal = keys.seal_row("membership", *ROW)
    assert all(keys.row_seal_holds("membership", seal, *ROW) for _ in range(2))
    assert not keys.row_seal_holds("membership", seal, *ROW[:-1], ROW[-1] + 1)
    assert not keys.row_seal_holds("consent", seal, *ROW)
    assert not keys.row_seal_holds("membership", seal[:-1] + bytes([seal[-1] ^ 1]), *ROW)


def test_no_more_seals_are_remembered_than_a_clinic_has(keys, monkeypatch):
    monkeypatch.setattr(deployment_keys, "MOST_SEALS_SEEN", 10)
    for number in range(25):
        assert keys.row_seal_holds("membership", keys.seal_row("membership", number), number)
    assert len(keys.keystore.seals_seen) <= 10


def test_row_seal_is_bound_to_its_table_and_never_absent(keys):
    seal = keys.seal_row("membership", *ROW)
    assert not keys.row_seal_holds("consent", seal, *ROW)
    for absent in (None, b"", "seal"):
        with pytest.raises(IntegrityError):
            keys.check_row_seal("membership", absent, *ROW)


def test_row_seal_does_not_depend_on_the_time_zone_a_driver_answers_in(keys):
    here = datetime(2026, 1, 2, 11, 4, tzinfo=timezone(timedelta(hours=8)))
    assert keys.row_seal_holds("consent", keys.seal_row("consent", here), here.astimezone(UTC))


columns = st.none() | st.text(max_size=6) | st.binary(max_size=6) | st.integers() | st.uuids() | st.dates()


@given(st.lists(columns, max_size=4), st.lists(columns, max_size=4))
def test_no_two_different_rows_are_sealed_as_the_same_bytes(first, second):
    assert (_row_bytes(first) == _row_bytes(second)) == (first == second)


def test_length_prefix_keeps_items_apart():
    assert length_prefixed(b"ab", b"c") != length_prefixed(b"a", b"bc")


def test_pathway_tag_is_equal_for_one_child_only(keystore, keys, child):
    other = new_id()
    keystore.create_keys(other)
    tag = keys.tag_pathway(child, "iron_deficiency")
    assert tag == Keys(keystore).tag_pathway(child, "iron_deficiency")
    assert len(tag) == 16
    assert tag not in (keys.tag_pathway(other, "iron_deficiency"), keys.tag_pathway(child, "underweight"))


def test_form_and_code_macs_need_the_key(keystore, keys, tmp_path):
    (tmp_path / "other").mkdir()
    stranger = a_keystore(tmp_path / "other")
    assert keys.body_mac(b"a=1") == Keys(keystore).body_mac(b"a=1") != Keys(stranger).body_mac(b"a=1")
    assert keys.code_hash("K7Q2M9XW4T") != Keys(stranger).code_hash("K7Q2M9XW4T")
    assert keys.code_hash("a") != keys.body_mac(b"a")
    stranger.dispose()


def test_session_token_is_stored_as_its_sha256(keys):
    assert keys.session_hash("abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_making_the_keystore_again_changes_nothing(tmp_path):
    keyring, engine = a_keyring(tmp_path), make_engine(f"sqlite:///{tmp_path / 'keystore.db'}")
    KeystoreBase.metadata.create_all(engine)
    create_keystore(engine, keyring)
    with engine.connect() as connection:
        before = connection.execute(select(WrappingKey.__table__)).all()
    create_keystore(engine, keyring)
    with engine.connect() as connection:
        assert connection.execute(select(WrappingKey.__table__)).all() == before
    engine.dispose()


def test_empty_keystore_is_refused_and_left_empty(tmp_path):
    keyring, engine = a_keyring(tmp_path), make_engine(f"sqlite:///{tmp_path / 'keystore.db'}")
    for _ in range(2):
        with pytest.raises(StartRefused, match="mengya init"):
            Keystore.open(engine, keyring)
    engine.dispose()


def test_keystore_of_another_keyring_is_refused(tmp_path, keystore):
    (tmp_path / "other").mkdir()
    with pytest.raises(StartRefused, match="不是一套"):
        Keystore.open(keystore._engine, a_keyring(tmp_path / "other"))


def test_no_data_key_lies_open_in_the_keystore_file(tmp_path, keystore, child, keys):
    keys.load([child])
    secrets = [keys._data_keys.newest(child, key_class)._secret for key_class in CHILD_CLASSES]
    secrets += [key._secret for key in keystore._wrapping_keys.values()]
    files = b"".join(path.read_bytes() for path in tmp_path.glob("keystore.db*"))
    assert files.count(child.bytes) >= len(CHILD_CLASSES)
    assert not any(secret in files for secret in secrets)
