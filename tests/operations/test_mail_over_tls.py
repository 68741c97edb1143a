"""Mail and TLS: it leaves under a certificate that holds, by STARTTLS and from the first byte, and else not at all."""

from datetime import timedelta

import pytest

from mengya_health.config import settings_from
from mengya_health.operations.channels import NotSent, channels_of
from tests.operations.certificates import Authority
from tests.operations.listening import mail_server

WAYS = {"smtp": "starttls", "smtps": "from_first_byte"}
PASSWORD = "geheim"


@pytest.fixture
def authority(tmp_path, monkeypatch) -> Authority:
    """The only one this machine trusts."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.path))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    return made


def send(tmp_path, scheme: str, post) -> None:
    password = tmp_path / "password"
    password.write_text(f"{PASSWORD}\n")
    environ = {
        "MENGYA_ENV": "test",
        "MENGYA_MAIL_FROM": "noreply@example.com",
        "MENGYA_SMTP_URL": f"{scheme}://clinic@localhost:{post.port}",
        "MENGYA_SMTP_PASSWORD_FILE": str(password),
    }
    settings = settings_from(environ, data_dir=tmp_path)
    channels_of(settings)["mail"].send("mother@example.com", "有事等您看", "有 1 件事等您看")


@pytest.mark.parametrize("scheme", WAYS)
def test_mail_leaves_under_tls_and_signs_in_only_there(authority, tmp_path, scheme):
    with mail_server(**{WAYS[scheme]: authority.server("localhost")}) as post:
        send(tmp_path, scheme, post)
    assert "mother@example.com" in post.came[0]
    assert {word for word, is_safe in post.heard if not is_safe} <= {"EHLO", "STARTTLS"}
    assert {("AUTH", True), ("MAIL", True), ("RCPT", True), ("DATA", True)} <= set(post.heard)


@pytest.mark.parametrize("scheme", WAYS)
@pytest.mark.parametrize("wrong", ["unknown authority", "other name", "expired"])
def test_a_certificate_that_does_not_hold_gets_neither_mail_nor_password(authority, tmp_path, scheme, wrong):
    shown = {
        "unknown authority": lambda: Authority(tmp_path, "stranger").server("localhost"),
        "other name": lambda: authority.server("mail.example.com"),
        "expired": lambda: authority.server("localhost", until=-timedelta(days=1)),
    }[wrong]()
    with mail_server(**{WAYS[scheme]: shown}) as post, pytest.raises(NotSent, match="^certificate$"):
        send(tmp_path, scheme, post)
    assert post.came == []
    assert {word for word, _is_safe in post.heard} <= {"EHLO", "STARTTLS"}


@pytest.mark.parametrize("scheme", WAYS)
def test_where_tls_is_demanded_a_server_without_it_gets_nothing(authority, tmp_path, scheme):
    with mail_server() as post, pytest.raises(NotSent):
        send(tmp_path, scheme, post)
    assert post.came == []
    assert {word for word, _is_safe in post.heard} & {"AUTH", "MAIL", "RCPT", "DATA"} == set()
