"""An address that nobody may reach: every way a URL can come in, and not one connection to it."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.farm import world

ALLOWED = "127.8.0.1"


@dataclass
class Canary:
    """A listener that counts who comes."""

    port: int
    came: list[bytes] = field(default_factory=list)


@contextmanager
def canary() -> Iterator[Canary]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        watched, ended = Canary(listener.getsockname()[1]), threading.Event()

        def count() -> None:
            while not ended.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.settimeout(0.2)
                    try:
                        watched.came.append(connection.recv(200))
                    except OSError:
                        watched.came.append(b"(nothing)")

        counting = threading.Thread(target=count)
        counting.start()
        try:
            yield watched
        finally:
            ended.set()
            counting.join()


def spellings(port: int) -> list[str]:
    """The same address as people hide it."""
    hosts = ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]", "0.0.0.0", "inside.test")
    return [f"http://{host}:{port}/" for host in hosts]


def targets(urls: list[str], more: str = "") -> str:
    return "\n".join(
        f'[[target]]\nname = "t{number}"\nurl = "{url}"\nevery = "1s"\n{more}' for number, url in enumerate(urls)
    )


def settings(served: world.Farm, port: int, declared: str) -> str:
    resolve = ", ".join(f'"hop{number}.test" = "{ALLOWED}:{served.port}"' for number in range(len(spellings(port)) + 1))
    return f"""[fetch]
allow = ["127.8.0.0/16"]
ca_file = "{served.ca}"
domain_rate = "50/s"
timeout = "3s"
resolve = {{ "inside.test" = "127.0.0.1:{port}", {resolve} }}

[[channel]]
name = "hook"
type = "webhook"
url = "http://127.0.0.1:{port}/"

[[channel]]
name = "slack"
type = "slack"
webhook_url = {{ secret = "slack" }}

[[channel]]
name = "mail"
type = "email"
smtp_host = "127.0.0.1"
smtp_port = {port}
use_tls = false
from_address = "a@b.test"
recipients = ["c@d.test"]

[[rule]]
name = "all"
when = "severity>=info"
notify = ["hook", "slack", "mail"]

{declared}
"""


@pytest.mark.timeout(240)
def test_no_way_in_leads_to_an_address_that_is_not_allowed(tmp_path: Path) -> None:
    with canary() as watched, world.farm(tmp_path / "farm", ALLOWED) as served:
        urls = spellings(watched.port)
        hops = [f"hop{number}.test" for number in range(len(urls))]
        served.steer(*({"host": host, "location": url} for host, url in zip(hops, urls, strict=True)))
        news = f"hop{len(urls)}.test"
        served.steer({"host": news, "body": "<title>Quiet</title>"})
        proxies = {f"{scheme}_PROXY": f"http://127.0.0.1:{watched.port}" for scheme in ("HTTP", "HTTPS", "ALL")}
        environ = {
            **os.environ,
            **proxies,
            **{name.lower(): value for name, value in proxies.items()},
            "VEDETTE_SECRET_SLACK": f"https://127.0.0.1:{watched.port}/services/x",
        }
        config, data = tmp_path / "vedette.toml", tmp_path / "data"
        rude = targets([f"https://{host}/" for host in hops], 'class = "competitor"\n').replace('"t', '"rude')
        declared = targets([f"https://{host}/" for host in (*hops, news)]) + rude
        config.write_text(settings(served, watched.port, declared))
        with world.running(data, config, env=environ):
            for number, url in enumerate(urls):
                world.vedette(data, "add", url, "--name", f"added{number}", "--every", "1s", "--config", str(config))
            foreign = tmp_path / "foreign.json"
            site = {"name": "imported", "url": urls[0], "schedule_cron": "* * * * *", "scan_config": {}}
            foreign.write_text(json.dumps([site]))
            world.vedette(data, "import", str(foreign), "--config", str(config))

            def looked() -> bool:
                return all(each["scans"] for each in world.items(data, "targets"))

            def refused() -> bool:
                dead = [each for each in world.items(data, "deliveries") if each["state"] == "dead"]
                return {each["channel"] for each in dead} == {"hook", "slack", "mail"}

            world.eventually(looked, "every target was looked at", 40)
            served.steer({"host": news, "body": "<title>Loud</title>"})
            world.eventually(refused, "every channel refused for good", 30)
            dead = {each["channel"]: each["response"] for each in world.items(data, "deliveries")}
            assert all("allow_private" in because for because in dead.values()), dead
        for url in urls:
            assert world.vedette(data, "scan", url, "--config", str(config), environ=environ).returncode != 0
        page = tmp_path / "page.har"
        entry = {
            "request": {"method": "GET", "url": urls[0], "headers": []},
            "response": {
                "status": 200,
                "headers": [{"name": "Content-Type", "value": "text/html"}],
                "content": {"text": f'<script src="{urls[0]}"></script><img src="{urls[0]}">', "mimeType": "text/html"},
            },
        }
        page.write_text(json.dumps({"log": {"entries": [entry]}}))
        seen = world.vedette(data, "scan", str(page), "--config", str(config), environ=environ)
        assert seen.returncode == 0, seen.stderr
        assert served.hits()[hops[0]] > 0
        assert watched.came == []
