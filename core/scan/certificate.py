"""From a certificate chain as it came over the wire to the facts that people compare.

One odd certificate in ten raises from some accessor, so each fact is read on its own: what cannot be read is left out.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

from core.text import safe

KEPT_CHAINS = 1024
MAX_VALUE = 32_768
_UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}


@lru_cache(KEPT_CHAINS)
def certificate_facts(chain: tuple[bytes, ...]) -> Mapping[str, str]:
    """The facts of kind `certificate` by key (core.model.facts), from DER certificates, leaf first.

    `fingerprint` is the SHA-256 of the leaf in hex and always there; names follow RFC 4514, times RFC 3339, `serial`
    is hex, `key` is like `RSA 2048` or `EC P-256`. A key that cannot be read is absent. Chains are remembered: the
    same one is seen on every look for months.
    """
    if not chain:
        return MappingProxyType({})
    with warnings.catch_warnings():
        # what cryptography complains of (a serial number below one, a country of nine letters) is served all the same
        warnings.simplefilter("ignore")
        return MappingProxyType(_facts(chain))


def _facts(chain: tuple[bytes, ...]) -> dict[str, str]:
    facts = {"fingerprint": hashlib.sha256(chain[0]).hexdigest(), "chain": "\n".join(map(_subject_of, chain))}
    leaf = _parsed(chain[0])
    if leaf is not None:
        for key, read in _READERS.items():
            value = _attempt(read, leaf)
            if value is not None:
                facts[key] = value
    return {key: safe(value, MAX_VALUE, keep_newlines=True) for key, value in facts.items()}


def _parsed(der: bytes) -> x509.Certificate | None:
    try:
        return x509.load_der_x509_certificate(der)
    except _UNREADABLE:
        return None


def _attempt(read: Callable[[x509.Certificate], str], certificate: x509.Certificate) -> str | None:
    try:
        return read(certificate)
    except _UNREADABLE:
        return None


def _subject_of(der: bytes) -> str:
    certificate = _parsed(der)
    subject = _attempt(_subject, certificate) if certificate is not None else None
    return subject if subject is not None else "(unreadable)"


def _subject(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string()


def _issuer(certificate: x509.Certificate) -> str:
    return certificate.issuer.rfc4514_string()


def _serial(certificate: x509.Certificate) -> str:
    return f"{certificate.serial_number:x}"


def _alternative_names(certificate: x509.Certificate) -> str:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ""
    readable = [str(name.value) for name in names if isinstance(name, x509.DNSName | x509.IPAddress | x509.RFC822Name)]
    return ", ".join(sorted(set(readable)))


def _key(certificate: x509.Certificate) -> str:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {_CURVES.get(key.curve.name, key.curve.name)}"
    if isinstance(key, dsa.DSAPublicKey):
        return f"DSA {key.key_size}"
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519"
    return "Ed448" if isinstance(key, ed448.Ed448PublicKey) else type(key).__name__


def _not_before(certificate: x509.Certificate) -> str:
    return _rfc3339(certificate.not_valid_before_utc)


def _not_after(certificate: x509.Certificate) -> str:
    return _rfc3339(certificate.not_valid_after_utc)


def _rfc3339(moment: datetime) -> str:
    # strftime drops the leading zeros of years before 1000
    return moment.replace(tzinfo=None, microsecond=0).isoformat() + "Z"


_READERS: dict[str, Callable[[x509.Certificate], str]] = {
    "subject": _subject,
    "san": _alternative_names,
    "issuer": _issuer,
    "serial": _serial,
    "key": _key,
    "not_before": _not_before,
    "not_after": _not_after,
}
