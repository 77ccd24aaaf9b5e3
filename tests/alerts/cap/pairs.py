"""Keys with certificates that only tests know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.alerts.night import WALL

YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Pair:
    """A private key and its certificate (PEM), in one file as a deployment has them."""

    key: bytes
    certificate: bytes

    @property
    def file(self) -> bytes:
        return self.key + self.certificate


def pair(*, rsa: bool = False, until: datetime = WALL + YEAR, key=None) -> Pair:
    """Make a key, and a certificate that itself has signed."""
    made = key or (generate_rsa(65537, 2048) if rsa else generate_private_key(SECP256R1()))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "county")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(made.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(WALL - YEAR)
        .not_valid_after(until)
        .sign(made, SHA256())
    )
    return Pair(
        made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        certificate.public_bytes(Encoding.PEM),
    )
