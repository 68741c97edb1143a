#!/usr/bin/env python3
"""核对一张签名回执。Check one signature receipt, without the program, its database or any of its keys.

    python3 verify_receipt.py RECEIPT.json [--log-key HEX] [--origin https://…]

Needs Python 3.9 and `cryptography`. Exit code 0: everything holds, 1: something does not, 2: it cannot be checked (no
checkpoint yet, no file). `--log-key`: the log's public key as published elsewhere; without it the key in the receipt is
believed. `--origin`: the address at which a passkey must have signed.
"""

import argparse
import base64
import hashlib
import json
import sys
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

HASHES = {"sha256": hashes.SHA256, "sm3": hashes.SM3}
LEVELS = {"L1": "电子签名·系统代管密钥", "L2": "电子签名·本人设备密钥", "paper": "纸质签名·当面见证"}
FIELDS = {"form", "hash", "statement", "signature", "public_key", "events", "checkpoint", "log_key"}
OF_EVENT = {"event", "prev", "leaf_index", "path"}
OF_LEVEL = {"L1": set(), "L2": {"webauthn"}, "paper": {"second_signature", "second_public_key"}}


class Unknown(Exception):
    """Something cannot be checked."""


def need(holds, what):
    if not holds:
        raise ValueError(what)


def unhex(text):
    need(bytes.fromhex(text).hex() == text, "十六进制要小写 / lower-case hexadecimal")
    return bytes.fromhex(text)


def once(pairs):
    need(len(dict(pairs)) == len(pairs), "JSON 里有重名的项 / doubled name")
    return dict(pairs)


def check(receipt, log_key, origin):
    """Return what holds, in words. Raises Unknown, or almost anything else where something is wrong."""
    need(receipt["form"] == "txda/receipt/1" and receipt["hash"] in HASHES, "不认识这种回执 / unknown form of receipt")

    def digest(content):
        hashed = hashes.Hash(HASHES[receipt["hash"]]())
        hashed.update(content)
        return hashed.finalize()

    statement = receipt["statement"].encode()
    said = json.loads(statement, object_pairs_hook=once)
    plain = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    need(plain.encode() == statement, "签名内容不是规范写法 / statement is not canonical")
    level = said["level"]
    need(level in OF_LEVEL, "不认识的签名级别 / unknown level")
    need(set(receipt) - {"withdrawn_at"} == FIELDS | OF_LEVEL[level], "回执的项目不对 / wrong set of fields")
    check_signature(receipt, statement, level, digest, origin)
    number = check_events(receipt, said, statement, digest)
    taken_back = f"；已撤回：{receipt['withdrawn_at']}" if "withdrawn_at" in receipt else ""
    return (
        f"签名有效：{said['rec_type']} 第 {said['rec_ver']} 版，{said['decision']}，{LEVELS[level]}，{said['at']}"
        f"{taken_back}\n历史链第 {number} 条，{check_history(receipt, said, digest, log_key)}"
    )


def check_signature(receipt, statement, level, digest, origin):
    key, signature = unhex(receipt["public_key"]), unhex(receipt["signature"])
    if level == "L2":
        return check_passkey(receipt["webauthn"], key, signature, digest(b"txda/sign/1\0" + statement), origin)
    ed25519.Ed25519PublicKey.from_public_bytes(key).verify(signature, statement)
    if level == "paper":
        second = unhex(receipt["second_public_key"])
        need(second != key, "两位见证人是同一把密钥 / both witnesses have one key")
        ed25519.Ed25519PublicKey.from_public_bytes(second).verify(unhex(receipt["second_signature"]), statement)


def check_passkey(webauthn, key, signature, challenge, origin):
    """Check an assertion (W3C Web Authentication Level 2, §7.2): challenge, origin, RP ID, user verified, signature."""
    need(set(webauthn) == {"authenticator_data", "client_data"}, "通行密钥的项目不对 / wrong passkey fields")
    data, client = unhex(webauthn["authenticator_data"]), webauthn["client_data"].encode()
    told = json.loads(client)
    need(told["type"] == "webauthn.get", "不是登录设备的签名 / not an assertion")
    sent = base64.urlsafe_b64decode(told["challenge"] + "=" * (-len(told["challenge"]) % 4))
    need(sent == challenge, "设备签的不是这份内容 / challenge is of another statement")
    need(not origin or told["origin"] == origin, "不是在这个地址签的 / another origin")
    host = urlsplit(told["origin"]).hostname
    names = [host, *(host[at + 1 :] for at, sign in enumerate(host) if sign == ".")]
    need(data[:32] in [hashlib.sha256(name.encode()).digest() for name in names], "网址和设备记的不一样 / RP ID")
    need(data[32] & 5 == 5, "设备没有核实本人 / user not verified")
    verify_with(key, signature, data + hashlib.sha256(client).digest())


def verify_with(key, signature, message):
    """Verify with a passkey's public key (DER, SubjectPublicKeyInfo): ES256, EdDSA or RS256."""
    public = serialization.load_der_public_key(key)
    if isinstance(public, ec.EllipticCurvePublicKey):
        public.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    elif isinstance(public, rsa.RSAPublicKey):
        public.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    else:
        public.verify(signature, message)


