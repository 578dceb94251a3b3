"""The two foreign shapes of a watched site, read object by object into our targets, rules and channels."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.model.alert import Rule
from core.model.change import CHANGE_TYPES, Severity, change_type
from core.model.scan import METRICS
from core.model.secret import Secret
from core.model.target import SCANNER_NAMES, Origin, Target
from core.query.syntax import quoted
from core.settings import kinds
from core.settings.channels import read_channel, tells_a_secret
from core.settings.edit import name_for
from core.settings.targets import METRIC_ALIASES, CronCheck, TargetContext, judge_cron, read_target
from core.settings.values import ChannelSettings
from core.settings.walk import Node, Reader, listing, plain, shown
from core.text import nearest

DEFAULT_THROTTLE_MINUTES = 60
SECONDS = {"seconds": 1.0, "minutes": 60.0, "hours": 3600.0, "days": 86400.0}
SWITCHES = {
    "technologies": "technology",
    "technology": "technology",
    "performance": "performance",
    "security": "security",
    "security_headers": "security",
    "content": "content",
    "content_monitoring": "content",
    "infrastructure": "infrastructure",
}
GROUP_ALIASES = {"technologies": "technology", "ssl": "tls", "certificate": "tls", "security_headers": "security"}
CHANGE_ALIASES = {
    "version_change": "version_changed",
    "version_updated": "version_changed",
    "updated": "version_changed",
    "degradation": "degraded",
    "improvement": "improved",
}
NO_DIGEST = ("", "none", "never", "immediate", "realtime")


@dataclass
class Gathering:
    """What has been taken over so far, from all objects of a file."""

    check_cron: CronCheck | None = None
    mail: ChannelSettings | None = None
    targets: list[Target] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    channels: list[ChannelSettings] = field(default_factory=list)
    secrets: dict[str, Secret] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    same_channel: dict[str, str] = field(default_factory=dict)

    def note(self, node: Node, sentence: str) -> None:
        self.notes.append(f"{node.where}: {sentence}")

    def keep_secret(self, name: str, value: str) -> dict[str, str]:
        """The reference that stands for a secret from now on."""
        chosen = free(name, self.secrets)
        self.secrets[chosen] = Secret(value)
        return {"secret": chosen}


@dataclass(frozen=True, slots=True)
class Item:
    """One JSON object whose keys are taken one by one; what nobody takes becomes a note."""

    node: Node
    gathering: Gathering
    taken: set[str] = field(default_factory=set)

    def node_of(self, key: str) -> Node | None:
        """The value under a key, and the key counts as understood; None where it is absent or null."""
        self.taken.add(key)
        raw = self.node.raw.get(key) if isinstance(self.node.raw, Mapping) else None
        return None if raw is None else self.node.child(key, raw)

    def take(self, key: str, read: Reader, otherwise: Any = None) -> Any:
        node = self.node_of(key)
        value = None if node is None else read(node)
        return otherwise if value is None else value

    def keep_as_note(self, key: str, why: str) -> None:
        node = self.node_of(key)
        if node is not None:
            self.gathering.note(node, f"{shown(node.raw)} is kept as this note only: {why}")

    def leave(self) -> None:
        for key, raw in self.node.raw.items() if isinstance(self.node.raw, Mapping) else ():
            if key not in self.taken:
                self.gathering.note(self.node.child(key, raw), "not understood, left out")


def item(node: Node, gathering: Gathering) -> Item | None:
    if not isinstance(node.raw, Mapping):
        node.wrong(f"expected an object, not {shown(node.raw)}")
        return None
    return Item(node, gathering)


def take_site(node: Node, gathering: Gathering) -> None:
    """One watched site of either shape, with its rules and channels."""
    site = item(node, gathering)
    if site is None:
        return
    for key in ("organization_id", "organisation_id"):
        site.keep_as_note(key, "organisations are not in this version")
    target = _target(site)
    if target is not None:
        gathering.targets.append(target)
        rules = site.node_of("alert_rules")
        for number, raw in enumerate(listing(lambda each: each.raw)(rules) or () if rules else ()):
            _alert_rule(rules.child(number, raw), target, gathering)  # type: ignore[union-attr]
        alerts = site.node_of("alert_config")
        if alerts is not None:
            _alert_config(alerts, target, gathering)
        site.leave()


def free(name: str, taken: Iterable[str]) -> str:
    """The name, or the first of `name-2`, `name-3`, … that is not taken."""
    names = set(taken)
    number = 1
    chosen = name
    while chosen in names:
        number += 1
        chosen = f"{name}-{number}"
    return chosen


def slug(name: str) -> str:
    """A name as a secret or channel may be called: `Harbour shop` -> `harbour-shop`."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "imported"


