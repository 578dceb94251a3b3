"""Which new values of a security header protect less than the old ones."""

from __future__ import annotations

import pytest

from core.detect.headers import weakened

WEAKER = [
    ("strict-transport-security", "max-age=31536000", "max-age=300", "max-age fell from 31536000 to 300 s"),
    ("strict-transport-security", "max-age=31536000", "nonsense", "max-age fell from 31536000 to 0 s"),
    (
        "strict-transport-security",
        "max-age=9; includeSubDomains; preload",
        "max-age=9",
        "includesubdomains and preload",
    ),
    ("content-security-policy", "script-src 'self'", "script-src 'self' 'unsafe-inline'", "'unsafe-inline'"),
    ("content-security-policy", "script-src 'self'", "script-src *", "script-src now allows *"),
    ("content-security-policy", "default-src 'self'", "default-src 'self'; img-src data:", "img-src now allows data:"),
    ("content-security-policy", "object-src 'none'; img-src a", "img-src a", "directive object-src lost"),
    ("content-security-policy", "frame-ancestors 'none'; default-src a", "default-src a", "frame-ancestors lost"),
    ("content-security-policy", "img-src 'none'; default-src a", "default-src a", "directive img-src lost"),
    ("content-security-policy", "img-src a; default-src b", "default-src *", "directive img-src lost"),
    ("x-frame-options", "DENY", "SAMEORIGIN", "deny became sameorigin"),
    ("x-frame-options", "SAMEORIGIN", "ALLOW-FROM https://a", "sameorigin became allow-from"),
    ("referrer-policy", "no-referrer", "unsafe-url", "no-referrer became unsafe-url"),
    ("referrer-policy", "no-referrer, strict-origin", "unsafe-url", "strict-origin became unsafe-url"),
    ("cross-origin-opener-policy", "same-origin", "unsafe-none", "same-origin became unsafe-none"),
    ("cross-origin-embedder-policy", "require-corp", "credentialless", "require-corp became credentialless"),
    ("cross-origin-resource-policy", "same-origin", "cross-origin", "same-origin became cross-origin"),
    ("x-permitted-cross-domain-policies", "none", "all", "none became all"),
    ("x-content-type-options", "nosniff", "sniff", "nosniff lost"),
    ("access-control-allow-origin", "https://a.example", "*", "any origin may read now"),
    ("permissions-policy", "camera=()", "camera=*", "camera no longer restricted"),
    ("permissions-policy", "camera=(), usb=(self)", "usb=(self)", "camera no longer restricted"),
    ("x-xss-protection", "1; mode=block", "0", "the filter was switched off"),
]


@pytest.mark.parametrize(("name", "before", "after", "because"), WEAKER)
def test_a_weaker_value_says_what_was_lost(name: str, before: str, after: str, because: str) -> None:
    assert because in weakened(name, before, after)


@pytest.mark.parametrize(("name", "before", "after", "because"), WEAKER)
def test_the_way_back_is_no_loss(name: str, before: str, after: str, because: str) -> None:
    assert weakened(name, after, before) == ""


AS_STRONG = [
    ("strict-transport-security", "max-age=1; preload", "preload; max-age=2"),
    ("content-security-policy", "default-src 'self'; img-src 'self' b", "default-src 'self'"),
    ("content-security-policy", "script-src a b", "script-src a"),
    ("content-security-policy", "img-src 'none'; default-src 'none'", "default-src 'none'"),
    ("content-security-policy", "script-src a", "script-src c"),
    ("content-security-policy", "script-src 'self';;", "script-src 'self'; base-uri 'none'"),
    ("x-frame-options", "nonsense", "ALLOW-FROM https://a"),
    ("x-frame-options", "DENY", "nonsense"),
    ("permissions-policy", "camera=*", "camera=()"),
    ("permissions-policy", "camera=()", "camera=(), usb=(self)"),
    ("nel", "{}", "{1}"),
]


@pytest.mark.parametrize(("name", "before", "after"), AS_STRONG)
def test_a_value_that_protects_as_well_is_no_loss(name: str, before: str, after: str) -> None:
    assert weakened(name, before, after) == ""
