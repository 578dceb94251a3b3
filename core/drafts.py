"""What a person is about to add or change, judged as the settings file would be: the same words wherever it is typed.

Command line and console make targets, rules and channels here before they ask the engine for anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.model.alert import Rule
from core.model.target import Origin, Profile, Target
from core.ports import Entry
from core.schedule.cron import Cron
from core.settings.channels import read_channel
from core.settings.edit import created, edited, name_for
from core.settings.problems import Problems
from core.settings.rules import read_rule
from core.settings.stored import channel_to_json, rule_to_json
from core.settings.targets import TargetContext, read_target
from core.settings.values import ChannelSettings
from core.settings.walk import Node
from core.settings.write import Table, target_table


def whole_url(typed: str) -> str:
    """A URL as people type it: without a scheme it is https."""
    return typed if "://" in typed else f"https://{typed}"


def new_target(url: str, options: Mapping[str, str]) -> Target:
    """A target that is not watched yet; InvalidSettings with every key that is wrong."""
    return created(whole_url(url), options, check_cron=Cron.parse)


def target_with(target: Target, changes: Mapping[str, str]) -> Target:
    """The target with these keys changed; InvalidSettings with every key that is wrong."""
    return edited(target, changes, Cron.parse)


def target_keys(target: Target) -> Table:
    """The keys of its table that are not as the defaults have them."""
    return target_table(target, Profile.REALTIME)


def read_target_table(table: Table, known: Target | None = None) -> Target:
    """The target of a table as the file would have it, `known` changed where there is one.

    InvalidSettings with every key that is wrong. Without a name it is called by its host.
    """
    filled = {"name": name_for(str(table.get("url", ""))), **table} if table.get("url") else table
    problems = Problems(f"target '{filled.get('name', '')}'")
    found = read_target(Node(filled, problems), TargetContext(origin=Origin.STORE, check_cron=Cron.parse))
    problems.settle()
    assert found is not None, "a target without problems has its name and URL"
    if known is None:
        return found
    return replace(found, paused=known.paused, id=known.id, uuid=known.uuid, org_id=known.org_id, kind=known.kind)


def read_rule_table(table: Table) -> Rule:
    """The rule of a table as the file would have it; InvalidSettings with every key that is wrong."""
    problems = Problems(f"rule '{table.get('name', '')}'")
    rule = read_rule(Node(table, problems))
    problems.settle()
    assert rule is not None, "a rule without problems has its name and filter"
    return rule


def read_channel_table(table: Table) -> ChannelSettings:
    """The channel of a table as the file would have it; InvalidSettings with every key that is wrong."""
    problems = Problems(f"channel '{table.get('name', '')}'")
    channel = read_channel(Node(table, problems))
    problems.settle()
    assert channel is not None, "a channel without problems has its name and type"
    return channel


def rule_entry(rule: Rule) -> Entry:
    """A rule as it is entered."""
    return Entry("rule", rule.name, rule_to_json(rule))


def channel_entry(channel: ChannelSettings) -> Entry:
    """A channel as it is entered; secrets stand in it by their names."""
    return Entry("channel", channel.name, channel_to_json(channel))
