"""What is written reads back as the very same settings."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.alert import Rule
from core.model.change import Severity
from core.model.scan import METRICS
from core.model.secret import SecretRef
from core.model.target import (
    DEFAULT_THRESHOLDS,
    SCANNER_NAMES,
    ContentScope,
    Origin,
    Profile,
    Schedule,
    Target,
    TargetClass,
)
from core.settings.foreign import read_foreign
from core.settings.load import parse
from core.settings.stored import channel_from_json, channel_to_json, rule_from_json, rule_to_json
from core.settings.values import (
    BatchSettings,
    ChannelSettings,
    ConnectivitySettings,
    EngineSettings,
    FetchSettings,
    RetentionSettings,
    Settings,
)
from core.settings.write import export_json, export_toml, target_toml
from core.settings.writing import duration_text, percent_text, rate_text
from tests.settings.documents import EXAMPLE

printable = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cf", "Zl", "Zp", "Zs", "Co", "Cn"))
texts = st.text(printable | st.just(" "), max_size=12)
names = st.text(printable, min_size=1, max_size=8).map("n {}".format)
seconds = st.one_of(st.integers(1, 10**6).map(float), st.floats(1.0, 10**6).map(lambda value: round(value, 3)))
ratios = st.integers(1, 10_000).map(lambda tenths: tenths / 1000)
references = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True).map(SecretRef)

schedules = st.one_of(
    seconds.map(lambda value: Schedule(every=value)),
    st.builds(Schedule, st.none(), st.just("0 */6 * * *"), st.sampled_from(["UTC", "Europe/Berlin"])),
)
targets = st.builds(
    Target,
    name=names,
    url=st.sampled_from(["https://a.example/", "http://[::1]:80/x?y=%20#z"]),
    schedule=schedules,
    profile=st.sampled_from(Profile),
    target_class=st.sampled_from(TargetClass),
    owner=texts,
    tags=st.lists(names.filter(lambda name: "," not in name), unique=True, max_size=3).map(tuple),
    scanners=st.sets(st.sampled_from(SCANNER_NAMES), min_size=1).map(
        lambda chosen: tuple(name for name in SCANNER_NAMES if name in chosen)
    ),
    content=st.builds(
        ContentScope,
        st.sampled_from(["", "main", "a > b"]),
        st.lists(st.sampled_from(["#clock", '/x\\d+\\/"/']), max_size=2).map(tuple),
    ),
    thresholds=st.dictionaries(st.sampled_from(METRICS), ratios).map(lambda found: tuple(sorted(found.items()))),
    allow_private=st.booleans(),
    origin=st.just(Origin.FILE),
)
mail_channels = st.builds(
    lambda name, port, tls, recipients, password: ChannelSettings(
        name,
        "email",
        (
            ("smtp_host", "smtp.example"),
            ("smtp_port", port),
            ("use_tls", tls),
            ("from_address", "a@b.example"),
            ("recipients", recipients),
        ),
        (("smtp_password", password),),
    ),
    names,
    st.integers(1, 65535),
    st.booleans(),
    st.lists(st.sampled_from(["x@y.example", "z@y.example"]), min_size=1, max_size=2).map(tuple),
    references,
)
hook_channels = st.builds(
    lambda name, headers, header, password, signature, private: ChannelSettings(
        name,
        "webhook",
        (
            ("url", "https://h.example/"),
            ("method", "PUT"),
            *([("headers", tuple(headers.items()))] if headers else []),
            ("basic_username", "me"),
        ),
        (("header:X-Api-Key", header), ("basic_password", password), ("secret", signature)),
        private,
    ),
    names,
    st.dictionaries(st.sampled_from(["X-Team", "X-Other"]), texts),
    references,
    references,
    references,
    st.booleans(),
)
rules = st.builds(
    Rule,
    name=names,
    when=st.sampled_from(["", "tag:shop", 'name="a \\"b\\"" severity>=low']),
    severity=st.none() | st.sampled_from(Severity),
    throttle=seconds | st.just(0.0),
    enabled=st.booleans(),
)
retentions = st.builds(
    RetentionSettings, samples=seconds.map(lambda value: round(value + 3600, 3)), jobs=st.just(86400.0)
)
fetches = st.builds(
    FetchSettings,
    timeout=st.floats(0.1, 600).map(lambda value: round(value, 3)),
    domain_rate=st.sampled_from([2.0, 0.5, 1 / 60, 0.1, 7 / 3600, 3.25]),
    allow=st.lists(st.sampled_from(["10.0.0.0/8", "fd00::/8"]), max_size=2).map(tuple),
    resolve=st.lists(
        st.sampled_from([("a.test", "127.0.0.1", 8443), ("b.test", "::1", 0), ("c.test", "::1", 80)]), unique=True
    ).map(tuple),
    user_agent=texts.filter(str.strip) | st.just(FetchSettings().user_agent),
)


Named = TypeVar("Named", Target, ChannelSettings, Rule)


def unique(values: list[Named]) -> tuple[Named, ...]:
    return tuple({value.name: value for value in values}.values())


everything = st.builds(
    Settings,
    engine=st.builds(EngineSettings, st.integers(0, 64), st.sampled_from(Profile), st.integers(1, 10)),
    batch=st.builds(BatchSettings, seconds.filter(lambda value: value <= 604800), st.just(900.0), st.integers(1, 9)),
    fetch=fetches,
    connectivity=st.builds(ConnectivitySettings, st.sampled_from([(), ("https://a.example/", "tcp://[::1]:53")])),
    retention=retentions,
    targets=st.lists(targets, max_size=3).map(unique),
    channels=st.lists(mail_channels | hook_channels, max_size=3).map(unique),
    rules=st.lists(rules, max_size=3).map(unique),
    templates=st.dictionaries(names, st.text(st.characters(codec="utf-8"), max_size=20), max_size=2),
)


@given(everything)
def test_settings_written_as_toml_read_back_the_same(settings: Settings) -> None:
    again = parse(export_toml(settings), "x")
    assert replace(again, source="", digest="") == settings


@given(st.lists(targets, max_size=2).map(unique), st.lists(rules, max_size=2).map(unique))
def test_settings_written_as_json_import_the_same(targets: tuple[Target, ...], rules: tuple[Rule, ...]) -> None:
    imported = read_foreign(export_json(Settings(targets=targets, rules=rules)), "export.json")
    assert imported.targets == tuple(replace(each, origin=Origin.STORE) for each in targets)
    assert imported.rules == rules


@given(mail_channels | hook_channels)
def test_a_channel_kept_as_a_row_reads_back_the_same(channel: ChannelSettings) -> None:
    assert channel_from_json(channel_to_json(channel)) == channel


@given(rules.map(lambda rule: replace(rule, notify=("a", "b"))))
def test_a_rule_kept_as_a_row_reads_back_the_same(rule: Rule) -> None:
    assert rule_from_json(rule_to_json(rule)) == rule


def test_the_example_survives_both_exports_and_no_default_is_spelt_out() -> None:
    settings = parse(EXAMPLE, "vedette.toml")
    written = export_toml(settings)
    assert replace(parse(written, "vedette.toml"), digest=settings.digest) == settings
    assert "[retention]" not in written
    document = json.loads(export_json(settings))
    assert document["schema"] == 1
    assert document["channel"][0]["smtp_password"] == {"secret": "smtp"}


def test_targets_of_the_store_are_exported_beside_those_of_the_file() -> None:
    stored = Target(name="Kept", url="https://kept.example/", origin=Origin.STORE)
    again = parse(export_toml(parse(EXAMPLE, "x"), [stored]), "x")
    assert [each.name for each in again.targets] == ["Shop EU", "Competitor", "Kept"]


def test_one_target_is_written_as_the_table_a_person_would_write() -> None:
    target = Target("Shop", "https://s.example/", schedule=Schedule(90.0), thresholds=(DEFAULT_THRESHOLDS[0],))
    assert target_toml(target) == (
        '[[target]]\nname = "Shop"\nurl = "https://s.example/"\nevery = "90s"\nthresholds = { ttfb_ms = "off" }\n'
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (duration_text(5400), "90m"),
        (duration_text(0.25), "0.25s"),
        (duration_text(86400 * 2), "2d"),
        (duration_text(0), "0s"),
        (rate_text(2.0), "2/s"),
        (rate_text(0.5), "30/m"),
        (rate_text(100 / 3600), "100/h"),
        (percent_text(0.2), "20%"),
        (percent_text(0.125), "12.5%"),
        (percent_text(10.0), "1000%"),
    ],
)
def test_values_are_written_in_the_unit_a_person_would_choose(written: str, expected: str) -> None:
    assert written == expected
