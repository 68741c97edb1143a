"""One-time codes of an authenticator app (RFC 6238: SHA-1, six digits, 30 seconds), as every such app reads them."""

import os
from base64 import b32encode
from datetime import datetime

import pyotp

STEP_S = 30
DRIFT = 1  # steps before and after now that are taken, for clocks that are not quite right


def new_secret() -> str:
    """Return 160 random bits in base32, to be typed into an app or read from a QR code."""
    return b32encode(os.urandom(20)).decode()


def address_of(secret: str, *, account: str, issuer: str) -> str:
    """Return the otpauth:// address that an app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)


def matching_step(secret: str, code: str, at: datetime) -> int | None:
    """Return the step, counted from 1970, whose code this is; None unless it is that of now, just before or after.

    Compared in constant time. Whoever takes a code must take no other of this step or an earlier one (RFC 6238 §5.2).
    """
    now = int(at.timestamp()) // STEP_S
    app = pyotp.TOTP(secret)
    fitting = [step for step in range(now - DRIFT, now + DRIFT + 1) if app.verify(code, for_time=step * STEP_S)]
    return fitting[-1] if fitting else None
