"""An authority of the tests' own, and certificates that are right or wrong in one way each."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

YEAR = timedelta(days=365)


class Authority:
    """Signs certificates. `path` is its own, for whoever trusts it."""

    def __init__(self, folder: Path, name: str = "test authority") -> None:
        self.folder, self.path, self._key = folder, folder / f"{name}.pem", ec.generate_private_key(ec.SECP256R1())
        self._name = _named(name)
        signed = _certificate(self._name, self._name, self._key, until=datetime.now(UTC) + YEAR)
        signed = signed.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.path.write_bytes(signed.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))

    def server(self, host: str, *, until: timedelta = YEAR) -> ssl.SSLContext:
        """Return what a server shows that calls itself by this name; `until` counts from now."""
        key, path = ec.generate_private_key(ec.SECP256R1()), self.folder / f"{host} {until.days}.pem"
        signed = _certificate(_named(host), self._name, key, until=datetime.now(UTC) + until)
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        signed = signed.add_extension(names, critical=False).sign(self._key, hashes.SHA256())
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(private + signed.public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def _certificate(subject: x509.Name, issuer: x509.Name, key, *, until: datetime) -> x509.CertificateBuilder:
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number())
    return made.not_valid_before(until - 2 * YEAR).not_valid_after(until)
