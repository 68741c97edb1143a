"""Passkeys as bytes (W3C Web Authentication Level 3): what a device is asked, and whether its answer holds.

The only module that knows the `webauthn` library. User verification (a fingerprint, a face, the device's code) is
asked for every time, and an answer without it is refused.
"""

import base64
import hmac
import json
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    options_to_json_dict,
    parse_authentication_credential_json,
    parse_authenticator_data,
    parse_backup_flags,
    parse_client_data_json,
    parse_registration_credential_json,
    verify_signature,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

RP_NAME = "童馨档案"
TIMEOUT_MS = 120_000
# EdDSA, ECDSA with P-256, RSA with PKCS #1 v1.5: one of the three is in every device sold since 2016.
_ALGORITHMS = [
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
_TRANSPORTS = ("usb", "nfc", "ble", "smart-card", "internal", "cable", "hybrid")
# What the library raises on bytes that somebody made up.
_UNREADABLE = (WebAuthnException, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)


class PasskeyRefused(Exception):
    """An answer that does not hold; `reason` is one word for the audit."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class RelyingParty:
    """Whose pages ask: the host, and the one origin an answer may come from."""

    id: str
    origin: str


def relying_party(base_url: str) -> RelyingParty:
    """Return the relying party of the address under which people open this site."""
    address = urlsplit(base_url)
    return RelyingParty(address.hostname or "", f"{address.scheme}://{address.netloc}")


@dataclass(frozen=True)
class NewPasskey:
    """What a device tells of a key pair it has just made."""

    credential_id: bytes
    public_key: bytes  # COSE
    sign_count: int
    backup_eligible: bool
    backup_state: bool
    transports: str


@dataclass(frozen=True)
class Assertion:
    """A device's answer to a challenge, taken apart and not yet believed."""

    credential_id: bytes
    challenge: bytes
    user_handle: bytes | None
    authenticator_data: bytes
    client_data: bytes
    signature: bytes
    sent: str  # the whole answer, as JSON


def enrolment_options(
    party: RelyingParty, *, challenge: bytes, user_id: bytes, user_name: str, known: list[bytes]
) -> dict:
    """Return what `navigator.credentials.create` is given, as JSON values; `known` are passkeys not to make again."""
    options = generate_registration_options(
        rp_id=party.id,
        rp_name=RP_NAME,
        user_id=user_id,
        user_name=user_name,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
        supported_pub_key_algs=_ALGORITHMS,
    )
    return options_to_json_dict(options)


def answer_options(party: RelyingParty, *, challenge: bytes, allowed: list[bytes]) -> dict:
    """Return what `navigator.credentials.get` is given; no `allowed` passkeys: the device offers those it has."""
    options = generate_authentication_options(
        rp_id=party.id,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        allow_credentials=[PublicKeyCredentialDescriptor(id=each) for each in allowed],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json_dict(options)


def challenge_of_enrolment(sent: str) -> bytes:
    """Return the challenge a new passkey answers. Raises PasskeyRefused for bytes that cannot be read."""
    try:
        return parse_client_data_json(parse_registration_credential_json(sent).response.client_data_json).challenge
    except _UNREADABLE as error:
        raise PasskeyRefused("malformed") from error


def read_assertion(sent: str) -> Assertion:
    """Return a device's answer taken apart. Raises PasskeyRefused for bytes that cannot be read."""
    try:
        answer = parse_authentication_credential_json(sent)
        response = answer.response
        challenge = parse_client_data_json(response.client_data_json).challenge
    except _UNREADABLE as error:
        raise PasskeyRefused("malformed") from error
    return Assertion(
        credential_id=answer.raw_id,
        challenge=challenge,
        user_handle=response.user_handle,
        authenticator_data=response.authenticator_data,
        client_data=response.client_data_json,
        signature=response.signature,
        sent=sent,
    )


def verify_enrolment(party: RelyingParty, sent: str, challenge: bytes) -> NewPasskey:
    """Return the new passkey. Raises PasskeyRefused unless origin, host, challenge and user verification are right."""
    try:
        made = verify_registration_response(
            credential=sent,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
            supported_pub_key_algs=_ALGORITHMS,
        )
        answer = parse_registration_credential_json(sent)
    except (*_UNREADABLE, InvalidSignature, UnsupportedAlgorithm) as error:
        raise PasskeyRefused("enrolment") from error
    named = {each.value for each in answer.response.transports or ()}
    return NewPasskey(
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        backup_eligible=made.credential_device_type == CredentialDeviceType.MULTI_DEVICE,
        backup_state=made.credential_backed_up,
        transports=" ".join(each for each in _TRANSPORTS if each in named),
    )


def verify_assertion(
    party: RelyingParty,
    assertion: Assertion,
    *,
    challenge: bytes,
    public_key: bytes,
    sign_count: int,
    backup_eligible: bool,
) -> tuple[int, bool]:
    """Return the new counter and whether the passkey is backed up. Raises PasskeyRefused.

    The counter must grow; only where it was 0 and is 0 does it not count (passkeys that are synced).
    """
    try:
        verified = verify_authentication_response(
            credential=assertion.sent,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except (*_UNREADABLE, InvalidSignature, UnsupportedAlgorithm) as error:
        raise PasskeyRefused(_why(party, assertion, challenge, sign_count)) from error
    if parse_client_data_json(assertion.client_data).cross_origin:
        raise PasskeyRefused("origin")
    if (verified.credential_device_type == CredentialDeviceType.MULTI_DEVICE) != backup_eligible:
        raise PasskeyRefused("backup")  # a passkey never turns from one kind into the other
    return verified.new_sign_count, verified.credential_backed_up


def assertion_holds(
    challenge: bytes, *, public_key: bytes, authenticator_data: bytes, client_data: bytes, signature: bytes
) -> bool:
    """Return whether a stored answer still verifies: its signature, and that it answers exactly this challenge.

    Origin and host were compared when it was taken; the site may have moved since.
    """
    try:
        said = json.loads(client_data)
        flags = parse_authenticator_data(authenticator_data).flags
        answered = hmac.compare_digest(said["challenge"], _base64url(challenge)) and said["type"] == "webauthn.get"
        _verify(public_key, authenticator_data + sha256(client_data).digest(), signature)
    except (*_UNREADABLE, InvalidSignature, UnsupportedAlgorithm):
        return False
    return answered and flags.up and flags.uv


def is_synced(authenticator_data: bytes) -> bool:
    """Return whether the passkey that signed may be copied by its vendor."""
    flags = parse_authenticator_data(authenticator_data).flags
    return parse_backup_flags(flags).credential_device_type == CredentialDeviceType.MULTI_DEVICE


def der_of(public_key: bytes) -> bytes:
    """Return a COSE key as DER (SubjectPublicKeyInfo, RFC 5280), as programs read it that know nothing of passkeys."""
    key = decoded_public_key_to_cryptography(decode_credential_public_key(public_key))
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


# --- inside -----------------------------------------------------------------------------------------------------------


def _verify(public_key: bytes, message: bytes, signature: bytes) -> None:
    decoded = decode_credential_public_key(public_key)
    key = decoded_public_key_to_cryptography(decoded)
    verify_signature(public_key=key, signature_alg=decoded.alg, signature=signature, data=message)


def _why(party: RelyingParty, assertion: Assertion, challenge: bytes, sign_count: int) -> str:
    """Return one word for what is wrong with an answer that was refused."""
    try:
        data = parse_authenticator_data(assertion.authenticator_data)
        origin = parse_client_data_json(assertion.client_data).origin
    except _UNREADABLE:
        return "malformed"
    reasons = {
        "challenge": assertion.challenge != challenge,
        "origin": origin != party.origin,
        "rp_id": data.rp_id_hash != sha256(party.id.encode()).digest(),
        "user_verification": not (data.flags.up and data.flags.uv),
        "counter": (data.sign_count or sign_count) and data.sign_count <= sign_count,
    }
    return next((reason for reason, is_wrong in reasons.items() if is_wrong), "signature")


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
