"""Settings: the environment, read once at the edge into one frozen value."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from mengya_health.errors import StartRefused

CHECKOUT = Path(__file__).resolve().parent.parent
TEMPLATES = CHECKOUT / "templates"
WORKFLOWS = CHECKOUT / "workflows"


@dataclass(frozen=True)
class Settings:
    """How this installation is set up. Secrets stay out of `repr`."""

    environment: str  # demo | production | test
    data_dir: Path
    keyring_dir: Path
    database_url: str
    keystore_url: str
    owner_url: str | None = field(default=None, repr=False)  # who owns the tables, where that is another role
    suite: int = 0x01
    age_rule: str = "exact"
    district: str = "示例区"
    region: str = "310000"  # GB/T 2260: whose local vaccines are asked for
    visit_template: str = "TPL_NATIONAL"  # of workflows/visit_schedule.yaml
    base_url: str = "http://localhost:8000"
    trusted_hosts: tuple[str, ...] = ("localhost", "127.0.0.1")
    passphrase_file: Path | None = field(default=None, repr=False)
    witness_dir: Path | None = None  # where checkpoints go: outside, with somebody else
    staff_idle_minutes: int = 15
    guardian_idle_minutes: int = 30
    session_cap: int | None = 3
    needs_second_factor: bool = False  # of the staff: always in production
    password_profile: str = "default"  # noqa: S105  or dengbao3: composition, and a change every 90 days for the staff
    ledger: Path | None = None
    smtp_url: str | None = None  # smtps://, smtp:// (STARTTLS), or smtp+plain:// where this is no production
    smtp_password_file: Path | None = field(default=None, repr=False)
    mail_from: str = ""
    webhook_url: str | None = field(default=None, repr=False)  # a robot's address is its secret
    webhook_template: Path | None = None
    webhook_secret_file: Path | None = field(default=None, repr=False)
    digest_hour: int = 8  # of the clinic's day: from then on digests leave
    proxies: int = 0  # of our own, one behind the other, before us; production needs one for TLS

    @property
    def ledger_file(self) -> Path:
        """Where the erasures are written down: outside the data and its backups."""
        return self.ledger or self.keyring_dir / "erasures.txt"

    @property
    def channels(self) -> frozenset[str]:
        """The ways by which a message can leave: mail, webhook."""
        urls = {"mail": self.smtp_url, "webhook": self.webhook_url}
        return frozenset(name for name, url in urls.items() if url)

    @property
    def is_demo(self) -> bool:
        return self.environment == "demo"

    @property
    def is_production(self) -> bool:
        return self.environment == "production"


def settings_from(environ: Mapping[str, str] = os.environ, *, data_dir: Path | None = None) -> Settings:
    """Return the settings of this process. `data_dir` (the command line) wins over `MENGYA_DATA`.

    Raises StartRefused when something needed is missing or contradictory.
    """
    data = Path(data_dir or environ.get("MENGYA_DATA") or CHECKOUT / "var").resolve()
    environment = environ.get("MENGYA_ENV", "production")
    if environment not in ("demo", "production", "test"):
        raise StartRefused(
            f"MENGYA_ENV 只能是 demo、production 或 test，现在是 {environment}。",
            f"MENGYA_ENV must be demo, production or test, not {environment}.",
        )
    keyring = Path(environ.get("MENGYA_KEYRING") or data.with_name(data.name + "-keys")).resolve()
    passphrase = environ.get("MENGYA_PASSPHRASE_FILE")
    witness = environ.get("MENGYA_WITNESS")
    database_url = environ.get("DATABASE_URL") or f"sqlite:///{data / 'mengya.db'}"
    keystore_url = environ.get("KEYSTORE_URL") or _keystore_beside(database_url, data)
    # Locked out of a demo is a dead end, so the demo has no cap on sessions (security.md leaves it to the deployment).
    is_demo = environment == "demo"
    return Settings(
        environment=environment,
        data_dir=data,
        keyring_dir=keyring,
        database_url=_with_driver(database_url),
        keystore_url=_with_driver(keystore_url),
        owner_url=_with_driver(environ["DATABASE_OWNER_URL"]) if environ.get("DATABASE_OWNER_URL") else None,
        suite=_number(environ, "MENGYA_SUITE", "0x01", base=16),
        age_rule=_one_of(environ, "MENGYA_AGE_RULE", "exact", "completed_months"),
        district=environ.get("MENGYA_DISTRICT", "示例区"),
        region=environ.get("MENGYA_REGION", "310000"),
        visit_template=environ.get("MENGYA_VISIT_TEMPLATE", "TPL_NATIONAL"),
        base_url=environ.get("MENGYA_BASE_URL", "http://localhost:8000"),
        trusted_hosts=_hosts(environ.get("MENGYA_HOSTS", "localhost,127.0.0.1")),
        passphrase_file=Path(passphrase) if passphrase else None,
        witness_dir=Path(witness).resolve() if witness else None,
        session_cap=None if is_demo else 3,
        needs_second_factor=environment == "production",
        password_profile=_one_of(environ, "MENGYA_PASSWORD_PROFILE", "default", "dengbao3"),
        ledger=Path(environ["MENGYA_LEDGER"]).resolve() if environ.get("MENGYA_LEDGER") else None,
        proxies=_number(environ, "MENGYA_PROXIES", "0", base=10),
        **_of_messages(environ, environment),
    )


# What a message may travel by; without TLS only where no message is meant for anybody.
_SAFE_SCHEMES = {"MENGYA_SMTP_URL": ("smtps", "smtp"), "MENGYA_WEBHOOK_URL": ("https",)}
_PLAIN_SCHEMES = {"MENGYA_SMTP_URL": ("smtp+plain",), "MENGYA_WEBHOOK_URL": ("http",)}


def _of_messages(environ: Mapping[str, str], environment: str) -> dict:
    """Return the settings of the channels by which messages leave."""
    smtp_url = _channel_url(environ, "MENGYA_SMTP_URL", environment)
    mail_from = environ.get("MENGYA_MAIL_FROM", "")
    if smtp_url and "@" not in mail_from:
        raise StartRefused(
            "设了 MENGYA_SMTP_URL，还要用 MENGYA_MAIL_FROM 写明发件地址。",
            "With MENGYA_SMTP_URL set, MENGYA_MAIL_FROM must name the sender's address.",
        )
    hour = _number(environ, "MENGYA_DIGEST_HOUR", "8", base=10)
    if not 5 <= hour <= 20:
        raise StartRefused(
            f"MENGYA_DIGEST_HOUR 要写 5 到 20 点，现在是 {hour}。", f"MENGYA_DIGEST_HOUR must be 5 to 20, not {hour}."
        )
    return {
        "smtp_url": smtp_url,
        "smtp_password_file": _file(environ, "MENGYA_SMTP_PASSWORD_FILE"),
        "mail_from": mail_from,
        "webhook_url": _channel_url(environ, "MENGYA_WEBHOOK_URL", environment),
        "webhook_template": _file(environ, "MENGYA_WEBHOOK_TEMPLATE"),
        "webhook_secret_file": _file(environ, "MENGYA_WEBHOOK_SECRET_FILE"),
        "digest_hour": hour,
    }


def _channel_url(environ: Mapping[str, str], name: str, environment: str) -> str | None:
    url = environ.get(name)
    if not url:
        return None
    schemes = _SAFE_SCHEMES[name] + (() if environment == "production" else _PLAIN_SCHEMES[name])
    parts = urlsplit(url)
    if parts.scheme not in schemes or not parts.hostname or parts.password:
        wanted = "、".join(f"{scheme}://" for scheme in schemes)
        # The address is not repeated: it may hold the password that does not belong there.
        raise StartRefused(
            f"{name} 要以 {wanted} 开头，写明主机，不写口令（口令放在文件里）。",
            f"{name} must begin with {' or '.join(schemes)}:// and a host; its password lies in a file.",
        )
    return url


def _file(environ: Mapping[str, str], name: str) -> Path | None:
    return Path(environ[name]).resolve() if environ.get(name) else None


def _one_of(environ: Mapping[str, str], name: str, otherwise: str, other: str) -> str:
    text = environ.get(name, otherwise)
    if text not in (otherwise, other):
        raise StartRefused(
            f"{name} 只能是 {otherwise} 或 {other}，现在是 {text}。",
            f"{name} must be {otherwise} or {other}, not {text}.",
        )
    return text


def _number(environ: Mapping[str, str], name: str, otherwise: str, *, base: int) -> int:
    text = environ.get(name, otherwise)
    try:
        return int(text, base)
    except ValueError as error:
        raise StartRefused(
            f"{name} 要写数字，例如 {otherwise}，现在是 {text}。",
            f"{name} must be a number such as {otherwise}, not {text}.",
        ) from error


def _hosts(text: str) -> tuple[str, ...]:
    hosts = tuple(host.strip() for host in text.split(",") if host.strip())
    if not hosts:
        raise StartRefused(
            "MENGYA_HOSTS 是空的。请写上大家打开系统用的主机名，用逗号分开。",
            "MENGYA_HOSTS is empty. Name the hosts under which people open this site, separated by commas.",
        )
    return hosts


def _with_driver(url: str) -> str:
    for plain in ("postgres://", "postgresql://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url


def _keystore_beside(database_url: str, data: Path) -> str:
    if database_url.startswith("sqlite"):
        return f"sqlite:///{data / 'keystore.db'}"
    raise StartRefused(
        "用 DATABASE_URL 时还要给出 KEYSTORE_URL：密钥库必须是另一个数据库。",
        "With DATABASE_URL set, KEYSTORE_URL is needed too: the keystore is a database of its own.",
    )
