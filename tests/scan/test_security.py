"""What protects a page's visitors is told as facts, without any visitor's secrets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.scan.response import TlsSession
from core.scan.security import scan_security
from tests.scan.pages import by_key, seen, values


def certificate(name: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), 7, start, start + timedelta(days=90))
    alternative = x509.SubjectAlternativeName([x509.DNSName(name)])
    made = builder.add_extension(alternative, critical=False).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.DER)


def test_security_headers_are_facts_with_their_line_as_evidence() -> None:
    found = by_key(
        scan_security(seen("<p>", ("Strict-Transport-Security", "max-age=300"), ("X-Other", "no"), ("NEL", "{}"))),
        "header",
    )
    assert set(found) == {"strict-transport-security", "nel"}
    assert found["strict-transport-security"].evidence == "strict-transport-security: max-age=300"


def test_a_nonce_does_not_make_another_policy() -> None:
    def policy(nonce: str) -> str:
        header = ("content-security-policy", f"script-src 'nonce-{nonce}' 'self'")
        return by_key(scan_security(seen("<p>", header)), "header")["content-security-policy"].compared

    assert policy("abc") == policy("xyz")


def test_cookies_show_their_flags_sorted_and_never_their_value() -> None:
    findings = scan_security(
        seen(
            "<p>",
            ("set-cookie", "sid=SECRET; Secure; Path=/; samesite=lax; HttpOnly; Expires=Sun, 22 Nov 2026 10:00:00 GMT"),
            ("set-cookie", "TS01abcd12=SECRET2"),
            ("set-cookie", "=nameless"),
        )
    )
    assert {key: fact.value for key, fact in by_key(findings, "cookie").items()} == {
        "sid": "HttpOnly; Path=/; SameSite=Lax; Secure",
        "TS*": "",
    }
    assert not any("SECRET" in f"{fact.value}{fact.evidence}{fact.key}" for fact in findings.facts)


def test_the_certificate_and_the_session_are_facts() -> None:
    chain = (certificate("shop.test"), certificate("ca.test"))
    findings = scan_security(seen("<p>", tls=TlsSession("TLSv1.3", "TLS_AES_256_GCM_SHA384", "h2", chain)))
    parts = by_key(findings, "certificate")
    assert "shop.test" in parts["subject"].value
    assert parts["san"].value == "shop.test"
    assert len(parts["chain"].value.splitlines()) == 2
    assert {key: fact.value for key, fact in by_key(findings, "tls").items()} == {
        "protocol": "TLSv1.3",
        "cipher": "TLS_AES_256_GCM_SHA384",
        "alpn": "h2",
    }


def test_mixed_content_is_listed_once_and_sorted() -> None:
    html = """<script src="http://b.test/x.js?v=123"></script><img src=http://a.test/i.png><img src=http://a.test/i.png>
    <link rel=stylesheet href=https://c.test/ok.css><iframe src=http://d.test/></iframe>"""
    assert by_key(scan_security(seen(html)), "security")["mixed_content"].value == (
        "http://a.test/i.png\nhttp://b.test/x.js\nhttp://d.test/"
    )
    assert "mixed_content" not in by_key(scan_security(seen(html, final_url="http://shop.test/")), "security")


def test_whether_http_leads_to_https_is_told_only_when_it_was_seen() -> None:
    assert by_key(scan_security(seen("<p>", https_redirect=True)), "security")["https_redirect"].value == "yes"
    assert by_key(scan_security(seen("<p>", https_redirect=False)), "security")["https_redirect"].value == "no"
    assert "https_redirect" not in by_key(scan_security(seen("<p>")), "security")


def test_the_grade_is_a_fact_and_names_what_failed() -> None:
    findings = scan_security(seen("<p>"))
    fact = by_key(findings, "security")["grade"]
    assert findings.grade is not None
    assert (fact.value, findings.grade.grade, findings.grade.score) == ("D", "D", 30)
    assert "csp-not-implemented" in fact.evidence
    assert values(findings, "certificate") == []
