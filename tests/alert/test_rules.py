"""Which changes meet which rules, and what a rule can ask of a change and its target."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.alert.rules import WITHOUT_RULES, met
from core.errors import QueryError
from core.model.alert import Rule
from core.model.change import Change, ChangeState, Severity
from core.model.target import Target, TargetClass
from core.query.fields import CHANGES, FIELDS
from core.query.records import change_record

NOW = 1_800_000_000.0
TARGET = Target("shop", "https://shop.example/", tags=("shop", "eu"), owner="ops", target_class=TargetClass.OWN, id=7)
CHANGE = Change(
    type="technology.version_changed",
    key="jQuery",
    before="3.5.1",
    after="3.7.0",
    severity=Severity.MEDIUM,
    confidence=0.95,
    state=ChangeState.CONFIRMED,
    at=NOW - 60,
    target_id=7,
    target="shop",
    id=12,
)


@pytest.mark.parametrize(
    "when",
    [
        "type:technology.*",
        "type:technology_version_changed",
        "type:technology.* severity>=medium tag:shop",
        "severity>=warning",
        "sev:medium",
        "confidence>=.9",
        "conf>=90%",
        "class:own",
        "owner:ops",
        "site:shop",
        "key:jQuery",
        "after:3.7*",
        "age<5m",
        "state:confirmed",
        "changed:technology.*",
        "-tag:test",
        "jquery",
        "url:shop.example",
        "profile:realtime",
        "kind:site",
    ],
)
def test_a_rule_that_describes_the_change_is_met(when: str) -> None:
    assert [rule.name for rule in met([Rule("mine", when)], CHANGE, TARGET, NOW)] == ["mine"]


@pytest.mark.parametrize(
    "when", ["type:security.*", "severity>=high", "tag:test", "class:competitor", "age>5m", "conf<.9"]
)
def test_a_rule_that_describes_another_change_is_not(when: str) -> None:
    assert met([Rule("mine", when)], CHANGE, TARGET, NOW) == []


def test_rules_keep_their_order_and_disabled_ones_never_hold() -> None:
    rules = [Rule("b", "shop"), Rule("off", "shop", enabled=False), Rule("a", "type:technology.*")]
    assert [rule.name for rule in met(rules, CHANGE, TARGET, NOW)] == ["b", "a"]


def test_without_any_rule_high_and_above_count() -> None:
    assert met([], CHANGE, TARGET, NOW) == []
    assert met([], replace(CHANGE, severity=Severity.HIGH), TARGET, NOW) == [WITHOUT_RULES]
    assert met([Rule("off", "shop", enabled=False)], replace(CHANGE, severity=Severity.HIGH), TARGET, NOW) == []


def test_a_rule_that_cannot_be_read_says_where() -> None:
    with pytest.raises(QueryError) as caught:
        met([Rule("bad", "severity>=")], CHANGE, TARGET, NOW)
    assert caught.value.position == len("severity>=")


def test_every_field_of_changes_is_in_the_record() -> None:
    record = change_record(CHANGE, TARGET)
    asked = [field for field in FIELDS.values() if CHANGES in field.kinds]
    assert [field.name for field in asked if not any(key in record for key in field.record_keys)] == []


def test_a_change_without_a_target_meets_rules_about_changes_only() -> None:
    nowhere = Target("", "", id=0)
    change = replace(CHANGE, target="", target_id=0)
    for target in (None, nowhere):
        assert met([Rule("mine", "type:technology.*")], change, target, NOW)
        assert not met([Rule("mine", "type:technology.* class:own")], change, target, NOW)
