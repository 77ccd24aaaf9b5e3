"""Sign a CAP alert, and tell whether one bears the signature of a known key; pure.

An enveloped XML signature as CAP 1.2 has it (3.3.4.1), the alert's last child. Its text is put into
the alert as it was kept, so that without it the alert is that, byte for byte. Whoever verifies
names the certificate: the one that stands in a message is anybody's.

Source: W3C XML Signature 1.1; alerting.md 1.2 and 1.3 R13. The package is optional (extra `sign`).
"""

from __future__ import annotations

import importlib
from datetime import datetime
from types import ModuleType

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree

from alerts.cap_rules import MAX_BYTES, NAMESPACE
from alerts.errors import Refused

END = b"</alert>"
EC, RSA = "ECDSA_SHA256", "RSA_SHA256"
METHODS = ("ECDSA_SHA256", "ECDSA_SHA384", "ECDSA_SHA512", "RSA_SHA256", "RSA_SHA384", "RSA_SHA512")
DIGESTS = ("SHA256", "SHA384", "SHA512")
AS_A_CHILD = "./"
"""Nowhere but directly below the alert: a signature deeper down is not this alert's."""


class _Repeatable:
    """A key on a curve that signs the same bytes the same way (RFC 6979), as an RSA key does.

    So an alert that leaves twice leaves as the same bytes.
    """

    def __init__(self, key: EllipticCurvePrivateKey) -> None:
        self._key, self.key_size = key, key.key_size

    def sign(self, data: bytes, signature_algorithm: ECDSA) -> bytes:
        """Return the signature; the package asks for it by these names."""
        alike = ECDSA(signature_algorithm.algorithm, deterministic_signing=True)
        return self._key.sign(data, alike)


def sign(content: bytes, pair: bytes, *, now: datetime) -> bytes:
    """Return an alert with its signature; all that stood in it stands in it as before.

    The same alert and pair give the same bytes.

    Parameters
    ----------
    content : an alert as `alerts.cap` writes them
    pair : PEM, the private key (RSA, or a NIST curve) and its certificate

    Raises
    ------
    Refused
        The two are not such a pair, the certificate is not valid now, or the extra is not here.
    """
    signxml = _library()
    key, certificate = _pair(pair)
    method = signxml.SignatureMethod[EC if isinstance(key, EllipticCurvePrivateKey) else RSA]
    signer = signxml.XMLSigner(signature_algorithm=method)
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    root = etree.fromstring(content, parser)
    signs = _Repeatable(key) if isinstance(key, EllipticCurvePrivateKey) else key
    signed: etree._Element = signer.sign(root, key=signs, cert=[certificate])
    head, end, tail = content.rpartition(END)
    whole = head + etree.tostring(signed[-1], with_tail=False) + end + tail
    _verify(whole, certificate, now=now)
    return whole


def verified(content: bytes, certificate: bytes, *, now: datetime) -> bytes:
    """Return what of a message is signed with the key of a certificate: the alert, without more.

    Nothing else of the message may be read: what a signature does not cover is anybody's.

    Parameters
    ----------
    certificate : PEM; of its issuer nothing is asked, for it is known by itself

    Raises
    ------
    Refused
        It is not signed with that key, not as a whole, or was changed; the certificate is no
        certificate or not valid now; or the extra is not here.
    """
    try:
        pinned = x509.load_pem_x509_certificate(certificate)
    except ValueError as error:
        raise Refused(f"the certificate cannot be read: {error}") from None
    return _verify(content, pinned, now=now)


def _verify(content: bytes, pinned: x509.Certificate, *, now: datetime) -> bytes:
    signxml = _library()
    if len(content) > MAX_BYTES:
        raise Refused(f"not verified: more than {MAX_BYTES} bytes")
    expected = signxml.SignatureConfiguration(
        location=AS_A_CHILD,
        signature_methods=frozenset(signxml.SignatureMethod[name] for name in METHODS),
        digest_algorithms=frozenset(signxml.DigestAlgorithm[name] for name in DIGESTS),
        verification_time=now,
    )
    try:
        found = signxml.XMLVerifier().verify(content, x509_cert=pinned, expect_config=expected)
    except Exception as error:  # noqa: BLE001 - whatever a stranger's bytes break, they are refused
        raise Refused(f"not verified: {type(error).__name__}: {error}") from None
    if found.signed_xml is None or found.signed_xml.tag != f"{{{NAMESPACE}}}alert":
        raise Refused("not verified: what is signed is no CAP 1.2 alert")
    return bytes(found.signed_data)


def _pair(pem: bytes) -> tuple[RSAPrivateKey | EllipticCurvePrivateKey, x509.Certificate]:
    try:
        key = load_pem_private_key(pem, password=None)
        certificate = x509.load_pem_x509_certificate(pem)
    except (ValueError, TypeError) as error:
        raise Refused(f"the CAP key is no private key with its certificate: {error}") from None
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey):
        raise Refused("the CAP key is neither RSA nor on a NIST curve")
    return key, certificate


def _library() -> ModuleType:
    try:
        return importlib.import_module("signxml")
    except ModuleNotFoundError:
        raise Refused("signatures need another package: pip install 'floodwarn[sign]'") from None
