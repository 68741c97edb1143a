"""S-31: a receipt is checked on a machine that has neither program, database nor keys; any edit of it shows."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest

from mengya_health.signing.receipts import SCRIPT
from tests.signing import handmade_receipts
from tests.signing.handmade_receipts import CHILD, LOG_KEY, ORIGIN, SIGNER, a_receipt, canonical, texts_inside

KINDS = [
    {"level": "L1"},
    {"level": "L1", "hash": "sm3", "withdrawn": True},
    {"level": "paper"},
    {"level": "L2"},
    {"level": "L2", "algorithm": "EdDSA", "hash": "sm3"},
    {"level": "L2", "algorithm": "RS256"},
]


@pytest.fixture(scope="module")
def script():
    found = importlib.util.spec_from_file_location("verify_receipt", SCRIPT)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def run(folder: Path, receipt: dict | str, *options: str) -> subprocess.CompletedProcess:
    """Run the script alone in an empty folder: `-I` shuts out everything but installed packages."""
    text = receipt if isinstance(receipt, str) else json.dumps(receipt, ensure_ascii=False)
    (folder / "receipt.json").write_text(text, encoding="utf-8")
    (folder / "verify_receipt.py").write_bytes(SCRIPT.read_bytes())
    command = [sys.executable, "-I", "verify_receipt.py", "receipt.json", *options]
    return subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True, check=False)


def verdict(script, receipt: dict, log_key: str | None = LOG_KEY) -> int:
    try:
        script.check(receipt, log_key, None)
    except script.Unknown:
        return 2
    except Exception:  # noqa: BLE001 whatever the script's outermost line takes for "does not hold"
        return 1
    return 0


def ways(value, so_far: tuple = ()) -> Iterator[tuple]:
    """Yield the way to every single value inside a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = False
    for name, each in inside:
        found = True
        yield from ways(each, (*so_far, name))
    if not found:
        yield so_far


def at(value, way: tuple):
    for name in way:
        value = value[name]
    return value


def edited(value, way: tuple, new):
    changed = deepcopy(value)
    at(changed, way[:-1])[way[-1]] = new
    return changed


def another(value):
    """Return every way of ours to change one value a little."""
    match value:
        case bool():
            return [not value]
        case int():
            return [value + 1, float(value), str(value)]
        case None:
            return ["00"]
        case str() if value:
            return [("0" if value[0] != "0" else "1") + value[1:], value[:-1], value + "0", value.upper() + " ", None]
        case _:
            return ["00"]


def edits(receipt: dict) -> Iterator[tuple[tuple, dict]]:
    """Yield a receipt with one value changed, one left out, or one added: its own, and those of the texts inside it."""
    for way in ways(receipt):
        for new in another(at(receipt, way)):
            yield way, edited(receipt, way, new)
    for name in receipt:
        yield (name, "left out"), {each: value for each, value in receipt.items() if each != name}
    yield ("added",), receipt | {"note": "really"}
    yield ("events", "added"), receipt | {"events": [each | {"note": "really"} for each in receipt["events"]]}
    for text in texts_inside(receipt):
        said = json.loads(at(receipt, text))
        for way in ways(said):
            for new in another(at(said, way)):
                yield (*text, *way), edited(receipt, text, canonical(edited(said, way, new)))
        yield (*text, "spaces"), edited(receipt, text, at(receipt, text).replace(",", ", ", 1))


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_no_single_value_of_a_receipt_can_be_edited(script, kind):
    """S-31."""
    receipt = a_receipt(**kind)
    assert verdict(script, receipt) == 0
    tried = [(way, verdict(script, changed)) for way, changed in edits(receipt) if changed != receipt]
    assert len(tried) > 200
    assert [way for way, said in tried if said != 1] == []


@pytest.mark.parametrize(
    "told",
    [{"op": "decline"}, {"commit": "00" * 32}, {"rec_type": "entry"}, {"child": SIGNER}, {"actor": CHILD}],
    ids=str,
)
def test_an_event_of_something_else_that_is_truly_in_the_log_is_no_receipt(script, told):
    """S-31: nothing was edited, but the history tells of another signature."""
    assert verdict(script, a_receipt(**told)) == 1


def test_two_witnesses_with_one_key_are_one(script):
    assert verdict(script, a_receipt("paper", second=handmade_receipts.PIN_KEY)) == 1
    assert verdict(script, a_receipt("paper")) == 0


def test_a_stranger_checks_a_receipt_in_an_empty_folder(tmp_path):
    """S-31: exit code 0, 1 and 2, without the program's code, database or keys."""
    receipt = a_receipt("L2")
    whole = run(tmp_path, receipt, "--log-key", LOG_KEY, "--origin", ORIGIN)
    assert (whole.returncode, whole.stderr) == (0, "")
    assert "电子签名·本人设备密钥" in whole.stdout
    assert "与公布的一致" in whole.stdout
    assert run(tmp_path, receipt, "--origin", "https://other.example.invalid").returncode == 1
    assert run(tmp_path, receipt, "--log-key", "00" * 32).returncode == 1
    assert run(tmp_path, receipt | {"statement": receipt["statement"].replace("agree", "disagree", 1)}).returncode == 1
    assert run(tmp_path, '{"form": "txda/receipt/1", "form": "txda/receipt/1"}').returncode == 1
    (tmp_path / "receipt.json").unlink()


def test_without_a_checkpoint_it_says_that_it_cannot_tell(tmp_path, script):
    receipt = a_receipt("L1")
    receipt["events"] = [each | {"leaf_index": None, "path": None} for each in receipt["events"]]
    early = run(tmp_path, receipt | {"checkpoint": None}, "--log-key", LOG_KEY)
    assert early.returncode == 2
    assert "还没有检查点" in early.stdout
    assert verdict(script, receipt) == 1, "a checkpoint without the way to it is no receipt"


def test_a_passkey_that_did_not_verify_its_owner_does_not_count(script):
    """The user-verified bit lies in signed bytes, so a device has to have left it out itself."""
    made = handmade_receipts.hashlib.sha256(handmade_receipts.HOST.encode()).digest()
    receipt = a_receipt("L2", algorithm="EdDSA")
    data = made + b"\x01" + bytes(4)
    client = receipt["webauthn"]["client_data"].encode()
    signature = handmade_receipts.PIN_KEY.sign(data + handmade_receipts.hashlib.sha256(client).digest())
    receipt["webauthn"]["authenticator_data"] = data.hex()
    with pytest.raises(ValueError, match="user not verified"):
        script.check_signature(
            receipt | {"signature": signature.hex()},
            receipt["statement"].encode(),
            "L2",
            handmade_receipts._digest("sha256"),
            None,
        )


def test_a_passkeys_answer_to_another_statement_signs_nothing(script):
    receipt = a_receipt("L2")
    other = receipt["statement"].replace("agree", "disagree", 1).encode()
    with pytest.raises(ValueError, match="another statement"):
        script.check_signature(receipt, other, "L2", handmade_receipts._digest("sha256"), None)


def test_the_script_stays_short_enough_to_be_read():
    assert len(SCRIPT.read_text(encoding="utf-8").splitlines()) <= 200
