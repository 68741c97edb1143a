"""Signatures and consents.

How a stored signature is verified, by us (`queries.py`) or by anybody with a copy of its columns and no key of ours:

Every level
    `statement` is TXJSON, UTF-8; it names the record (`rec`, `rec_ver`, `commit`), what was shown, the `decision`, the
    `signer`, the `level` and the time. `H` is SHA-256 (profile intl) or SM3 (gm). The history of the child holds an
    event `sign` whose `commit` is H(statement ‖ signature).
L1  `public_key` is an Ed25519 key of 32 bytes; `signature` (64 bytes) is over `statement` itself (RFC 8032).
L2  `public_key` is a COSE key (RFC 9052; ES256, EdDSA or RS256), `credential_id` its id.
    1. `client_data` is JSON: `type` is "webauthn.get", and `challenge` is base64url without padding of
       H("txda/sign/1" ‖ one zero byte ‖ statement).
    2. `authenticator_data`: bytes 0–31 are SHA-256 of the host in `client_data.origin` (or of a parent domain of it);
       byte 32 are flags, of which bit 0 (present) and bit 2 (verified) are set; bit 3 says that the passkey may be
       synced, bit 4 that it is backed up.
    3. `signature` is over `authenticator_data` ‖ SHA-256(`client_data`), in the algorithm the COSE key names.
    4. `passkeys` of the statement holds the hex of H(credential_id ‖ public_key).
    W3C Web Authentication Level 3, §7.2; the hash in 3 is SHA-256 in every profile.
Here, and only here, is also checked that the passkey's sealed row belongs to the signer and that it was in use when
it signed.
"""
