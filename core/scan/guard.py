"""What may be looked at: addresses that are public or permitted, and URLs that are http.

A name says nothing: thirteen of eighteen spellings of loopback pass string checks, and a name may point elsewhere a
second later. So names are resolved first and only addresses are judged, each one right before it is connected to.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import unicodedata
from collections.abc import Iterable, Sequence
from urllib.parse import urljoin, urlsplit

import httpx

from core.scan.fault import TargetFault, refused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_URL = 8192
MAX_HOST = 253
HOW_TO_ALLOW = "pass --allow-private, set allow_private = true on the target, or name its network under [fetch] allow"

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_SPACED_HOST = re.compile(r"[^/?#]*//[^/?#]*\s")
_NAME = re.compile(r"(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\.?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")

# What can never be the address of one web server; no permission helps.
_NEVER = tuple(
    (ipaddress.ip_network(network), what)
    for network, what in (
        ("255.255.255.255/32", "the broadcast address"),
        ("0.0.0.0/8", "an unspecified address"),
        ("::/128", "the unspecified address"),
        ("224.0.0.0/4", "a multicast address"),
        ("ff00::/8", "a multicast address"),
        ("240.0.0.0/4", "a reserved address"),
    )
)
# What `ipaddress` calls global or does not name well (IANA special-purpose registries, RFC 6890 and its updates).
_SPECIAL = tuple(
    (ipaddress.ip_network(network), what)
    for network, what in (
        ("127.0.0.0/8", "a loopback address"),
        ("::1/128", "a loopback address"),
        ("169.254.0.0/16", "a link-local address (cloud metadata lives there)"),
        ("fe80::/10", "a link-local address"),
        ("100.64.0.0/10", "a carrier's shared address (RFC 6598)"),
        ("192.88.99.0/24", "a 6to4 relay address (RFC 7526)"),
        ("64:ff9b::/96", "an IPv4 address behind NAT64 (RFC 6052)"),
        ("64:ff9b:1::/48", "an IPv4 address behind local NAT64 (RFC 8215)"),
        ("2002::/16", "an IPv4 address behind 6to4 (RFC 3056)"),
        ("2001::/32", "an IPv4 address behind Teredo (RFC 4380)"),
        ("::/96", "an IPv4-compatible address (RFC 4291)"),
        ("fec0::/10", "a site-local address (RFC 3879)"),
        ("fc00::/7", "a private address"),
    )
)
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")


def networks(allow: Iterable[str]) -> tuple[Network, ...]:
    """The networks that `[fetch] allow` names; ValueError for a text that is none."""
    return tuple(ipaddress.ip_network(each, strict=False) for each in allow)


def refusal(address: str, allow: Sequence[Network] = (), allow_private: bool = False) -> str | None:
    """Why this address must not be looked at, as a sentence that says what to set; None where it may be.

    An IPv4 address inside `::ffff:0:0/96` is judged as the IPv4 address that the kernel will connect to.
    """
    if "%" in address:
        return f"{address} names a network interface (zone id), which is never looked at"
    try:
        parsed = _unmapped(ipaddress.ip_address(address))
    except ValueError:
        return f"{address} is not an address"
    if any(parsed in network for network in allow if network.version == parsed.version):
        return None
    never = _named(parsed, _NEVER)
    if never:
        return f"{address} is {never}, which is never looked at"
    what = _named(parsed, _SPECIAL) or _unnamed(parsed)
    if not what or allow_private:
        return None
    return f"{address} is {what}; to look at it {HOW_TO_ALLOW}"


def _unmapped(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _named(address: Address, table: Sequence[tuple[Network, str]]) -> str:
    return next((what for network, what in table if network.version == address.version and address in network), "")


def _unnamed(address: Address) -> str:
    if address.is_private:
        return "a private address"
    if not address.is_global or (address.version == 6 and address not in _GLOBAL_UNICAST):
        return "not a public address"
    return ""


def literal_address(host: str) -> str | None:
    """The address that a host spells without any lookup, in its usual form; None where it is a name.

    Covers what C libraries take for IPv4: `2130706433`, `0x7f.1`, `0177.0.0.1`, `127.1`, each with or without a
    trailing dot.
    """
    bare = host.strip("[]").removesuffix(".")
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        pass
    if not _NUMBER.fullmatch(bare.rpartition(".")[2].lower()):
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(bare))
    except OSError:
        return None


def check_url(url: str) -> httpx.URL:
    """The URL in normal form and without its fragment, or a policy fault that says what is wrong with it.

    The message never quotes the URL: a mistyped one may carry its password anywhere.
    """
    text = _with_slashes(url.strip())
    if len(text) > MAX_URL:
        raise refused(f"the URL is longer than {MAX_URL} characters")
    if _CONTROL.search(text) or _SPACED_HOST.match(text):
        raise refused("the URL contains control characters, or spaces before its path")
    try:
        parsed = httpx.URL(text if text.isascii() else _ascii_digits(text))
        raw_host = parsed.raw_host.decode("ascii")
    except (httpx.InvalidURL, ValueError):
        raise refused("this is not a valid URL: its host, port or path cannot be read") from None
    if parsed.scheme not in ("http", "https"):
        raise refused("only http and https URLs can be looked at")
    _check_host(raw_host)
    if parsed.port is not None and not 0 < parsed.port < 65536:
        raise refused("the URL's port is not between 1 and 65535")
    return parsed.copy_with(fragment=None) if parsed.fragment else parsed


def redirected(url: httpx.URL, location: str) -> httpx.URL:
    """Where a Location header leads from a URL, checked like any other URL; its credentials are not taken along."""
    try:
        target = check_url(urljoin(str(url), _with_slashes(location)))
    except TargetFault as fault:
        raise refused(f"redirect from {url.host}: {fault}") from fault
    except ValueError:
        raise refused(f"redirect from {url.host}: this is not a valid URL") from None
    return target.copy_with(userinfo=b"") if target.userinfo else target


def _with_slashes(text: str) -> str:
    """Backslashes before the query as the slashes that browsers read in them."""
    if "\\" not in text:
        return text
    end = min((at for at in map(text.find, "?#") if at >= 0), default=len(text))
    return text[:end].replace("\\", "/") + text[end:]


def _ascii_digits(text: str) -> str:
    """Compatibility forms in the host (fullwidth letters, digits and dots) as the plain ones that browsers read."""
    parts = urlsplit(text)
    userinfo, at, host = parts.netloc.rpartition("@")
    plain = unicodedata.normalize("NFKC", host.lower()).replace("\u3002", ".")
    return parts._replace(netloc=f"{userinfo}{at}{plain}").geturl()


def _check_host(host: str) -> None:
    if not host:
        raise refused("the URL has no host")
    if ":" in host:
        if "%" in host or literal_address(host) is None:
            raise refused("the URL's IPv6 address cannot be read (zone ids are not taken)")
        return
    if len(host) > MAX_HOST or not _NAME.fullmatch(host.lower()):
        raise refused("the URL's host is not a valid host name")
    last = host.lower().removesuffix(".").rpartition(".")[2]
    if _NUMBER.fullmatch(last) and literal_address(host) is None:
        raise refused("the URL's host ends in a number but is not an IPv4 address")


def without_credentials(url: httpx.URL) -> str:
    """The URL as it may be shown: user name and password left out."""
    return str(url.copy_with(userinfo=b"") if url.userinfo else url)
