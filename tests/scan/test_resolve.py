"""Where a host is: overrides, literal addresses, the hosts file, DNS, and what DNS says besides."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from core.model.scan import FailureClass
from core.scan.fault import TargetFault
from core.scan.resolve import Resolved, Resolver
from tests.scan.servers import naming

ZONE = {
    ("shop.test", "A"): ["192.0.2.20", "192.0.2.3"],
    ("shop.test", "AAAA"): ["2001:db8::2"],
    ("shop.test", "NS"): ["ns2.shop.test.", "ns1.shop.test."],
    ("shop.test", "MX"): ["10 mail.shop.test.", "0 ."],
    ("shop.test", "TXT"): ['"v=spf1 include:mail.test. " "-all"'],
    ("shop.test", "CAA"): ['0 issue "ca.test"'],
    ("www.shop.test", "A"): ["192.0.2.4"],
    ("www.shop.test", "CNAME"): ["shop.test."],
    ("empty.test", "TXT"): ['"nothing else"'],
    ("six.test", "AAAA"): ["2001:db8::6"],
    ("broken.test", "A"): ["servfail"],
    ("broken.test", "AAAA"): ["servfail"],
    ("half.test", "A"): ["192.0.2.5"],
    ("half.test", "AAAA"): ["servfail"],
    ("slow.test", "A"): ["192.0.2.6"],
    ("slow.test", "AAAA"): ["silence"],
}


class Ticking:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


async def test_an_override_says_address_and_port() -> None:
    resolver = Resolver([("Shop.test", "192.0.2.9", 8443), ("blog.test", "192.0.2.8", 0)])
    assert await resolver.resolve("shop.TEST.", 443) == Resolved(("192.0.2.9",), 8443)
    assert await resolver.resolve("blog.test", 443) == Resolved(("192.0.2.8",), 443)
    assert resolver.overridden("SHOP.test")
    assert not resolver.overridden("www.shop.test")


@pytest.mark.parametrize(("host", "address"), [("127.1", "127.0.0.1"), ("::1", "::1"), ("0x7f000001", "127.0.0.1")])
async def test_a_spelled_address_is_not_looked_up(host: str, address: str) -> None:
    assert await Resolver(servers=["192.0.2.1"]).resolve(host, 80) == Resolved((address,), 80)


async def test_the_hosts_file_comes_before_dns_and_is_read_again_when_it_changes(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text("192.0.2.7 one.test ONE # comment\nnonsense line\n2001:db8::7 one.test\n")
    resolver = Resolver(servers=["192.0.2.1"], hosts_file=hosts)
    assert await resolver.resolve("one.test", 80) == Resolved(("192.0.2.7", "2001:db8::7"), 80)
    assert (await resolver.resolve("one", 80)).addresses == ("192.0.2.7",)
    hosts.write_text("192.0.2.99 one.test\n")
    hosts.touch()
    assert (await resolver.resolve("one.test", 80)).addresses == ("192.0.2.99",)


@pytest.mark.parametrize("host", ["localhost", "shop.localhost", "LOCALHOST."])
async def test_localhost_is_never_asked_of_a_server(host: str, tmp_path: Path) -> None:
    resolver = Resolver(servers=["192.0.2.1"], hosts_file=tmp_path / "absent")
    assert (await resolver.resolve(host, 80)).addresses == ("127.0.0.1", "::1")


async def test_addresses_come_in_a_lasting_order_ipv4_first() -> None:
    async with naming(ZONE) as server:
        found = await Resolver(servers=[server.where]).resolve("shop.test", 80)
    assert found == Resolved(("192.0.2.3", "192.0.2.20", "2001:db8::2"), 80, asked=True)


@pytest.mark.parametrize(
    ("host", "addresses"),
    [("six.test", ("2001:db8::6",)), ("half.test", ("192.0.2.5",)), ("slow.test", ("192.0.2.6",))],
)
async def test_one_family_is_enough(host: str, addresses: tuple[str, ...]) -> None:
    async with naming(ZONE) as server:
        assert (await Resolver(servers=[server.where]).resolve(host, 80)).addresses == addresses


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("absent.test", "absent.test does not exist (NXDOMAIN)"),
        ("empty.test", "empty.test exists but has no address (no A or AAAA record)"),
        ("broken.test", "the DNS servers failed to answer for broken.test (SERVFAIL)"),
        ("a" * 64 + ".test", "the lookup of " + "a" * 64 + ".test failed (LabelTooLong)"),
    ],
)
async def test_a_failed_lookup_says_how_it_failed(host: str, said: str) -> None:
    async with naming(ZONE) as server:
        with pytest.raises(TargetFault) as caught:
            await Resolver(servers=[server.where]).resolve(host, 80)
    assert (caught.value.failure_class, str(caught.value)) == (FailureClass.DNS, said)


async def test_a_silent_server_is_a_timeout() -> None:
    async with naming(lambda _name, _kind: ["silence"]) as server:
        with pytest.raises(TargetFault, match=r"no DNS server answered for shop\.test within 0\.3 s \(timeout\)"):
            await Resolver(servers=[server.where], lifetime=0.3).resolve("shop.test", 80)


async def test_a_lookup_can_be_abandoned_at_any_time() -> None:
    async with naming(lambda _name, _kind: ["silence"]) as server:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await Resolver(servers=[server.where]).resolve("shop.test", 80)


async def test_an_answer_is_kept_for_a_minute_at_most() -> None:
    clock = Ticking()
    async with naming(ZONE) as server:
        resolver = Resolver(servers=[server.where], monotonic=clock)
        first = await resolver.resolve("shop.test", 80)
        again = await resolver.resolve("shop.test", 80)
        clock.at += 61
        later = await resolver.resolve("shop.test", 80)
    assert (first.asked, again.asked, later.asked) == (True, False, True)
    assert first.addresses == again.addresses == later.addresses
    assert len(server.asked) == 4


async def test_records_are_the_hosts_own_and_its_zones() -> None:
    async with naming(ZONE) as server:
        records = await Resolver(servers=[server.where]).records("www.shop.test")
    assert records == {
        "A": ("192.0.2.4",),
        "AAAA": (),
        "CNAME": ("shop.test",),
        "NS": ("ns1.shop.test", "ns2.shop.test"),
        "MX": ("0 .", "10 mail.shop.test"),
        "TXT": ("v=spf1 include:mail.test. -all",),
        "CAA": ('0 issue "ca.test"',),
    }


async def test_records_whose_lookup_failed_are_absent() -> None:
    async with naming(ZONE) as server:
        records = await Resolver(servers=[server.where]).records("half.test")
    assert records["A"] == ("192.0.2.5",)
    assert "AAAA" not in records


async def test_records_are_not_asked_anew_within_their_time_to_live() -> None:
    clock = Ticking()
    async with naming(ZONE) as server:
        resolver = Resolver(servers=[server.where], monotonic=clock)
        first = await resolver.records("shop.test")
        clock.at += 59
        assert await resolver.records("shop.test") == first
        assert len(server.asked) == 7
        clock.at += 3600
        await resolver.records("shop.test")
    assert len(server.asked) == 14


@pytest.mark.parametrize("host", ["fixed.test", "127.0.0.1", "::1", "localhost"])
async def test_nothing_is_asked_about_hosts_that_dns_does_not_place(host: str) -> None:
    async with naming(ZONE) as server:
        resolver = Resolver([("fixed.test", "127.0.0.1", 1)], [server.where])
        assert await resolver.records(host) == {}
    assert server.asked == []
