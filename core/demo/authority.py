"""A throw-away certificate authority: made for one demo, never written with its key, trusted by that demo alone."""

from __future__ import annotations

import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_FILE = "ca.pem"


class Authority:
    """Signs for the sites of one folder, into which its own certificate is written; `now` is epoch seconds."""

    def __init__(self, folder: Path, now: float) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named("Vedette demo, throw-away authority")
        made = datetime.fromtimestamp(now, UTC)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        longest = timedelta(days=400)
        own = self._builder(self._name, self._key.public_key(), made, longest, authority=True)
        certificate = own.add_extension(usage, critical=True).sign(self._key, hashes.SHA256())
        (folder / CA_FILE).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def context(self, host: str, days: int, now: float) -> ssl.SSLContext:
        """A server's TLS context with a new certificate for the host that is valid for so many days."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = datetime.fromtimestamp(now, UTC)
        builder = self._builder(_named(host), key.public_key(), made, timedelta(days=days), authority=False)
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        serving = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        certificate = builder.add_extension(serving, critical=False).sign(self._key, hashes.SHA256())
        chain = certificate.public_bytes(serialization.Encoding.PEM) + _private(key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._load(context, chain)
        return context

    def _load(self, context: ssl.SSLContext, chain: bytes) -> None:
        """By way of a file, because Python's ssl reads certificates from files only."""
        path = self._folder / "chain.pem"
        try:
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(chain)
            context.load_cert_chain(path)
        finally:
            path.unlink(missing_ok=True)

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, made: datetime, lasts: timedelta, *, authority: bool
    ) -> x509.CertificateBuilder:
        """A day is left before `made` for clocks that are behind."""
        ours = self._key.public_key()
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(made - timedelta(days=1))
            .not_valid_after(made + lasts)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ours), critical=False)
        )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
