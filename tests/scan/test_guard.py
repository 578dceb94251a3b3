"""Which addresses and URLs may be looked at."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from core.model.scan import FailureClass
from core.scan.fault import TargetFault
from core.scan.guard import check_url, literal_address, networks, redirected, refusal, without_credentials

SPECIAL = [
    "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "100.127.255.255", "192.0.2.1", "198.18.0.1", "192.88.99.1", "::1", "fe80::1", "fc00::1", "fd12:3456::1",
    "fec0::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::7f00:2",
    "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::", "2001:0:7f00:1::",
    "2001:db8::1", "5f00::1", "100::1",
]  # fmt: skip
NEVER = [
    "0.0.0.0", "0.1.2.3", "255.255.255.255", "224.0.0.1", "239.255.255.255", "240.0.0.1", "::", "ff02::1",
    "::ffff:0.0.0.0", "::ffff:224.0.0.1", "fe80::1%eth0", "2606:4700::1%1", "", "localhost", "1.2.3",
]  # fmt: skip
PUBLIC = ["1.1.1.1", "93.184.216.34", "100.63.255.255", "172.32.0.1", "2606:4700:4700::1111", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", SPECIAL)
def test_an_address_inside_is_refused_with_what_to_set(address: str) -> None:
    reason = refusal(address)
    assert reason is not None
    assert reason.startswith(f"{address} is ")
    for way in ("--allow-private", "allow_private = true", "[fetch] allow"):
        assert way in reason


@pytest.mark.parametrize("address", SPECIAL)
def test_an_address_inside_may_be_looked_at_with_leave(address: str) -> None:
    assert refusal(address, allow_private=True) is None


@pytest.mark.parametrize("address", NEVER)
def test_no_leave_helps_what_is_no_address_of_one_server(address: str) -> None:
    assert refusal(address) is not None
    assert refusal(address, allow_private=True) is not None


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_looked_at(address: str) -> None:
    assert refusal(address) is None


@pytest.mark.parametrize(
    ("address", "network", "permitted"),
    [
        ("10.20.3.4", "10.20.0.0/16", True),
        ("10.21.3.4", "10.20.0.0/16", False),
        ("::ffff:10.20.3.4", "10.20.0.0/16", True),
        ("fd00::5", "fd00::/8", True),
        ("127.0.0.1", "::/0", False),
        ("64:ff9b::a14:304", "10.20.0.0/16", False),
    ],
)
def test_an_allowed_network_permits_its_own_addresses_only(address: str, network: str, permitted: bool) -> None:
    assert (refusal(address, networks([network])) is None) is permitted


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0X7F.1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("0", "0.0.0.0"),
        ("[::1]", "::1"),
        ("[0:0:0:0:0:ffff:7f00:1]", "::ffff:7f00:1"),
        ("shop.test", None),
        ("1.2.3.4.5", None),
        ("256.1.1.1", None),
        ("fe80", None),
        ("", None),
    ],
)
def test_a_host_that_spells_an_address_is_that_address(host: str, address: str | None) -> None:
    assert literal_address(host) == address


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("http://shop.test", "http://shop.test"),
        ("  HTTPS://Shop.TEST/a b#top ", "https://shop.test/a%20b"),
        ("http://bücher.example/ü?q=ß", "http://xn--bcher-kva.example/%C3%BC?q=%C3%9F"),
        ("http://１２７.０.０.１/", "http://127.0.0.1/"),
        ("http://127。0。0。1/", "http://127.0.0.1/"),
        ("http:\\\\shop.test\\a?b\\c", "http://shop.test/a?b\\c"),
        ("http://[::1]:8080/", "http://[::1]:8080/"),
        ("http://_dmarc.shop.test./", "http://_dmarc.shop.test./"),
    ],
)
def test_a_url_is_taken_in_its_normal_form(url: str, normal: str) -> None:
    assert str(check_url(url)) == normal


@pytest.mark.parametrize(
    "url",
    [
        "", "shop.test", "ftp://shop.test/", "file:///etc/passwd", "javascript:alert(1)", "http://", "http:///path",
        "http://a..b/", "http://.shop.test/", "http://" + "a" * 64 + ".test/", "http://" + "a." * 127 + "test/",
        "http://shop.test:0/", "http://shop.test:65536/", "http://shop.test:x/", "http://256.1.1.1/", "http://1.2.3.4.5/",
        "http://[fe80::1%25eth0]/", "http://[::g]/", "http://[::1/", "http://shop test/", "http://shop.test\n/",
        "http://shop.test/\x00", "http://a%2fb/", "http://\u202eshop.test/", "http://shop.test/" + "a" * 9000,
        "http://ex\uff0fample.test/",
    ],
)  # fmt: skip
def test_a_url_that_cannot_be_looked_at_is_refused_by_policy(url: str) -> None:
    with pytest.raises(TargetFault) as caught:
        check_url(url)
    assert caught.value.failure_class is FailureClass.POLICY


@pytest.mark.parametrize(
    "url",
    ["http://user:hunter2@shop.test:x/", "http://user:hunter2/@shop.test", "ftp://user:hunter2@shop.test/",
     "http://user:hunter2@a..b/", "http://user:hunter2@[::g]/", "http://user:hunter2@shop.test/\x00"],
)  # fmt: skip
def test_a_refusal_never_tells_the_password(url: str) -> None:
    with pytest.raises(TargetFault) as caught:
        check_url(url)
    assert "hunter2" not in str(caught.value)


def test_credentials_are_not_shown() -> None:
    assert without_credentials(check_url("http://user:hunter2@shop.test/a")) == "http://shop.test/a"


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/next", "https://shop.test/next"),
        ("//cdn.test/x", "https://cdn.test/x"),
        ("\\\\cdn.test\\x", "https://cdn.test/x"),
        ("?page=2", "https://shop.test/a/b?page=2"),
        ("http://user:pass@other.test/#x", "http://other.test/"),
        ("../ä b", "https://shop.test/%C3%A4%20b"),
    ],
)
def test_a_redirect_is_read_relative_to_where_it_came_from(location: str, target: str) -> None:
    assert str(redirected(httpx.URL("https://shop.test/a/b"), location)) == target


@pytest.mark.parametrize("location", ["ftp://shop.test/", "javascript:alert(1)", "http://[", "http://a..b/"])
def test_a_redirect_to_what_cannot_be_looked_at_is_refused(location: str) -> None:
    with pytest.raises(TargetFault, match=r"redirect from shop\.test"):
        redirected(httpx.URL("https://shop.test/a/b"), location)


# Where we differ from the URL standard's own test data, by input. Everything else must be the same host and port, or
# refused by both.
STRICTER = frozenset(
    {
        # port 0 is no port of a web server
        "http://f:0/c", "http://f:00000000000000/c",
        # brackets in user names, slashes left out: typing errors that we would rather tell of
        "http://&a:foo(b]c@d:2/", "https://user:pass[\x7f@foo/bar", "https:/example.com/", "https:example.com/",
        "http:/example.com/", "http:example.com/", "http:@www.example.com", "http:/@www.example.com",
        "http:a:b@www.example.com", "http:/a:b@www.example.com", "http::b@www.example.com",
        "http:/:b@www.example.com", "http:a:@www.example.com", "http:/a:@www.example.com",
        # control and invisible characters are refused, not left out
        "http://example.com/foo\t\x91%91", "http://example.com/foo\tbar", "http://GOO\u200b\u2060\ufeffgoo.com",
        "\x00\x1b\x04\x12 http://example.com/\x1f \r ", "http://ho\tst/", "http://ho\nst/", "http://ho\rst/",
        "h\tt\nt\rp://h\to\ns\rt:9\t0\n0\r0/p\ta\nt\rh?q\tu\ne\rry#f\tr\na\rg", "http://foo.bar/baz?qux#foo\x08bar",
        "http://example.org/test?a#b\x00c", "https://x/\x00y", "https://x/?\x00y", "https://x/?#\x00y",
        "https://www.example.com/path{\x7fpath.html?query'\x7f=query#fragment<\x7ffragment",
        # percent signs and punctuation in host names, empty labels, empty hexadecimal numbers
        "http://%30%78%63%30%2e%30%32%35%30.01", "http://%30%78%63%30%2e%30%32%35%30.01%2e", "https://%e2%98%83",
        "https://a%C2%ADb/", 'http://!"$&\'()*+,-.;=_`{}~/', "http://./", "http://../", "http://foo.09..",
        "https://0x.0x.0",
    }
)  # fmt: skip
# Broken punycode is a name that DNS will not know.
LAXER = frozenset(
    {
        "http://a.b.c.xn--pokxncvks", "http://10.0.0.xn--pokxncvks", "http://a.b.c.XN--pokxncvks",
        "http://a.b.c.Xn--pokxncvks", "http://10.0.0.XN--pokxncvks", "http://10.0.0.xN--pokxncvks", "https://xn--/",
    }
)  # fmt: skip
# Empty authorities in a Location are left out by browsers; RFC 3986 reads a path.
ELSEWHERE = frozenset({"///test", "///\\//\\//test"})


def _wanted(case: dict[str, str]) -> tuple[str, str, str] | None:
    if case.get("failure") or case["protocol"] not in ("http:", "https:"):
        return None
    return case["protocol"].rstrip(":"), _host(case["hostname"]), case["port"]


def _host(host: str) -> str:
    return literal_address(host) or host.removesuffix(".")


def _taken(case: dict[str, str | None]) -> tuple[str, str, str] | None:
    base, text = case.get("base") or "", case["input"] or ""
    try:
        url = redirected(httpx.URL(base), text) if base.startswith("http") else check_url(text)
    except TargetFault:
        return None
    return url.scheme, _host(url.raw_host.decode()), str(url.port or "")


@pytest.mark.shared_data
def test_the_url_standards_cases_are_read_alike_or_refused(shared_data: Path) -> None:
    listed = json.loads((shared_data / "hostile" / "url" / "url__tests__urltestdata.json").read_text())
    cases = [case for case in listed if isinstance(case, dict)]
    assert len(cases) > 800
    differing: dict[str, set[str]] = {"stricter": set(), "laxer": set(), "elsewhere": set()}
    for case in cases:
        wanted, taken = _wanted(case), _taken(case)
        if wanted != taken:
            how = "stricter" if taken is None else "laxer" if wanted is None else "elsewhere"
            differing[how].add(case["input"])
    assert differing == {"stricter": STRICTER, "laxer": LAXER, "elsewhere": ELSEWHERE}
