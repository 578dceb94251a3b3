"""The demo's world: settings that the engine accepts, certificates of a throw-away authority, and a clean end."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509

from core.clock import now
from core.demo.authority import Authority
from core.demo.sites import CERTIFICATE_DAYS, SITES
from core.demo.world import CHANNELS, opened
from core.engine.checks import checks
from core.settings.load import load
from core.settings.values import Settings

DAY = 86400.0


def settings_of(path: Path) -> Settings:
    return load(path, {}, checks())


def served(settings: Settings, host: str) -> x509.Certificate:
    """The certificate a site shows to somebody who trusts the demo's authority alone."""
    ports: Mapping[str, int] = {name: port for name, _, port in settings.fetch.resolve}
    context = ssl.create_default_context(cafile=settings.fetch.ca_file)
    with (
        socket.create_connection(("127.0.0.1", max(ports.values())), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=host) as connection,
    ):
        return x509.load_der_x509_certificate(connection.getpeercert(True) or b"")


def test_an_open_world_serves_what_its_settings_watch_and_closes_without_a_trace() -> None:
    with opened() as world:
        settings = settings_of(world.settings)
        assert [target.name for target in settings.targets] == [site.name for site in SITES]
        assert tuple(channel.name for channel in settings.channels) == CHANNELS
        hosts = {name for name, _, _ in settings.fetch.resolve}
        assert {address for _, address, _ in settings.fetch.resolve} == {"127.0.0.1"}
        assert {site.host for site in SITES} < hosts
        certificate = served(settings, SITES[0].host)
        left = certificate.not_valid_after_utc.timestamp() - now()
        assert (CERTIFICATE_DAYS - 1) * DAY < left <= CERTIFICATE_DAYS * DAY
        with pytest.raises(ssl.SSLError):
            served(settings, "elsewhere.test")
        folder = world.settings.parent
        assert not [path for path in folder.iterdir() if b"PRIVATE KEY" in path.read_bytes()]
    assert not folder.exists()


def test_a_block_that_fails_closes_the_world_too() -> None:
    with suppress(RuntimeError), opened() as world:
        folder = world.settings.parent
        raise RuntimeError
    assert not folder.exists()


def test_an_authority_leaves_no_key_of_its_own_or_of_others_behind(tmp_path: Path) -> None:
    Authority(tmp_path, now()).context("shop.test", 6, now())
    (only,) = tmp_path.iterdir()
    assert b"PRIVATE KEY" not in only.read_bytes()