def check_events(receipt, said, statement, digest):
    """Check what the history tells of this signature, and nothing else; return the place of the first event."""
    signed, ops = statement + unhex(receipt["signature"]), ["sign"]
    if said["level"] == "paper":
        signed, ops = signed + unhex(receipt["second_signature"]), ["confirm"]
    commits = [digest(signed)]
    if "withdrawn_at" in receipt:
        commits.append(digest(b"txda/withdraw/1\0" + signed + receipt["withdrawn_at"].encode()))
        ops.append("withdraw")
    events = [json.loads(each["event"], object_pairs_hook=once) for each in receipt["events"]]
    need([each["op"] for each in events] == ops, "历史里的事件不对 / other events")
    need([each["commit"] for each in events] == [each.hex() for each in commits], "历史记的不是这份签名 / commitment")
    about = {(told["rec_type"], told["child"], told["rec"]) for told in events}
    need(about == {("signature", said["child"], events[0]["rec"])}, "事件说的是别的 / another record")
    need(said["level"] == "paper" or events[0]["actor"] == said["signer"], "签的不是这个人 / another signer")
    need(events[-1]["op"] != "withdraw" or events[-1]["at"] == receipt["withdrawn_at"], "撤回时间不对 / time")
    return events[0]["child_seq"]


def check_history(receipt, said, digest, pinned):
    """Check that each event is in the tree of the checkpoint, and that the log signed the checkpoint."""
    events, note, key = receipt["events"], receipt["checkpoint"], receipt["log_key"]
    need(all(set(each) == OF_EVENT for each in events), "事件的项目不对 / wrong event fields")
    need(pinned is None or key == pinned, "日志公钥不是公布的那一把 / not the published log key")
    unhex(key)
    if note is None:
        need(all(each["leaf_index"] is None and each["path"] is None for each in events), "少了检查点 / no checkpoint")
        raise Unknown("签名有效，但还没有检查点，请过些时候再下载 / signed, but no checkpoint covers it yet")
    size, root = read_checkpoint(note, unhex(key), said["deployment"])
    for each in events:
        if each["leaf_index"] is None and each["path"] is None and each is not events[0]:
            raise Unknown("签名有效，撤回还没有检查点 / signed; no checkpoint covers the withdrawal yet")
        hashed = digest(b"txda/event/1\0" + unhex(each["prev"]) + each["event"].encode())
        steps = [unhex(step) for step in each["path"]]
        is_in = is_included(digest, digest(b"\0" + hashed), each["leaf_index"], size, steps, root)
        need(is_in, "不在检查点里 / not in the checkpoint")
    return f"在检查点里：共 {size} 条；日志公钥 {key[:16]}…{'（与公布的一致）' if pinned else '（没有和公布的核对）'}"


def read_checkpoint(note, key, deployment):
    """Return size and root of a signed checkpoint (C2SP tlog-checkpoint and signed-note)."""
    text, line = note.split("\n\n")
    origin, size, root = text.split("\n")[:3]
    encoded = line.split(" ")[-1].removesuffix("\n")
    need(line == f"\u2014 {origin} {encoded}\n", "检查点的写法不对 / not a signed note")
    need(origin == f"mengya_health/{deployment}", "检查点是别的系统的 / another origin")
    signature = base64.b64decode(encoded, validate=True)
    need(base64.b64encode(signature).decode() == encoded, "检查点的写法不对 / not a signed note")
    need(signature[:4] == hashlib.sha256(f"{origin}\n".encode() + b"\1" + key).digest()[:4], "不是这把公钥 / key id")
    ed25519.Ed25519PublicKey.from_public_bytes(key).verify(signature[4:], f"{text}\n".encode())
    return int(size), base64.b64decode(root)


def is_included(digest, leaf, index, size, path, root):
    """Return whether a path leads from a leaf to the root. Source: RFC 9162 §2.1.3.2."""
    if type(index) is not int or not 0 <= index < size:
        return False
    number, last, hashed = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if number & 1 or number == last:
            hashed = digest(b"\1" + sibling + hashed)
            while number and not number & 1:
                number, last = number >> 1, last >> 1
        else:
            hashed = digest(b"\1" + hashed + sibling)
        number, last = number >> 1, last >> 1
    return last == 0 and hashed == root


def main():
    options = argparse.ArgumentParser(description="核对签名回执 / check a signature receipt")
    for name in ("receipt", "--log-key", "--origin"):
        options.add_argument(name)
    given = options.parse_args()
    try:
        with open(given.receipt, encoding="utf-8") as file:
            receipt = json.load(file, object_pairs_hook=once)
        print(check(receipt, given.log_key, given.origin))
    except (OSError, UnicodeDecodeError, Unknown) as error:
        print(f"不能核对 / cannot be checked: {error}")
        return 2
    except (InvalidSignature, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        print(f"核对不通过 / does not hold: {error or type(error).__name__}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
