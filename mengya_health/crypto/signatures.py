"""Ed25519 keys and signatures (RFC 8032), as bytes."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


def public_key_of(private: bytes) -> bytes:
    """Return the 32-byte public key that belongs to a 32-byte private key."""
    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def signature_of(private: bytes, message: bytes) -> bytes:
    """Return the 64-byte signature of a message."""
    return Ed25519PrivateKey.from_private_bytes(private).sign(message)


def verify_signature(public: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether a signature was made over exactly this message by the holder of this public key."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
