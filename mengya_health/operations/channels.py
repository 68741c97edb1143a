"""The ways by which a message leaves: mail, and a generic call for text-message gateways and 企业微信 robots.

A new way is one more class with `send`, and one line in `channels_of`. Its address is the operator's setting, never
anything a user typed; so it may well lie in the hospital's own network.
"""

import json
import smtplib
import ssl
import time
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from string import Template
from typing import Protocol
from urllib.parse import unquote, urlsplit

from mengya_health.config import Settings
from mengya_health.crypto.webhook_mac import webhook_mac
from mengya_health.errors import StartRefused

TIMEOUT_S = 10
PORTS = {"smtps": 465, "smtp": 587, "smtp+plain": 25}
PLAIN_TEMPLATE = {"to": "${address}", "subject": "${subject}", "text": "${text}"}


class NotSent(Exception):
    """A message did not leave. `code` says why, without a word of it or the address."""

    def __init__(self, code: str) -> None:
        self.code = code[:20]
        super().__init__(self.code)


class Channel(Protocol):
    """One way by which a message leaves."""

    def send(self, address: str, subject: str, text: str) -> None:
        """Hand over a message. Raises NotSent."""


@dataclass(frozen=True)
class Mail:
    """Mail by SMTP, with TLS from the first byte (smtps) or by STARTTLS, without which nothing is sent (smtp)."""

    url: str
    sender: str
    password: str | None = field(default=None, repr=False)

    def send(self, address: str, subject: str, text: str) -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, address, subject
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday notice answers it
        message.set_content(text, cte="base64")  # seven bits: no server has to know more
        try:
            with self._connected() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            raise NotSent("recipient_refused") from error
        except smtplib.SMTPResponseException as error:
            raise NotSent(f"smtp_{error.smtp_code}") from error
        except (smtplib.SMTPException, OSError) as error:
            raise NotSent(_reason(error)) from error

    @contextmanager
    def _connected(self):
        parts = urlsplit(self.url)
        place = {"host": parts.hostname, "port": parts.port or PORTS[parts.scheme], "timeout": TIMEOUT_S}
        with_tls = {"context": ssl.create_default_context()}
        is_tls = parts.scheme == "smtps"
        with smtplib.SMTP_SSL(**place, **with_tls) if is_tls else smtplib.SMTP(**place) as server:
            if parts.scheme == "smtp":
                server.starttls(**with_tls)
            if parts.username:
                server.login(unquote(parts.username), self.password or "")
            yield server


@dataclass(frozen=True)
class Webhook:
    """A JSON call: a template whose texts may hold ${address}, ${subject} and ${text}. Redirects are not followed."""

    url: str = field(repr=False)
    template: object = field(default_factory=lambda: PLAIN_TEMPLATE, repr=False)
    secret: bytes | None = field(default=None, repr=False)

    def send(self, address: str, subject: str, text: str) -> None:
        filled = _filled(self.template, {"address": address, "subject": subject, "text": text})
        body = json.dumps(filled, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if self.secret:
            sent_at = int(time.time())
            headers["X-Mengya-Timestamp"] = str(sent_at)
            headers["X-Mengya-Signature"] = f"sha256={webhook_mac(self.secret, sent_at, body)}"
        try:
            status, answer = self._call(body, headers)
        except (OSError, HTTPException) as error:
            raise NotSent(_reason(error)) from error
        if not 200 <= status < 300:
            raise NotSent(f"http_{status}")
        if code := _refused(answer):
            raise NotSent(f"answered_{code}")

    def _call(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        parts = urlsplit(self.url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if parts.scheme == "https":
            connection = HTTPSConnection(
                parts.hostname, parts.port, timeout=TIMEOUT_S, context=ssl.create_default_context()
            )
        else:
            connection = HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_S)
        try:
            connection.request("POST", path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.read(4096)
        finally:
            connection.close()


def channels_of(settings: Settings) -> dict[str, Channel]:
    """Return the channels that are set up, by name. Raises StartRefused for a file of theirs that cannot be used."""
    made: dict[str, Channel] = {}
    if settings.smtp_url:
        password = _secret(settings.smtp_password_file)
        made["mail"] = Mail(settings.smtp_url, settings.mail_from, password.decode() if password else None)
    if settings.webhook_url:
        template = _template(settings.webhook_template)
        made["webhook"] = Webhook(settings.webhook_url, template, _secret(settings.webhook_secret_file))
    return made


# --- inside -----------------------------------------------------------------------------------------------------------


def _filled(template: object, words: Mapping[str, str]) -> object:
    """Fill in the texts of a JSON value; what is filled in can never become more than text."""
    if isinstance(template, dict):
        return {name: _filled(each, words) for name, each in template.items()}
    if isinstance(template, list):
        return [_filled(each, words) for each in template]
    return Template(template).safe_substitute(words) if isinstance(template, str) else template


def _refused(answer: bytes) -> int | None:
    """Return the code of a 企业微信 robot, which answers 200 with an `errcode` to what it did not take."""
    try:
        code = json.loads(answer).get("errcode", 0)
    except (ValueError, AttributeError):
        return None
    return code if isinstance(code, int) and code else None


def _template(path: Path | None) -> object:
    if path is None:
        return PLAIN_TEMPLATE
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StartRefused(
            f"MENGYA_WEBHOOK_TEMPLATE 读不出来：{path} 要是一个 JSON 文件。",
            f"MENGYA_WEBHOOK_TEMPLATE cannot be read: {path} must be a JSON file.",
        ) from error


def _secret(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes().strip()
    except OSError as error:
        raise StartRefused(f"读不到 {path}。请检查路径和权限。", f"Cannot read {path}; check path and mode.") from error


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return "certificate"
    return "timeout" if isinstance(error, TimeoutError) else type(error).__name__