def _target(site: Item) -> Target | None:
    url = site.take("url", plain(kinds.http_url))
    if url is None:
        if isinstance(site.node.raw, Mapping) and "url" not in site.node.raw:
            site.node.wrong("'url' is missing")
        return None
    table: dict[str, object] = {"name": site.take("name", plain(kinds.name)) or name_for(url), "url": url}
    schedule = site.node_of("schedule")
    if schedule is not None:
        table |= _schedule(schedule, site.gathering)
    if cron := site.take("schedule_cron", plain(kinds.some_text)):
        table |= {"cron": cron, "timezone": site.take("timezone", plain(kinds.timezone), "UTC")}
        judge_cron(site.node.child("schedule_cron", cron), str(table["timezone"]), site.gathering.check_cron)
    for key in ("tags", "owner", "class", "profile"):
        found = site.node_of(key)
        if found is not None:
            table[key] = found.raw
    if not site.take("enabled", plain(kinds.flag), True):
        site.gathering.note(site.node, "is not enabled there; pause it here with: vedette pause NAME")
    scan = site.node_of("scan_config")
    if scan is not None:
        table |= _scan_config(scan, site.gathering)
    return read_target(Node(table, site.node.problems, site.node.path), TargetContext(origin=Origin.STORE))


def _schedule(node: Node, gathering: Gathering) -> dict[str, object]:
    schedule = item(node, gathering)
    if schedule is None:
        return {}
    usual = "cron" if "expression" in node.raw else "interval"  # type: ignore[operator]
    kind = schedule.take("type", plain(kinds.choice(("cron", "interval"))), usual)
    timezone = schedule.take("timezone", plain(kinds.timezone), "UTC")
    table: dict[str, object] = {"timezone": timezone}
    if kind == "cron":
        table["cron"] = schedule.take("expression", plain(kinds.some_text))
        if table["cron"] is not None:
            judge_cron(node.child("expression", table["cron"]), timezone, gathering.check_cron)
        elif "expression" not in node.raw:  # type: ignore[operator]
            node.wrong("'expression' is missing")
    else:
        parts = {unit: schedule.take(unit, plain(_number)) for unit in SECONDS}
        seconds = sum(SECONDS[unit] * count for unit, count in parts.items() if count is not None)
        if seconds < 1:
            node.wrong("expected an interval of at least one second: 'seconds', 'minutes', 'hours' or 'days'")
        else:
            table["every"] = f"{seconds:.3f}".rstrip("0").rstrip(".") + "s"
    schedule.leave()
    return {key: value for key, value in table.items() if value is not None}


def _number(raw: object) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 < raw < 1e9:
        raise ValueError(f"expected a number above 0, not {shown(raw)}")
    return float(raw)


def _scan_config(node: Node, gathering: Gathering) -> dict[str, object]:
    """Switches that are on are what is scanned; without any switch everything is."""
    config = item(node, gathering)
    if config is None:
        return {}
    config.keep_as_note("depth", "one page is looked at in this version")
    switches = {key: SWITCHES[key.removeprefix("track_")] for key in node.raw if key.removeprefix("track_") in SWITCHES}  # type: ignore[attr-defined]
    on = {scanner for key, scanner in switches.items() if config.take(key, plain(kinds.flag))}
    table: dict[str, object] = {}
    if switches and not on:
        node.wrong("nothing is switched on: at least one scanner must be")
    elif switches:
        table["scan"] = [scanner for scanner in SCANNER_NAMES if scanner in on]
    thresholds = config.node_of("performance_thresholds")
    if thresholds is not None:
        table["thresholds"] = _thresholds(thresholds, gathering)
    config.leave()
    return table


def _thresholds(node: Node, gathering: Gathering) -> dict[str, object]:
    limits = item(node, gathering)
    if limits is None:
        return {}
    found = {key: limits.take(key, plain(_number)) for key in (*METRIC_ALIASES, *METRICS)}
    limits.leave()
    return {key: f"{percent:g}%" for key, percent in found.items() if percent is not None}


