"""create_app(): wiring, and nothing else."""

import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from flask_wtf import CSRFProtect
from jinja2 import FileSystemLoader
from werkzeug.middleware.proxy_fix import ProxyFix

from mengya_health import entry, locale, problems
from mengya_health.config import TEMPLATES, Settings
from mengya_health.crypto.sealing import Keys
from mengya_health.db import new_id
from mengya_health.errors import Malformed, StartRefused
from mengya_health.operations.installation import Installation
from mengya_health.uploads import RequestInMemory
from mengya_health.web import blueprints, names, own_files, shell
from mengya_health.web.chinese_parts import mark_chinese
from mengya_health.web.shown.conflicts import both_texts
from mengya_health.web.templating import Pages, words

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
FORM_BYTES = 1024 * 1024
PERMISSIONS = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), "
    "payment=(), usb=(), publickey-credentials-get=(self), publickey-credentials-create=(self)"
)

SCANS = ("children.search", "children.look_for")  # where a camera may read the code of a paper
CAMERA = ("camera=()", "camera=(self)")


def create_app(installation: Installation) -> Flask:
    """Return the web application of an opened installation. Raises StartRefused for an unsafe production setting."""
    app = Pages(__name__, template_folder=str(TEMPLATES), static_folder="web/static", static_url_path="/static")
    app.request_class = RequestInMemory
    _configure(app, installation)
    app.extensions["mengya"] = installation
    locale.init_app(app)
    app.before_request(_hold_forms_to_their_size)
    CSRFProtect(app)
    app.jinja_env.globals.update(_=words, idem_key=_new_idem_key, new_nonce=_new_nonce, with_label=problems.with_label)
    app.jinja_env.filters.update(named=names.named, lettered=names.lettered)
    app.context_processor(shell.context)
    for blueprint in blueprints():
        app.register_blueprint(blueprint)
    problems.register(app, both_texts)
    app.before_request(_refuse_foreign_origin)
    app.after_request(_protect)
    app.after_request(mark_chinese)
    own_files.init_app(app)
    entry.require_doors(app)
    return app


def _configure(app: Flask, installation: Installation) -> None:
    settings = installation.settings
    if settings.is_production:
        _require_safe(settings, is_debug=app.debug)
    if settings.proxies:
        # The caller's address and scheme as our own proxy wrote them; a host that somebody forwards is never believed.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=0)
    app.config.update(
        SECRET_KEY=Keys(installation.keystore).form_secret(),
        SESSION_COOKIE_NAME="__Host-txf" if settings.is_production else "txf",  # holds the form token only
        SESSION_COOKIE_SECURE=settings.is_production,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        TRUSTED_HOSTS=list(settings.trusted_hosts),
        MAX_CONTENT_LENGTH=25 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=FORM_BYTES,
        MAX_FORM_PARTS=500,
        WTF_CSRF_TIME_LIMIT=12 * 3600,
        WTF_CSRF_SSL_STRICT=False,  # Referrer-Policy is no-referrer; Origin and Sec-Fetch-Site are checked instead
    )

    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_loader = FileSystemLoader(TEMPLATES)


def _require_safe(settings: Settings, *, is_debug: bool) -> None:
    """Raise StartRefused for what must not be in production."""
    address = urlsplit(settings.base_url)
    if address.scheme != "https":
        raise StartRefused(
            "正式环境要用 https：请把 MENGYA_BASE_URL 设成 https:// 开头的地址。",
            "Production needs https: set MENGYA_BASE_URL to an https:// address.",
        )
    if address.hostname not in settings.trusted_hosts:
        raise StartRefused(
            f"MENGYA_HOSTS 里没有 {address.hostname}。请把大家打开系统用的主机名写进去。",
            f"{address.hostname} is not in MENGYA_HOSTS. Name the hosts under which people open this site.",
        )
    if not settings.proxies:
        raise StartRefused(
            "正式环境前面要有做 TLS 的代理：请设置 MENGYA_PROXIES=1（有几层写几）。",
            "Production needs a proxy that does TLS before it: set MENGYA_PROXIES=1 (or how many there are).",
        )
    if settings.passphrase_file and settings.passphrase_file.resolve().parent == settings.keyring_dir:
        raise StartRefused(
            "打开密钥环的口令不能和密钥环放在同一个目录。请换个地方放，再改 MENGYA_PASSPHRASE_FILE。",
            "The passphrase must not lie in the keyring's own folder: move it and set MENGYA_PASSPHRASE_FILE.",
        )
    if is_debug:
        raise StartRefused("正式环境不能开调试：请去掉 FLASK_DEBUG。", "No debugging in production: unset FLASK_DEBUG.")


def _hold_forms_to_their_size() -> None:
    if request.mimetype == "application/x-www-form-urlencoded":  # MAX_FORM_MEMORY_SIZE holds for multipart only
        request.max_content_length = FORM_BYTES
    elif entry.cookie_name(entry.installation()) not in request.cookies:
        request.max_content_length = FORM_BYTES  # files come from those who have signed in


def _refuse_foreign_origin() -> None:
    if request.method in entry.SAFE:
        return
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    # With Referrer-Policy no-referrer a browser sends "null" for our own forms, too: then the other header decides.
    is_ours = origin is None or origin.split("://")[-1] == request.host or (origin == "null" and site == "same-origin")
    if not is_ours or site not in (None, "same-origin", "none"):
        raise Malformed("这份表单来自别的网站，没有收下。", "This form came from another site and was not taken.")


def _protect(answer: Response) -> Response:
    """Set the headers of every answer (security design §11)."""
    headers = answer.headers
    headers.setdefault("Content-Security-Policy", CSP)  # a PDF brings a stricter one
    headers["Permissions-Policy"] = PERMISSIONS.replace(*CAMERA) if request.endpoint in SCANS else PERMISSIONS
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    is_own_file = request.endpoint == "static"
    headers["Cache-Control"] = own_files.kept_for(answer) if is_own_file else "no-store"
    if entry.installation().settings.is_production:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if g.get("clear_site"):
        headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def _new_idem_key() -> str:
    """Return a key for one rendered form, so that sending it twice stores once."""
    return str(new_id())


def _new_nonce() -> str:
    """Return 16 random bytes as hex, for one signature."""
    return secrets.token_hex(16)
