"""Where a site lives: DNS records, addresses, server software, CDN and hosting."""

from __future__ import annotations

import ipaddress

from core.detect.comparison import Comparison, Finding, Pair, finding, suppressed
from core.model.scan import Fact

_ADDRESSES = ("A", "AAAA")
_NEIGHBOURS = {4: 24, 6: 48}


def detect_dns(comparison: Comparison) -> list[Finding]:
    """Records that differ. A type absent from one moment was not answered, and no answer is not an empty answer."""
    found = []
    for pair in comparison.differing("dns"):
        if pair.before is None or pair.after is None:
            continue
        if pair.key in _ADDRESSES:
            found.append(_addresses(comparison, pair))
        else:
            found.append(finding(comparison, "infrastructure.dns_changed", pair, "dns", _difference(pair)))
    return found


def detect_infrastructure(comparison: Comparison) -> list[Finding]:
    """The address connected to (where DNS does not tell), server software, CDN and hosting."""
    return [*_connected(comparison), *_server(comparison), *_named(comparison)]


def _addresses(comparison: Comparison, pair: Pair) -> Finding:
    found = finding(comparison, "infrastructure.ip_changed", pair, "dns", _difference(pair))
    because = _rotation(comparison, pair)
    return suppressed(found, because) if because else found


def _rotation(comparison: Comparison, pair: Pair) -> str:
    """Why another set of addresses is the same place, "" where it is not.

    A set counts as moved only when it shares nothing with the old one: name servers of busy sites answer with a part
    of their pool, and content networks with whatever is near.
    """
    old, new = _lines(pair.before), _lines(pair.after)
    if old & new:
        return "addresses rotate: some are still the same"
    if new and _networks(old) & _networks(new):
        return "addresses rotate within one network"
    cdn = comparison.pair("infrastructure", "cdn")
    if cdn.before and cdn.after and cdn.before.value and cdn.before.value == cdn.after.value:
        return f"addresses of the same content network, {cdn.after.value}"
    return ""


def _networks(addresses: frozenset[str]) -> set[str]:
    networks = set()
    for text in addresses:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            continue
        networks.add(str(ipaddress.ip_network(f"{address}/{_NEIGHBOURS[address.version]}", strict=False)))
    return networks


def _connected(comparison: Comparison) -> list[Finding]:
    pair = comparison.pair("infrastructure", "ip")
    if not (pair.before and pair.after) or pair.before.compared == pair.after.compared:
        return []
    if any(comparison.pair("dns", kind).before and comparison.pair("dns", kind).after for kind in _ADDRESSES):
        return []
    found = finding(comparison, "infrastructure.ip_changed", pair, "infrastructure", "another address answered")
    because = _rotation(comparison, pair)
    return [suppressed(found, because) if because else found]


def _server(comparison: Comparison) -> list[Finding]:
    """By the infrastructure scanner, else by the header of the security scanner."""
    for kind in ("infrastructure", "header"):
        pair = comparison.pair(kind, "server")
        if pair.facts:
            if pair.before and pair.after and pair.before.compared == pair.after.compared:
                return []
            return [finding(comparison, "infrastructure.server_changed", pair, kind, "the Server header differs")]
    return []


def _named(comparison: Comparison) -> list[Finding]:
    found = []
    for key in ("cdn", "hosting"):
        pair = comparison.pair("infrastructure", key)
        before, after = (fact.compared if fact else "" for fact in (pair.before, pair.after))
        if before != after:
            because = f"{before or 'none'} before, {after or 'none'} now"
            found.append(finding(comparison, f"infrastructure.{key}_changed", pair, "infrastructure", because))
    return found


def _difference(pair: Pair) -> str:
    old, new = _lines(pair.before), _lines(pair.after)
    parts = (("gone", sorted(old - new)), ("new", sorted(new - old)))
    return "; ".join(f"{word}: {', '.join(records)}" for word, records in parts if records)


def _lines(fact: Fact | None) -> frozenset[str]:
    return frozenset(fact.compared.split("\n")) - {""} if fact else frozenset()