def _alert_rule(node: Node, target: Target, gathering: Gathering) -> None:
    rule = item(node, gathering)
    if rule is None:
        return
    given = rule.take("name", plain(kinds.name)) or rule.take("id", plain(kinds.name)) or f"{target.name}: alerts"
    rule.keep_as_note("id", "rules go by their name")
    conditions = rule.node_of("conditions")
    when = _conditions(conditions, gathering) if conditions is not None else []
    throttle = rule.take("throttle_minutes", plain(_minutes), DEFAULT_THROTTLE_MINUTES * 60.0)
    channels = rule.node_of("notification_channels")
    nodes = listing(lambda each: each)(channels) or () if channels is not None else ()
    notify = [name for each in nodes if (name := _channel(each, target, gathering)) is not None]
    gathering.rules.append(
        Rule(
            name=_rule_name(given, target, gathering),
            when=" ".join([*when, _scope(target)]),
            severity=rule.take("severity", plain(kinds.severity_word)),
            notify=tuple(dict.fromkeys(notify)),
            throttle=throttle,
            enabled=rule.take("enabled", plain(kinds.flag), True),
        )
    )
    rule.leave()


def _minutes(raw: object) -> float:
    return 0.0 if raw == 0 and not isinstance(raw, bool) else _number(raw) * 60.0


def _rule_name(given: str, target: Target, gathering: Gathering) -> str:
    taken = {rule.name for rule in gathering.rules}
    return given if given not in taken else free(f"{given} ({target.name})", taken)


def _scope(target: Target) -> str:
    """A rule of a site is about that site only."""
    return f"target={quoted(target.name)}"


def _conditions(node: Node, gathering: Gathering) -> list[str]:
    """Terms of the filter language."""
    conditions = item(node, gathering)
    if conditions is None:
        return []
    group = conditions.take("type", plain(_group))
    types = conditions.take("change_types", listing(lambda each: _change_type(each, group)))
    impact: Severity | None = conditions.take("min_impact", plain(kinds.severity_word))
    conditions.leave()
    terms = []
    if types:
        terms.append(f"type:{','.join(dict.fromkeys(types))}")
    elif group:
        terms.append(f"type:{group}.*")
    if impact is not None:
        terms.append(f"severity>={impact.word}")
    return terms


def _group(raw: object) -> str:
    groups = tuple(dict.fromkeys(name.partition(".")[0] for name in CHANGE_TYPES))
    return kinds.choice(groups)(GROUP_ALIASES.get(raw, raw) if isinstance(raw, str) else raw)


def _change_type(node: Node, group: str | None) -> str | None:
    """`added` of group technology, `technology_added` or `technology.added`."""
    word = node.raw if isinstance(node.raw, str) else ""
    word = CHANGE_ALIASES.get(word, word)
    for name in (f"{group}.{word}", word):
        try:
            return change_type(name).name
        except KeyError:
            continue
    names = [name for name in CHANGE_TYPES if group is None or name.startswith(f"{group}.")]
    meant = nearest(f"{group}.{word}" if group else word.replace("_", ".", 1), names)
    node.wrong(f"{shown(node.raw)} is no change type" + (f"; did you mean '{meant}'?" if meant else ""))
    return None


def _alert_config(node: Node, target: Target, gathering: Gathering) -> None:
    config = item(node, gathering)
    if config is None:
        return
    types = config.take("triggers", listing(lambda each: _change_type(each, None)))
    recipients = config.node_of("recipients")
    frequency = config.node_of("digest_frequency")
    if frequency is not None and frequency.raw not in NO_DIGEST:
        gathering.note(frequency, f"{shown(frequency.raw)} is kept as this note only: digests are not in this version")
    terms = [f"type:{','.join(dict.fromkeys(types))}"] if types else []
    channel = _mail_channel(recipients, target, gathering) if recipients is not None and recipients.raw else None
    gathering.rules.append(
        Rule(
            name=_rule_name(f"{target.name}: alerts", target, gathering),
            when=" ".join([*terms, _scope(target)]),
            notify=(channel,) if channel else (),
            enabled=config.take("enabled", plain(kinds.flag), True),
        )
    )
    config.leave()


