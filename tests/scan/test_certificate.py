"""Certificates as facts, odd ones included."""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import NameOID

from core.scan.certificate import certificate_facts

Key = CertificateIssuerPrivateKeyTypes
ISSUED = datetime.datetime(2026, 11, 1, 12, 30, 15, tzinfo=datetime.UTC)
ENDS = datetime.datetime(2027, 1, 30, tzinfo=datetime.UTC)


def _name(common: str, organisation: str = "") -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common)]
    if organisation:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    return x509.Name(parts)


def _made(
    key: Key | None = None, subject: x509.Name | None = None, names: tuple[x509.GeneralName, ...] | None = None
) -> bytes:
    key = key or ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder(_name("Own CA", "Own, Inc."), subject or _name("shop.test"), key.public_key(), 0xABC)
        .not_valid_before(ISSUED)
        .not_valid_after(ENDS)
    )
    if names is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, algorithm).public_bytes(serialization.Encoding.DER)


def test_a_chain_becomes_facts() -> None:
    names = (x509.DNSName("www.shop.test"), x509.DNSName("shop.test"), x509.IPAddress(ipaddress.ip_address("::1")))
    leaf, between = _made(names=names), _made(subject=_name("Own CA", "Own, Inc."))
    assert certificate_facts((leaf, between)) == {
        "subject": "CN=shop.test",
        "san": "::1, shop.test, www.shop.test",
        "issuer": "O=Own\\, Inc.,CN=Own CA",
        "serial": "abc",
        "key": "EC P-256",
        "not_before": "2026-11-01T12:30:15Z",
        "not_after": "2027-01-30T00:00:00Z",
        "chain": "CN=shop.test\nO=Own\\, Inc.,CN=Own CA",
        "fingerprint": hashlib.sha256(leaf).hexdigest(),
    }


@pytest.mark.parametrize(
    ("make", "key"),
    [
        (lambda: rsa.generate_private_key(65537, 2048), "RSA 2048"),
        (lambda: ec.generate_private_key(ec.SECP384R1()), "EC P-384"),
        (lambda: ec.generate_private_key(ec.SECP256K1()), "EC secp256k1"),
        (ed25519.Ed25519PrivateKey.generate, "Ed25519"),
    ],
)
def test_a_key_is_told_by_kind_and_size(make: Callable[[], Key], key: str) -> None:
    assert certificate_facts((_made(make()),))["key"] == key


def test_a_certificate_without_names_has_none() -> None:
    assert certificate_facts((_made(),))["san"] == ""


def test_names_cannot_steer_a_terminal() -> None:
    facts = certificate_facts((_made(subject=_name("shop\x1b[31m.test\u202e")),))
    assert "\x1b" not in facts["subject"] + facts["chain"]
    assert "\u202e" not in facts["subject"] + facts["chain"]


@pytest.mark.parametrize("der", [b"", b"nonsense", b"\x30\x03\x02\x01\x01", b"\x30\x84\xff\xff\xff\xff"])
def test_what_is_no_certificate_still_has_a_fingerprint(der: bytes) -> None:
    assert certificate_facts((der,)) == {"fingerprint": hashlib.sha256(der).hexdigest(), "chain": "(unreadable)"}


def test_no_chain_has_no_facts() -> None:
    assert certificate_facts(()) == {}


@pytest.mark.parametrize("position", range(0, 300, 2))
def test_a_damaged_certificate_never_raises(position: int) -> None:
    key = ed25519.Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
    whole = bytearray(_made(key, names=(x509.DNSName("shop.test"),)))
    whole[position % len(whole)] ^= 0xFF
    facts = certificate_facts((bytes(whole),))
    assert facts["fingerprint"] == hashlib.sha256(bytes(whole)).hexdigest()
