"""What shows a receiver of ours that a call came from us: HMAC-SHA-256 (RFC 2104) over time and body."""

import hmac


def webhook_mac(secret: bytes, sent_at: int, body: bytes) -> str:
    """Return the hexadecimal MAC of `sent_at` (seconds since 1970), a point, and the body as it is sent."""
    return hmac.new(secret, str(sent_at).encode() + b"." + body, "sha256").hexdigest()