def _mail_channel(recipients: Node, target: Target, gathering: Gathering) -> str | None:
    """Recipients come without a mail server: that of a mail channel already here, else the one of this machine."""
    table: dict[str, object] = {"smtp_host": "localhost", "smtp_port": 25, "use_tls": False}
    table["from_address"] = "vedette@localhost"
    if gathering.mail is not None:
        table = {key: value for key, value in gathering.mail.options if key != "template"}
        table |= {key: {"secret": ref.name} for key, ref in gathering.mail.secrets}
    else:
        gathering.note(recipients, "names no mail server; mail goes through this machine's (localhost:25)")
    table |= {"type": "email", "recipients": recipients.raw}
    return _add_channel(Node(table, recipients.problems, recipients.path[:-1]), target, gathering)


def _channel(node: Node, target: Target, gathering: Gathering) -> str | None:
    """The name of the channel that one entry of `notification_channels` becomes, or names."""
    if isinstance(node.raw, str):
        return plain(kinds.name)(node)  # type: ignore[no-any-return]
    if not isinstance(node.raw, Mapping):
        node.wrong(f"expected an object, not {shown(node.raw)}")
        return None
    return _add_channel(node, target, gathering)


def _add_channel(node: Node, target: Target, gathering: Gathering) -> str | None:
    """A channel is made once, however often the file repeats it."""
    content = repr(sorted(node.raw.items(), key=lambda pair: pair[0]))  # type: ignore[attr-defined]
    if content not in gathering.same_channel:
        table: dict[str, Any] = dict(node.raw)  # type: ignore[call-overload]
        wanted = table.pop("name", None) or f"{slug(target.name)}-{table.get('type')}"
        table["name"] = free(str(wanted), (each.name for each in gathering.channels))
        _hide_secrets(table, node, gathering)
        channel = read_channel(Node(table, node.problems, node.path))
        if channel is None:
            return None
        gathering.channels.append(channel)
        gathering.same_channel[content] = channel.name
    return gathering.same_channel[content]


def _hide_secrets(table: dict[str, Any], node: Node, gathering: Gathering) -> None:
    """Put references where secrets stand."""
    name = slug(table["name"])
    for key in ("smtp_password", "webhook_url", "bearer", "secret"):
        if isinstance(table.get(key), str):
            table[key] = gathering.keep_secret(f"{name}-{key.replace('_', '-')}", table[key])
    if isinstance(headers := table.get("headers"), Mapping):
        table["headers"] = _without_credentials(headers, table, name, gathering)
    if isinstance(table.get("auth"), Mapping):
        _authenticate(node.child("auth", table.pop("auth")), table, name, gathering)


def _without_credentials(
    headers: Mapping[str, object], table: dict[str, Any], name: str, gathering: Gathering
) -> dict[str, object]:
    left: dict[str, object] = {}
    for header, value in headers.items():
        if not isinstance(value, str) or not tells_a_secret(header):
            left[header] = value
        elif header.lower() == "authorization" and value.lower().startswith("bearer "):
            table["bearer"] = gathering.keep_secret(f"{name}-bearer", value[7:].strip())
        elif header.lower() == "authorization" and (pair := _basic(value)) is not None:
            password = gathering.keep_secret(f"{name}-basic-password", pair[1])
            table["basic"] = {"username": pair[0], "password": password}
        else:
            left[header] = gathering.keep_secret(f"{name}-{slug(header)}", value)
    return left


def _basic(value: str) -> tuple[str, str] | None:
    """User name and password of an `Authorization: Basic …` (RFC 7617)."""
    scheme, _, encoded = value.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (user, password) if user and colon and password else None


def _authenticate(node: Node, table: dict[str, Any], name: str, gathering: Gathering) -> None:
    """An `auth` object is what counts: HTTP clients let it replace the header, and a request carries only one."""
    auth = Item(node, gathering)
    kind = auth.take("type", plain(kinds.choice(("basic", "bearer"))), "basic")
    for other in ("bearer", "basic"):
        if dropped := table.pop(other, None):
            kept = (dropped.get("password") or dropped)["secret"]
            gathering.note(node, f"replaces the Authorization header, whose secret is kept as '{kept}'")
    if kind == "bearer":
        if token := auth.take("token", plain(kinds.some_text)):
            table["bearer"] = gathering.keep_secret(f"{name}-bearer", token)
    else:
        password = auth.take("password", plain(kinds.long_text))
        reference = gathering.keep_secret(f"{name}-basic-password", password) if password else None
        basic = {"username": auth.take("username", plain(kinds.some_text)), "password": reference}
        table["basic"] = {key: value for key, value in basic.items() if value is not None}
    auth.leave()
