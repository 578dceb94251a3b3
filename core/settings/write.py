"""Writes settings out as the document that reads back as the very same settings: for export, and for tables of one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

import msgspec

from core.model.target import DEFAULT_EVERY, DEFAULT_THRESHOLDS, SCANNER_NAMES, Profile, Target, TargetClass
from core.settings.channels import channel_table
from core.settings.rules import rule_table
from core.settings.sections import AUTO
from core.settings.targets import OFF
from core.settings.values import EngineSettings, FetchSettings, Settings
from core.settings.writing import duration_text, percent_text, rate_text, toml

SCHEMA = 1
Table = dict[str, object]


def export_toml(settings: Settings, targets: Iterable[Target] = ()) -> str:
    """Settings with further targets (those of the store) as vedette.toml; secrets appear as references only."""
    return toml(document(settings, targets))


def export_json(settings: Settings, targets: Iterable[Target] = ()) -> str:
    """The same document as JSON, with its schema number."""
    whole = {"schema": SCHEMA, **document(settings, targets)}
    return msgspec.json.format(msgspec.json.encode(whole), indent=2).decode()


def document(settings: Settings, targets: Iterable[Target] = ()) -> Table:
    """The document as plain tables, in the order of the file; what equals its default is left out."""
    profile = settings.engine.profile
    batch = _durations(settings.batch, numbers=("concurrency",))
    whole: Table = {
        "engine": _engine(settings.engine),
        "profile": {"batch": batch} if batch else {},
        "fetch": _fetch(settings.fetch),
        "connectivity": {"check": list(settings.connectivity.check)} if settings.connectivity.check else {},
        "retention": _durations(settings.retention),
        "target": [target_table(each, profile) for each in (*settings.targets, *targets)],
        "channel": [channel_table(each) for each in settings.channels],
        "rule": [rule_table(each) for each in settings.rules],
        "templates": dict(settings.templates),
    }
    return {key: value for key, value in whole.items() if value}


def target_toml(target: Target, default_profile: Profile = Profile.REALTIME) -> str:
    """One target as the [[target]] that declares it."""
    return toml({"target": [target_table(target, default_profile)]})


def target_table(target: Target, default_profile: Profile = Profile.REALTIME) -> Table:
    """The table that reads back as this target, without what the defaults say anyway."""
    written: Table = {"name": target.name, "url": target.url, **_schedule(target)}
    if target.profile != default_profile:
        written["profile"] = target.profile.value
    if target.target_class != TargetClass.OWN:
        written["class"] = target.target_class.value
    if target.owner:
        written["owner"] = target.owner
    if target.tags:
        written["tags"] = list(target.tags)
    if target.scanners != SCANNER_NAMES:
        written["scan"] = list(target.scanners)
    if content := _content(target):
        written["content"] = content
    if thresholds := _thresholds(target):
        written["thresholds"] = thresholds
    if target.allow_private:
        written["allow_private"] = True
    return written


def _schedule(target: Target) -> Table:
    schedule = target.schedule
    written: Table = {}
    if schedule.cron is not None:
        written["cron"] = schedule.cron
    elif schedule.every is not None and schedule.every != DEFAULT_EVERY:
        written["every"] = duration_text(schedule.every)
    if schedule.timezone != "UTC":
        written["timezone"] = schedule.timezone
    return written


def _content(target: Target) -> Table:
    written: Table = {}
    if target.content.select:
        written["select"] = target.content.select
    if target.content.ignore:
        written["ignore"] = list(target.content.ignore)
    return written


def _thresholds(target: Target) -> Table:
    """Only what differs from the defaults; a default metric that does not count is "off"."""
    chosen, default = dict(target.thresholds), dict(DEFAULT_THRESHOLDS)
    written: Table = {metric: percent_text(ratio) for metric, ratio in chosen.items() if default.get(metric) != ratio}
    return written | {metric: OFF for metric in default if metric not in chosen}


def _engine(engine: EngineSettings) -> Table:
    return {
        "workers": engine.workers or AUTO,
        "profile": engine.profile.value,
        "confirm_scans": engine.confirm_scans,
    }


def _fetch(fetch: FetchSettings) -> Table:
    default = FetchSettings()
    written: Table = {
        "timeout": duration_text(fetch.timeout),
        "domain_rate": rate_text(fetch.domain_rate),
        "domain_concurrency": fetch.domain_concurrency,
        "allow": list(fetch.allow),
        "ca_file": fetch.ca_file,
        "resolvers": list(fetch.resolvers),
        "resolve": {host: _endpoint(address, port) for host, address, port in fetch.resolve},
        "user_agent": fetch.user_agent,
        "max_body": fetch.max_body,
        "max_transfer": fetch.max_transfer,
    }
    return {key: value for key, value in written.items() if getattr(fetch, key) != getattr(default, key)}


def _endpoint(address: str, port: int) -> str:
    if not port:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _durations(section: Any, numbers: tuple[str, ...] = ()) -> Table:
    """The fields of a section that differ from its defaults; all are durations but those named as numbers."""
    default = type(section)()
    changed = [each.name for each in fields(section) if getattr(section, each.name) != getattr(default, each.name)]
    return {
        name: getattr(section, name) if name in numbers else duration_text(getattr(section, name)) for name in changed
    }
