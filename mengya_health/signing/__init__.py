"""Signatures and consents."""
