"""The stage of the journeys: every server and the engine as processes of their own, and a judge who only looks from
outside - through the command line, into the mail folder and into the receiver's log.
"""

from __future__ import annotations

import email
import email.policy
import hmac
import json
import os
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from core.notify.email import message_id
from tests.farm import world
from tests.farm.receiver import read

ELSEWHERE = "127.8.0.1"
SENDER = "vedette@watch.test"
SECRETS = {"VEDETTE_SECRET_SMTP": "a mail password", "VEDETTE_SECRET_HOOK": "a hook secret"}


@dataclass(frozen=True)
class Names:
    """The DNS server."""

    port: int
    control: int

    def steer(self, *records: dict[str, Any]) -> None:
        url = f"http://127.0.0.1:{self.control}/"
        request = urllib.request.Request(url, json.dumps(records).encode(), method="PUT")
        with urllib.request.urlopen(request, timeout=world.PATIENCE) as answer:
            answer.read()


@dataclass(frozen=True)
class Stage:
    """All servers, and where the engine keeps what it knows."""

    folder: Path
    farm: world.Farm
    names: Names
    mail_port: int
    hook: str

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def settings(self, targets: str, more: str = "") -> Path:
        """A vedette.toml with both channels, in which every name is looked up at our DNS server."""
        path = self.folder / "vedette.toml"
        path.write_text(
            f"""[fetch]
allow = ["127.0.0.0/8"]
ca_file = "{self.folder / "authorities.pem"}"
resolvers = ["127.0.0.1:{self.names.port}"]
domain_rate = "20/s"
timeout = "5s"

[[channel]]
name = "mail"
type = "email"
smtp_host = "mail.test"
smtp_port = {self.mail_port}
smtp_username = "vedette"
smtp_password = {{ secret = "smtp" }}
from_address = "{SENDER}"
recipients = ["ops@watch.test"]

[[channel]]
name = "hook"
type = "webhook"
url = "{self.hook}/told"
secret = {{ secret = "hook" }}

[[rule]]
name = "Everything"
when = "severity>=info"
notify = ["mail", "hook"]

{more}

{targets}
"""
        )
        return path

    def url(self, host: str) -> str:
        return f"https://{host}:{self.farm.port}/"

    @contextmanager
    def watching(self, settings: Path) -> Iterator[world.Running]:
        """`vedette run`, ready, for as long as the block runs."""
        with world.running(self.data, settings, env={**os.environ, **SECRETS}) as engine:
            yield engine

    # -- what the judge sees

    def items(self, what: str) -> list[dict[str, Any]]:
        return world.items(self.data, what)

    def looks(self) -> dict[str, int]:
        """Looks so far by target."""
        return {each["name"]: each["scans"] for each in self.items("targets")}

    def after_looks(self, count: int, names: Sequence[str] = (), patience: float = 90.0) -> None:
        """Wait until each target was looked at `count` more times."""
        before = self.looks()
        chosen = names or tuple(before)

        def reached() -> bool:
            now = self.looks()
            return all(now[name] >= before[name] + count for name in chosen)

        world.eventually(reached, f"{count} more looks at {', '.join(chosen)}", patience)

    def told(self) -> list[dict[str, Any]]:
        """What the receiver took, in its order."""
        return read(self.folder / "hooks.jsonl")

    def mails(self) -> list[EmailMessage]:
        """What the mail server took, in its order."""
        files = sorted((self.folder / "mail" / "mails").glob("*.eml"))
        return [_parsed(path.read_bytes()) for path in files]

    def settled(self, patience: float = 60.0) -> list[dict[str, Any]]:
        """The alerts, once every delivery of theirs has been made."""

        def made() -> list[dict[str, Any]]:
            alerts = self.items("alerts")
            states = {each["state"] for alert in alerts for each in alert["deliveries"]}
            return alerts if states <= {"delivered", "dead"} else []

        if not self.items("alerts"):
            return []
        found: list[dict[str, Any]] = world.eventually(made, "every delivery made", patience)
        return found


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Farm, names, mail and receiver for as long as the block runs."""
    with ExitStack() as serving:
        farm = serving.enter_context(world.farm(folder / "farm", "127.0.0.1", ELSEWHERE))
        _, names = serving.enter_context(world.serving("tests.farm.names"))
        _, mail = serving.enter_context(world.serving("tests.farm.mail", "--folder", str(folder / "mail")))
        hook = serving.enter_context(world.receiver(folder / "hooks.jsonl"))
        trusted = Path(farm.ca).read_text() + Path(mail["ca"]).read_text()
        (folder / "authorities.pem").write_text(trusted)
        yield Stage(folder, farm, Names(names["port"], names["control"]), mail["port"], hook)


def check_told_once(stage: Stage, alerts: Sequence[Mapping[str, Any]]) -> None:
    """Each delivery went out exactly once, under its key, signed, about its alert; and nothing else went out."""
    deliveries = [(alert, each) for alert in alerts for each in alert["deliveries"]]
    assert all(each["state"] == "delivered" for _, each in deliveries), deliveries
    hooks = {each["key"]: alert for alert, each in deliveries if each["channel"] == "hook"}
    posts = {each["key"]: each for each in stage.told()}
    assert len(stage.told()) == len(posts) == len(hooks)
    assert posts.keys() == hooks.keys()
    for key, alert in hooks.items():
        _check_post(posts[key], alert)
    mailed = {message_id(each["key"], SENDER): alert for alert, each in deliveries if each["channel"] == "mail"}
    mails = {each["Message-ID"]: each for each in stage.mails()}
    assert len(stage.mails()) == len(mails) == len(mailed)
    assert mails.keys() == mailed.keys()
    for key, alert in mailed.items():
        _check_mail(mails[key], alert)


def _check_post(post: Mapping[str, Any], alert: Mapping[str, Any]) -> None:
    raw = post["body"].encode()
    expected = hmac.digest(SECRETS["VEDETTE_SECRET_HOOK"].encode(), raw, "sha256").hex()
    assert post["headers"]["x-vedette-signature"] == f"sha256={expected}"
    body = json.loads(raw)
    assert body["alert"]["uuid"] == alert["uuid"]
    assert body["alert"]["target"] == alert["target"]
    assert {each["uuid"] for each in body["alert"]["changes"]} <= {each["uuid"] for each in alert["changes"]}


def _check_mail(mail: EmailMessage, alert: Mapping[str, Any]) -> None:
    assert mail["From"] == SENDER
    assert mail["To"] == "ops@watch.test"
    assert (alert["target"] or "the watch itself") in mail["Subject"]
    assert alert["changes"][0]["type"] in mail["Subject"]
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        assert part is not None
        text = part.get_content()
        assert alert["id"] in text
        assert alert["changes"][0]["type"] in text


def events(stage: Stage, alert: Mapping[str, Any]) -> list[str]:
    """The events that the receiver heard of an alert."""
    return [each["event"] for each in stage.told() if each["alert"] == alert["uuid"]]


def _parsed(raw: bytes) -> EmailMessage:
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail
