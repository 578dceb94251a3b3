"""What other people watch is taken over whole: targets, rules, channels; secrets apart; the rest told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import SettingsError
from core.model.change import Severity
from core.model.secret import Secret, SecretRef
from core.model.target import Origin, Schedule
from core.query.filters import parse as parse_filter
from core.settings.foreign import Imported, read_foreign
from core.settings.load import parse
from core.settings.problems import InvalidSettings
from core.settings.stored import channel_to_json, rule_to_json
from tests.settings.documents import EXAMPLE


def taken(document: object) -> Imported:
    return read_foreign(json.dumps(document), "sites.json")


def site(**more: object) -> dict[str, object]:
    return {"name": "Shop", "url": "https://shop.example/", **more}


def rule(**more: object) -> dict[str, object]:
    return site(alert_rules=[{"name": "R", **more}])


def hook(**more: object) -> dict[str, object]:
    return rule(notification_channels=[{"type": "webhook", "url": "https://h.example/", **more}])


@pytest.mark.shared_data
def test_the_realtime_shape_is_taken_over_whole(shared_data: Path) -> None:
    found = read_foreign((shared_data / "import" / "realtime.json").read_text("utf-8"), "realtime.json")
    (target,) = found.targets
    assert (target.name, target.url, target.origin) == ("Harbour shop", "https://shop.example/", Origin.STORE)
    assert target.schedule == Schedule(every=None, cron="0 */6 * * *", timezone="UTC")
    assert target.scanners == ("performance", "security", "technology")
    assert dict(target.thresholds) == {"total_ms": 0.2, "ttfb_ms": 0.25}
    (taken_rule,) = found.rules
    assert taken_rule.name == "Technology change"
    assert taken_rule.when == 'type:technology.added,technology.removed severity>=medium target="Harbour shop"'
    assert (taken_rule.severity, taken_rule.throttle, taken_rule.enabled) == (Severity.MEDIUM, 3600.0, True)
    mail, slack, webhook = found.channels
    assert taken_rule.notify == (mail.name, slack.name, webhook.name)
    assert mail.option("smtp_username") == "alerts@example.com"
    assert slack.option("icon_emoji") == ":warning:"
    assert webhook.option("basic_username") == "hook"
    secrets = dict(found.secrets)
    assert secrets[dict(slack.secrets)["webhook_url"].name] == Secret("https://hooks.example/services/T/B/X")
    assert secrets[dict(mail.secrets)["smtp_password"].name] == Secret("…")
    assert any("org-7" in note for note in found.notes)


@pytest.mark.shared_data
def test_the_queue_shape_is_taken_over_whole(shared_data: Path) -> None:
    found = read_foreign((shared_data / "import" / "queue.json").read_text("utf-8"), "queue.json")
    (target,) = found.targets
    assert target.schedule.cron == "0 */6 * * *"
    assert target.scanners == ("performance", "security", "technology")
    (taken_rule,) = found.rules
    types = "technology.added,technology.removed,performance.degraded"
    assert taken_rule.when == f'type:{types} target="Competitor stack"'
    (mail,) = found.channels
    assert mail.option("recipients") == ("team@example.com",)
    assert taken_rule.notify == (mail.name,)
    assert any("digests are not in this version" in note for note in found.notes)
    assert any("depth" in note for note in found.notes)


def test_recipients_use_the_mail_server_of_a_channel_already_here() -> None:
    here = parse(EXAMPLE, "x").channels[0]
    text = json.dumps(site(alert_config={"recipients": ["a@b.example"]}))
    (channel,) = read_foreign(text, "queue.json", mail=here).channels
    assert channel.option("smtp_host") == "smtp.example"
    assert channel.option("recipients") == ("a@b.example",)
    assert channel.secrets == (("smtp_password", SecretRef("smtp")),)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ({"type": "interval", "minutes": 15}, Schedule(900.0)),
        ({"type": "interval", "seconds": 30}, Schedule(30.0)),
        ({"type": "interval", "hours": 1, "minutes": 30}, Schedule(5400.0)),
        ({"minutes": 2.5}, Schedule(150.0)),
        ({"expression": "0 7 * * 1", "timezone": "Asia/Tokyo"}, Schedule(None, "0 7 * * 1", "Asia/Tokyo")),
    ],
)
def test_schedules_of_both_types_are_read(schedule: dict[str, object], expected: Schedule) -> None:
    assert taken(site(schedule=schedule)).targets[0].schedule == expected


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"technologies": True, "performance": False, "security": True}, ("security", "technology")),
        ({"track_security_headers": True, "track_technologies": False}, ("security",)),
        ({}, ("performance", "security", "technology", "content", "infrastructure")),
    ],
)
def test_the_switches_that_are_on_are_what_is_scanned(config: dict[str, bool], expected: tuple[str, ...]) -> None:
    assert taken(site(scan_config=config)).targets[0].scanners == expected


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"type": "technology", "change_types": ["version_change"]}, "type:technology.version_changed"),
        ({"type": "security"}, "type:security.*"),
        ({"type": "ssl", "min_impact": "high"}, "type:tls.* severity>=high"),
        ({"change_types": ["technology_added", "availability.down"]}, "type:technology.added,availability.down"),
        ({"min_impact": "warning"}, "severity>=medium"),
    ],
)
def test_conditions_become_filters_that_can_be_read(conditions: dict[str, object], expected: str) -> None:
    (found,) = taken(rule(conditions=conditions)).rules
    assert found.when == f'{expected} target="Shop"'
    parse_filter(found.when, "changes")


def test_a_name_that_needs_quoting_still_scopes_its_rule() -> None:
    (found,) = taken({**rule(), "name": 'a "b" \\c'}).rules
    assert r'''"a \"b\" \\c"''' in found.when
    parse_filter(found.when, "changes")


@pytest.mark.parametrize(
    "off", [rule(enabled=False), site(alert_config={"enabled": False, "triggers": ["tls_expired"]})]
)
def test_rules_switched_off_there_are_switched_off_here(off: dict[str, object]) -> None:
    assert [each.enabled for each in taken(off).rules] == [False]


@pytest.mark.parametrize(
    ("given", "seconds"), [({}, 3600.0), ({"throttle_minutes": 5}, 300.0), ({"throttle_minutes": 0}, 0.0)]
)
def test_a_rule_is_throttled_to_once_an_hour_unless_it_says_otherwise(given: dict[str, int], seconds: float) -> None:
    assert taken(rule(**given)).rules[0].throttle == seconds


SECRET_CHANNELS = [
    {"type": "email", "smtp_host": "h", "from_address": "a@b", "recipients": ["c@d"], "smtp_password": "hunter2"},
    {"type": "slack", "webhook_url": "https://hooks.example/hunter2"},
    {"type": "webhook", "url": "https://h.example/", "headers": {"Authorization": "Bearer hunter2"}},
    {"type": "webhook", "url": "https://h.example/", "headers": {"authorization": "Basic bWU6aHVudGVyMg=="}},
    {"type": "webhook", "url": "https://h.example/", "headers": {"Authorization": "Token hunter2", "X-Team": "t"}},
    {"type": "webhook", "url": "https://h.example/", "headers": {"X-Api-Key": "hunter2"}},
    {"type": "webhook", "url": "https://h.example/", "auth": {"type": "basic", "username": "u", "password": "hunter2"}},
    {"type": "webhook", "url": "https://h.example/", "auth": {"type": "bearer", "token": "hunter2"}},
    {"type": "webhook", "url": "https://h.example/", "secret": "hunter2"},
]


@pytest.mark.parametrize("channel", SECRET_CHANNELS)
def test_a_secret_goes_to_the_store_of_secrets_and_never_into_a_table(channel: dict[str, object]) -> None:
    found = taken(rule(notification_channels=[channel]))
    ((name, secret),) = found.secrets
    assert "hunter2" in secret.reveal()
    rows = [*map(channel_to_json, found.channels), *map(rule_to_json, found.rules), *found.notes, repr(found)]
    assert not any("hunter2" in row or "aHVudGVyMg" in row for row in rows)
    assert any(name in row for row in rows)


def test_basic_authentication_replaces_the_header_and_both_secrets_are_kept() -> None:
    auth = {"type": "basic", "username": "u", "password": "p"}
    found = taken(hook(headers={"Authorization": "Bearer t"}, auth=auth))
    assert dict(found.channels[0].secrets).keys() == {"basic_password"}
    assert {secret.reveal() for _, secret in found.secrets} == {"t", "p"}
    assert any("replaces the Authorization header" in note for note in found.notes)


def test_a_channel_repeated_is_made_once_and_rules_of_one_name_are_told_apart() -> None:
    first, second = hook(), {**hook(), "name": "Other"}
    found = taken({"configs": [first, second]})
    assert [each.name for each in found.targets] == ["Shop", "Other"]
    assert [each.name for each in found.rules] == ["R", "R (Other)"]
    assert [each.name for each in found.channels] == ["shop-webhook"]
    assert {each.notify for each in found.rules} == {("shop-webhook",)}


def test_what_nobody_understands_is_told_and_not_dropped_in_silence() -> None:
    notes = taken([site(colour="blue", scan_config={"crawl": 3}, organisation_id="o")]).notes
    assert set(notes) == {
        "$[0].organisation_id: 'o' is kept as this note only: organisations are not in this version",
        "$[0].scan_config.crawl: not understood, left out",
        "$[0].colour: not understood, left out",
    }


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"name": "x"}, "$: 'url' is missing"),
        ([site(), 3], "$[1]: expected an object, not 3"),
        (site(schedule="daily"), "$.schedule: expected an object, not 'daily'"),
        (site(schedule={"type": "cron"}), "$.schedule: 'expression' is missing"),
        (site(schedule={"type": "solar"}), "$.schedule.type: expected one of cron, interval, not 'solar'"),
        (site(scan_config={"performance": "yes"}), "$.scan_config.performance: expected true or false, not 'yes'"),
        (site(scan_config={"track_performance": False}), "$.scan_config: nothing is switched on"),
        (
            rule(conditions={"type": "technology", "change_types": ["aded"]}),
            "$.alert_rules[0].conditions.change_types[0]: 'aded' is no change type; did you mean 'technology.added'?",
        ),
        (
            rule(notification_channels=[{"type": "pager"}]),
            "$.alert_rules[0].notification_channels[0].type: expected one of email, slack, webhook, not 'pager'",
        ),
        (
            site(alert_config={"recipients": ["nobody"]}),
            "$.alert_config.recipients[0]: expected a mail address such as 'ops@example.com', not 'nobody'",
        ),
        (hook(auth="secret"), "$.alert_rules[0].notification_channels[0].auth: unknown key"),
    ],
)
def test_a_mistake_is_told_with_its_place_in_the_json(document: object, expected: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        taken(document)
    assert any(line.startswith(f"sites.json: {expected}") for line in str(caught.value).splitlines())


def test_cron_is_judged_when_somebody_can() -> None:
    def refuse(expression: str, zone: str) -> None:
        raise ValueError(f"'{expression}' is no cron")

    for given, place in (
        ({"schedule_cron": "x"}, "schedule_cron"),
        ({"schedule": {"expression": "x"}}, "schedule.expression"),
    ):
        with pytest.raises(InvalidSettings) as caught:
            read_foreign(json.dumps(site(**given)), "sites.json", refuse)
        assert str(caught.value) == f"sites.json: $.{place}: 'x' is no cron"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "truncated"),
        ('{"schema": 9}', "reads schema 1, not 9"),
        ("[" * 100_000, "nested too deeply"),
        (json.dumps([site(), site()]), "'Shop' is the name of target 1 already"),
    ],
)
def test_what_cannot_be_read_at_all_is_refused_with_a_sentence(text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        read_foreign(text, "sites.json")


def test_a_list_of_urls_is_read_line_by_line() -> None:
    text = "# ours\nhttps://a.example/\n\n  https://b.example/x/  \nhttps://a.example\n"
    names = [each.name for each in read_foreign(text, "sites.txt").targets]
    assert names == ["a.example", "b.example/x", "a.example-2"]
    with pytest.raises(InvalidSettings, match=r"sites.txt:2: url: expected a URL"):
        read_foreign("https://a.example/\nnonsense\n", "sites.txt")


def test_a_table_of_urls_may_name_the_keys_of_a_target() -> None:
    text = 'url,name,tags,every\nhttps://a.example/,A,"shop,eu",1m\nhttps://b.example/,,,\n'
    first, second = read_foreign(text, "sites.csv").targets
    assert (first.name, first.tags, first.schedule.every) == ("A", ("shop", "eu"), 60.0)
    assert second.name == "b.example"
    assert [each.url for each in read_foreign("https://a.example/\n", "sites.csv").targets] == ["https://a.example/"]
    with pytest.raises(InvalidSettings, match=r"sites.csv:2: colour: unknown key"):
        read_foreign("url,colour\nhttps://a.example/,blue\n", "sites.csv")


def test_a_settings_file_is_imported_as_entries_of_the_store() -> None:
    found = read_foreign(EXAMPLE, "vedette.toml")
    assert {each.origin for each in found.targets} == {Origin.STORE}
    assert len(found.channels) == 4
