"""What can be wrong with a history, each with the words for it."""

from dataclasses import dataclass
from uuid import UUID

WORDS = {
    "event_missing": ("少了一条事件", "an event is missing"),
    "event_changed": ("事件被改过", "an event was changed"),
    "event_added": ("多出来的事件", "an event was added"),
    "head_missing": ("链尾记录不见了", "the head of the chain is missing"),
    "head_changed": ("链尾记录和链不符", "the head does not match the chain"),
    "leaf_missing": ("总账里少了一片叶", "a leaf of the tree is missing"),
    "leaf_added": ("总账里多了一片叶", "a leaf was added to the tree"),
    "audit_changed": ("已存证的查看记录被改过", "audit rows under a checkpoint were changed"),
    "checkpoint_changed": ("检查点被改过，或不是本系统签的", "a checkpoint was changed, or is not ours"),
    "checkpoint_missing": ("少了一个检查点", "a checkpoint is missing"),
    "tree_changed": ("历史在这个检查点之前被重写过", "the history before this checkpoint was rewritten"),
    "rolled_back": ("数据库比外部存证旧：被整库退回过", "the database is older than this checkpoint: it was put back"),
    "record_missing": ("记录不见了", "a record is missing"),
    "record_unknown": ("历史里没有的记录", "a record the history does not know"),
    "record_changed": ("记录和历史不符", "a record does not match the history"),
    "record_put_back": ("记录不是最新一版", "a record is not at its newest version"),
    "record_unreadable": ("记录打不开", "a record does not open"),
    "signature_changed": ("签名对不上", "a signature does not hold"),
    "seal_broken": ("授权记录的封印不符", "the seal of a row that grants something does not hold"),
    "receipt_unknown": ("回执和历史不符", "a receipt does not match the history"),
}


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, and where: a place in a child's chain, a record, or a place in the tree."""

    what: str  # a key of WORDS
    child_id: UUID | None = None
    child_seq: int | None = None
    record: str = ""  # table and id
    leaf_index: int | None = None
    size: int | None = None  # of a checkpoint

    def __str__(self) -> str:
        zh, en = WORDS[self.what]
        places = (("child", self.child_id), ("child_seq", self.child_seq), ("record", self.record or None))
        places += (("leaf", self.leaf_index), ("checkpoint", self.size))
        where = " ".join(f"{name} {value}" for name, value in places if value is not None)
        return f"{zh} {en}: {where}"
