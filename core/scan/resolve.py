"""From a host name to its addresses, and to the DNS records that tell where a site lives.

Lookups go through dnspython, not through getaddrinfo: a thread inside getaddrinfo cannot be cancelled, says neither
NXDOMAIN nor SERVFAIL, and hides the time to live. The hosts file is read as the system's resolver would.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import dns.asyncbackend
import dns.asyncresolver
import dns.exception
import dns.nameserver
import dns.rdata
import dns.resolver
from dns.rdtypes.ANY.TXT import TXT
from publicsuffixlist import PublicSuffixList

from core import clock
from core.model.scan import FailureClass
from core.scan.fault import TargetFault
from core.scan.guard import literal_address

T = TypeVar("T")

ADDRESS_LIFETIME = 5.0
RECORDS_LIFETIME = 4.0
SECOND_FAMILY_WAIT = 0.05
CACHED_NAMES = 4096
ADDRESS_TTL = (1.0, 60.0)
RECORDS_TTL = (60.0, 3600.0)
HOST_TYPES = ("A", "AAAA", "CNAME")
ZONE_TYPES = ("NS", "MX", "TXT", "CAA")


@dataclass(frozen=True, slots=True)
class Resolved:
    """Where a host is. `asked` says that a DNS server was asked for it just now."""

    addresses: tuple[str, ...]
    port: int
    asked: bool = False


@dataclass(frozen=True, slots=True)
class _Answer:
    """The texts of one lookup and their time to live; `missing` says that the name does not exist at all."""

    texts: tuple[str, ...]
    ttl: float
    missing: bool = False


class _Kept(Generic[T]):
    """What was found for a name, until its time to live is over; the oldest name goes first."""

    def __init__(self, limits: tuple[float, float], monotonic: Callable[[], float]) -> None:
        self._limits = limits
        self._monotonic = monotonic
        self._found: OrderedDict[str, tuple[float, T]] = OrderedDict()

    def get(self, name: str) -> T | None:
        until, value = self._found.get(name, (0.0, None))
        return value if until > self._monotonic() else None

    def put(self, name: str, value: T, ttl: float) -> None:
        shortest, longest = self._limits
        self._found[name] = (self._monotonic() + min(max(ttl, shortest), longest), value)
        self._found.move_to_end(name)
        if len(self._found) > CACHED_NAMES:
            self._found.popitem(last=False)


class Resolver:
    """Looks names up: overrides first, then literal addresses, the hosts file, and DNS.

    `servers` are `address` or `address:port`, none for the system's; a lookup may take `lifetime` seconds.
    """

    def __init__(
        self,
        overrides: Sequence[tuple[str, str, int]] = (),
        servers: Sequence[str] = (),
        *,
        hosts_file: Path = Path("/etc/hosts"),
        lifetime: float = ADDRESS_LIFETIME,
        monotonic: Callable[[], float] = clock.monotonic,
    ) -> None:
        self._lifetime = lifetime
        self._overrides = {_plain(host): (address, port) for host, address, port in overrides}
        self._servers = tuple(servers)
        self._hosts_file = hosts_file
        self._hosts: dict[str, tuple[str, ...]] = {}
        self._hosts_read_at = -1.0
        self._dns: dns.asyncresolver.Resolver | None = None
        self._suffixes: PublicSuffixList | None = None
        self._addresses: _Kept[tuple[str, ...]] = _Kept(ADDRESS_TTL, monotonic)
        self._records: _Kept[dict[str, tuple[str, ...]]] = _Kept(RECORDS_TTL, monotonic)

    def overridden(self, host: str) -> bool:
        """Whether settings say where this host is."""
        return _plain(host) in self._overrides

    async def resolve(self, host: str, port: int) -> Resolved:
        """Where to connect for this host and port; a TargetFault (dns) that says why where nobody knows.

        IPv4 first and each family in numeric order: rotating answers would show as a site that keeps moving.
        """
        name = _plain(host)
        if name in self._overrides:
            name, override_port = self._overrides[name]
            port = override_port or port
        known = self._without_asking(name)
        if known:
            return Resolved(known, port)
        addresses = await self._lookup(name)
        return Resolved(addresses, port, asked=True)

    async def records(self, host: str) -> dict[str, tuple[str, ...]]:
        """The DNS records of a host by type, each sorted; a type whose lookup failed is absent, an empty one is ().

        A, AAAA and CNAME are the host's own; NS, MX, TXT and CAA those of its registrable domain, where they
        are kept in practice. Nothing is asked for an address, a name from the hosts file or an overridden host.
        Answers are kept for their time to live, at least a minute, at most an hour.
        """
        name = _plain(host)
        if name in self._overrides or "." not in name or literal_address(name) or self._from_hosts(name):
            return {}
        cached = self._records.get(name)
        if cached is not None:
            return dict(cached)
        asked = [(name, kind) for kind in HOST_TYPES] + [(self._zone(name), kind) for kind in ZONE_TYPES]
        answers = await asyncio.gather(*(self._ask_or_none(each, kind, RECORDS_LIFETIME) for each, kind in asked))
        found = {kind: answer for (_, kind), answer in zip(asked, answers, strict=True) if answer is not None}
        records = {kind: tuple(sorted(answer.texts)) for kind, answer in found.items()}
        self._records.put(name, records, min((answer.ttl for answer in found.values()), default=0.0))
        return dict(records)

    def _without_asking(self, name: str) -> tuple[str, ...]:
        literal = literal_address(name)
        if literal is not None:
            return (literal,)
        cached = self._addresses.get(name)
        if cached is not None:
            return cached
        listed = self._from_hosts(name)
        if not listed and (name == "localhost" or name.endswith(".localhost")):
            return ("127.0.0.1", "::1")  # RFC 6761: never asked of a server
        return listed

    def _from_hosts(self, name: str) -> tuple[str, ...]:
        try:
            changed_at = self._hosts_file.stat().st_mtime
            if changed_at != self._hosts_read_at:
                self._hosts = _parse_hosts(self._hosts_file.read_text(errors="replace"))
                self._hosts_read_at = changed_at
        except OSError:
            self._hosts = {}
        return self._hosts.get(name, ())

    async def _lookup(self, name: str) -> tuple[str, ...]:
        """Ask for both families at once; the slower one gets a moment only once the other has answered."""
        tasks = [asyncio.create_task(self._ask(name, kind, self._lifetime)) for kind in ("A", "AAAA")]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            answered = any(task.done() and not task.exception() and task.result().texts for task in tasks)
            await asyncio.wait(tasks, timeout=SECOND_FAMILY_WAIT if answered else None)
        finally:
            for task in tasks:
                task.cancel()
        done = [task for task in tasks if task.done() and not task.cancelled()]
        answers = [task.result() for task in done if task.exception() is None]
        addresses = tuple(address for answer in answers for address in sorted(answer.texts, key=_numeric))
        if not addresses:
            raise _unresolved(name, answers, [error for task in done if (error := task.exception())])
        self._addresses.put(name, addresses, min(answer.ttl for answer in answers if answer.texts))
        return addresses

    async def _ask_or_none(self, name: str, kind: str, lifetime: float) -> _Answer | None:
        try:
            return await self._ask(name, kind, lifetime)
        except TargetFault:
            return None

    async def _ask(self, name: str, kind: str, lifetime: float) -> _Answer:
        try:
            answer = await self._system().resolve(
                name,
                kind,
                raise_on_no_answer=False,
                lifetime=lifetime,
                search="." not in name,
                backend=dns.asyncbackend.get_backend("asyncio"),
            )
        except dns.resolver.NXDOMAIN:
            return _Answer((), 0.0, missing=True)
        except dns.exception.Timeout:
            raise _dns_fault(f"no DNS server answered for {name} within {lifetime:g} s (timeout)") from None
        except dns.resolver.NoNameservers:
            raise _dns_fault(f"the DNS servers failed to answer for {name} (SERVFAIL)") from None
        except dns.resolver.NoResolverConfiguration:
            raise _dns_fault("no DNS server is configured on this machine; set [fetch] resolvers") from None
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise _dns_fault(f"the lookup of {name} failed ({type(error).__name__})") from error
        return _Answer(
            tuple(_text(each) for each in answer.rrset or ()), float(answer.rrset.ttl if answer.rrset else 0)
        )

    def _system(self) -> dns.asyncresolver.Resolver:
        if self._dns is None:
            resolver = dns.asyncresolver.Resolver(configure=not self._servers)
            if self._servers:
                resolver.nameservers = [_nameserver(each) for each in self._servers]
            self._dns = resolver
        return self._dns

    def _zone(self, name: str) -> str:
        if self._suffixes is None:
            self._suffixes = PublicSuffixList()
        return self._suffixes.privatesuffix(name) or name


def _plain(host: str) -> str:
    return host.lower().removesuffix(".")


def _numeric(address: str) -> int:
    return int(ipaddress.ip_address(address))


def _text(record: dns.rdata.Rdata) -> str:
    """A record as in a zone file, without the trailing dot that nobody writes; a text record in one piece."""
    if isinstance(record, TXT):
        return b"".join(record.strings).decode("utf-8", "replace")
    text = str(record)
    return text if text.endswith(" .") else text.removesuffix(".")


def _nameserver(text: str) -> dns.nameserver.Nameserver:
    """`192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:5353`."""
    host, separator, port = text.rpartition(":")
    if separator and (host.startswith("[") or ":" not in host):
        return dns.nameserver.Do53Nameserver(host.strip("[]"), int(port))
    return dns.nameserver.Do53Nameserver(text.strip("[]"))


def _parse_hosts(text: str) -> dict[str, tuple[str, ...]]:
    """hosts(5): an address and its names, one entry a line, `#` starts a comment."""
    found: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        if literal_address(address) is None:
            continue
        for name in map(_plain, names):
            found[name] = (*found.get(name, ()), address)
    return found


def _dns_fault(message: str) -> TargetFault:
    return TargetFault(FailureClass.DNS, message)


def _unresolved(name: str, answers: Sequence[_Answer], errors: Sequence[BaseException]) -> BaseException:
    if errors:
        return errors[0]
    if any(answer.missing for answer in answers):
        return _dns_fault(f"{name} does not exist (NXDOMAIN)")
    return _dns_fault(f"{name} exists but has no address (no A or AAAA record)")
