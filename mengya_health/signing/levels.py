"""The levels of a signature and the words they are shown and printed with: never rounded up (security design §6.3)."""

L1, L2, PAPER = "L1", "L2", "paper"
LEVEL_LABELS = {
    "L0": "已阅（非签名）",
    L1: "电子签名·系统代管密钥",
    L2: "电子签名·本人设备密钥",
    "L3": "可靠电子签名",
    PAPER: "纸质签名·当面见证",
}


def level_words(signature) -> str:
    """Return what is said of a signature's level: with a passkey, also how it was enrolled and whether it is synced."""
    label, notes = level_parts(signature)
    return f"{label}（{'，'.join(notes)}）" if notes else label


def level_parts(signature) -> tuple[str, tuple[str, ...]]:
    """Return the label of a signature's level and the notes in its brackets."""
    notes = ("自行登记",) * (not signature.is_in_person) + ("可同步",) * signature.is_synced
    return LEVEL_LABELS[signature.level], notes if signature.level == L2 else ()
