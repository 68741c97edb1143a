"""How long 100 revisions of one child take to open (S-18), with each suite."""

import time
from pathlib import Path

from mengya_health.crypto.sealing import Keys
from mengya_health.crypto.suites import SUITES
from mengya_health.db import new_id
from tests.crypto.keyring import a_keystore

REVISIONS, ROUNDS = 100, 20


def lines(folder: Path) -> list[str]:
    """Return one line for each suite: the median of some rounds, keys read anew in each."""
    return [
        f"opening {REVISIONS} revisions, {suite.name:<20}{_median_ms(folder / hex(id), id):>9.2f}"
        for id, suite in SUITES.items()
    ]


def _median_ms(folder: Path, suite_id: int) -> float:
    folder.mkdir(parents=True)
    keystore, child, entry = a_keystore(folder, suite_id=suite_id), new_id(), new_id()
    keystore.create_keys(child)
    writing = Keys(keystore)
    content = {"note": "今天上下台阶很稳" * 20}
    sealed = [writing.seal_revision(child, "health", entry, version, content) for version in range(1, REVISIONS + 1)]
    rounds = sorted(_round_ms(keystore, child, entry, sealed) for _ in range(ROUNDS))
    keystore.dispose()
    return rounds[ROUNDS // 2]


def _round_ms(keystore, child, entry, sealed) -> float:
    begun = time.process_time()
    keys = Keys(keystore)
    for version, (body, commit) in enumerate(sealed, 1):
        keys.open_revision(child, "health", entry, version, body, commit)
    return (time.process_time() - begun) * 1000
