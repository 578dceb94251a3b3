"""Providers are told by marks they set themselves, and each fact names the mark."""

from __future__ import annotations

import pytest

from core.scan.infrastructure import CDNS, HOSTS, scan_infrastructure
from core.scan.look import Findings
from tests.scan.pages import by_key, seen


def found(*headers: tuple[str, str], **parts: object) -> Findings:
    return scan_infrastructure(seen("", *headers, **parts))


def test_dns_records_are_sorted_one_a_line() -> None:
    dns = by_key(found(records={"A": ("192.0.2.2", "192.0.2.1"), "MX": ("10 mx.shop.test.",)}), "dns")
    assert (dns["A"].value, dns["A"].evidence) == ("192.0.2.1\n192.0.2.2", "A 192.0.2.1; A 192.0.2.2")
    assert dns["MX"].value == "10 mx.shop.test."


def test_a_one_time_challenge_in_txt_is_noise() -> None:
    records = {"TXT": ("v=spf1 -all", "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0")}
    assert by_key(found(records=records), "dns")["TXT"].compared == "v=spf1 -all"


def test_of_addresses_that_take_turns_the_set_is_compared() -> None:
    def address(answered: str, *others: str) -> str:
        return by_key(found(address=answered, records={"A": others}), "infrastructure")["ip"].compared

    assert address("192.0.2.1", "192.0.2.1", "192.0.2.2") == address("192.0.2.2", "192.0.2.1", "192.0.2.2")
    assert address("192.0.2.1", "192.0.2.1") != address("192.0.2.2", "192.0.2.2")
    assert "ip" not in by_key(found(), "infrastructure")


@pytest.mark.parametrize(
    ("header", "key", "name"),
    [
        (("CF-Ray", "776fc993651a02ad-AMS"), "cdn", "Cloudflare"),
        (("X-Amz-Cf-Id", "abc"), "cdn", "Amazon CloudFront"),
        (("Server", "AkamaiGHost"), "cdn", "Akamai"),
        (("X-Fastly-Request-ID", "1"), "cdn", "Fastly"),
        (("Server", "BunnyCDN-DE1-1"), "cdn", "Bunny"),
        (("Via", "1.1 google"), "cdn", "Google Cloud CDN"),
        (("X-Azure-Ref", "x"), "cdn", "Azure Front Door"),
        (("X-Vercel-Id", "fra1::x"), "hosting", "Vercel"),
        (("X-GitHub-Request-Id", "x"), "hosting", "GitHub Pages"),
        (("Via", "1.1 vegur"), "hosting", "Heroku"),
    ],
)
def test_a_header_of_the_edge_names_its_provider(header: tuple[str, str], key: str, name: str) -> None:
    fact = by_key(found(header), "infrastructure")[key]
    assert fact.value == name
    assert fact.evidence == f"{header[0].lower()}: {header[1]}"


@pytest.mark.parametrize(
    ("kind", "record", "key", "name"),
    [
        ("CNAME", "d111.cloudfront.net.", "cdn", "Amazon CloudFront"),
        ("CNAME", "shop.edgekey.net.", "cdn", "Akamai"),
        ("CNAME", "x.fastly.net", "cdn", "Fastly"),
        ("CNAME", "x.b-cdn.net", "cdn", "Bunny"),
        ("CNAME", "x.kxcdn.com", "cdn", "KeyCDN"),
        ("CNAME", "x.gcdn.co", "cdn", "Gcore"),
        ("CNAME", "me.github.io.", "hosting", "GitHub Pages"),
        ("NS", "ns-12.awsdns-01.org.", "hosting", "Amazon Web Services"),
        ("NS", "ns1-02.azure-dns.com.", "hosting", "Microsoft Azure"),
        ("NS", "ns51.domaincontrol.com.", "hosting", "GoDaddy"),
    ],
)
def test_a_name_of_the_provider_names_it(kind: str, record: str, key: str, name: str) -> None:
    fact = by_key(found(records={kind: (record,)}), "infrastructure")[key]
    assert (fact.value, fact.evidence) == (name, f"{kind} {record}")


def test_a_name_that_only_looks_like_a_provider_is_none() -> None:
    records = {"CNAME": ("notfastly.net.", "fastly.net.evil.test."), "NS": ("myawsdns.test.",)}
    assert by_key(found(records=records), "infrastructure") == {}


def test_other_headers_are_facts_and_volatile_ones_are_not() -> None:
    findings = found(
        ("Server", "nginx/1.24.0"), ("X-Powered-By", "PHP/8.2.7"), ("Date", "now"), ("ETag", "x"),
        ("Set-Cookie", "a=b"),        ("X-Frame-Options", "DENY"), ("Vary", "a"), ("vary", "b"),
    )  # fmt: skip
    assert {key: fact.value for key, fact in by_key(findings, "header").items()} == {
        "content-type": "text/html; charset=utf-8",
        "server": "nginx/1.24.0",
        "x-powered-by": "PHP/8.2.7",
        "vary": "a, b",
    }
    assert by_key(findings, "infrastructure")["server"].value == "nginx/1.24.0"


def test_providers_are_named_once_and_marked_in_lower_case() -> None:
    for table in (CDNS, HOSTS):
        assert len({provider.name for provider in table}) == len(table)
        for provider in table:
            marks = (*(mark for pair in provider.headers for mark in pair), *provider.aliases, *provider.nameservers)
            assert all(mark == mark.lower() for mark in marks), provider.name
