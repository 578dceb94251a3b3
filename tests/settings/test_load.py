"""Settings are read strictly, and every mistake is told with its line, its key and what would be right."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from core.errors import SettingsError
from core.model.change import Severity
from core.model.secret import SecretRef
from core.model.target import SCANNER_NAMES, ContentScope, Origin, Profile, Schedule, TargetClass
from core.settings.load import Checks, load, location, parse
from core.settings.problems import InvalidSettings
from core.settings.values import Settings
from tests.settings.documents import EXAMPLE


def mistakes(text: str, checks: Checks | None = None) -> list[str]:
    """What is told of a text, a line each, without the file's name."""
    with pytest.raises(InvalidSettings) as caught:
        parse(text, "vedette.toml", checks)
    return [line.removeprefix("vedette.toml:") for line in str(caught.value).splitlines()]


def target(lines: str) -> str:
    return f'[[target]]\nname = "Shop"\nurl = "https://shop.example"\n{lines}\n'


def webhook(lines: str) -> str:
    return f'[[channel]]\nname = "a"\ntype = "webhook"\nurl = "https://h.example"\n{lines}\n'


def test_the_example_of_the_documentation_is_read_whole() -> None:
    settings = parse(EXAMPLE, "vedette.toml")
    assert settings.engine.workers == 0
    assert settings.batch.detect_every == 900.0
    assert settings.fetch.domain_rate == 2.0
    assert settings.fetch.resolve == (("shop.test", "127.0.0.1", 8443),)
    assert settings.retention.jobs == 7 * 86400
    shop, competitor = settings.targets
    assert shop.schedule == Schedule(every=60.0)
    assert shop.content == ContentScope("main", ("#clock", "/Visit [0-9a-f]+/"))
    assert shop.origin is Origin.FILE
    assert competitor.schedule == Schedule(every=None, cron="0 */6 * * *", timezone="UTC")
    assert (competitor.profile, competitor.target_class) == (Profile.BATCH, TargetClass.COMPETITOR)
    mail, slack, hook, other = settings.channels
    assert mail.secrets == (("smtp_password", SecretRef("smtp")),)
    assert mail.option("recipients") == ("ops@example.com",)
    assert slack.option("channel") == "#ops"
    assert hook.option("headers") == (("X-Team", "ops"),)
    assert dict(hook.secrets) == {"bearer": SecretRef("hook-token"), "secret": SecretRef("hook-hmac")}
    assert hook.allow_private
    assert other.option("basic_username") == "me"
    assert dict(other.secrets) == {"basic_password": SecretRef("other")}
    assert settings.rules[0].severity is Severity.MEDIUM
    assert settings.rules[0].throttle == 3600.0
    assert settings.templates == {"short": "{{ alert.rule }}"}


def documented_keys() -> list[tuple[int, str]]:
    """(line from 0, key) of every key of the example whose name is ours to choose."""
    found = []
    for number, line in enumerate(EXAMPLE.splitlines()):
        if (match := re.match(r"([a-z_]+) = ", line)) and match[1] != "short":
            found.append((number, match[1]))
    return found


@pytest.mark.parametrize(("number", "key"), documented_keys(), ids=lambda part: str(part))
def test_a_misspelt_key_is_told_with_its_line_and_the_key_that_was_meant(number: int, key: str) -> None:
    lines = EXAMPLE.splitlines()
    misspelt = key[:2] + "z" + key[2:]
    lines[number] = misspelt + lines[number].removeprefix(key)
    told = [line for line in mistakes("\n".join(lines)) if "unknown key" in line]
    assert len(told) == 1
    assert told[0].startswith(f"{number + 1}: ")
    assert told[0].endswith(f".{misspelt}: unknown key; did you mean '{key}'?")


@pytest.mark.parametrize(
    ("written", "misspelt", "meant"),
    [
        ("select = ", "selekt = ", "select"),
        ("ignore = [", "ingore = [", "ignore"),
        ("total_ms = ", "totl_ms = ", "total_ms"),
        ('username = "me"', 'user_name = "me"', "username"),
        ("[fetch]", "[fetsch]", "fetch"),
        ("[profile.batch]", "[profile.bach]", "batch"),
        ("[[rule]]", "[[rules]]", "rule"),
    ],
)
def test_misspelt_keys_of_inline_tables_and_headers_are_told_too(written: str, misspelt: str, meant: str) -> None:
    line = EXAMPLE[: EXAMPLE.index(written)].count("\n") + 1
    told = mistakes(EXAMPLE.replace(written, misspelt, 1))
    assert any(each.startswith(f"{line}: ") and each.endswith(f"did you mean '{meant}'?") for each in told)


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("[engine]\nworkers = 0", "2: engine.workers", "expected 'auto' or a whole number from 1 to 64, not 0"),
        (
            '[engine]\nprofile = "batsh"',
            "2: engine.profile",
            "expected one of realtime, batch, not 'batsh'; did you mean 'batch'?",
        ),
        ("[engine]\nconfirm_scans = true", "2: engine.confirm_scans", "expected a whole number from 1 to 10, not true"),
        ("engine = 3", "1: engine", "expected a table, not 3"),
        ("[target]\nname = 'x'", "1: target", "expected tables, each under [[target]]"),
        (
            "[fetch]\ntimeout = 20",
            "2: fetch.timeout",
            "expected a duration such as '20s', '15m', '6h' or '90d', not 20",
        ),
        (
            '[fetch]\ntimeout = "2 moons"',
            "2: fetch.timeout",
            "expected a duration such as '20s', '15m', '6h' or '90d', not '2 moons'",
        ),
        ('[fetch]\ndomain_rate = "0/s"', "2: fetch.domain_rate", "expected a rate such as '2/s' or '30/m', not '0/s'"),
        (
            '[fetch]\nallow = [\n "10.0.0.0/8",\n "ten"]',
            "4: fetch.allow[1]",
            "expected a network such as '10.20.0.0/16', not 'ten'",
        ),
        ('[fetch]\nresolve = {a = "b:1"}', "2: fetch.resolve.a", "expected 'address:port' or an address, not 'b:1'"),
        (
            '[fetch]\nresolvers = ["127.0.0.1:5353", "dns.test"]',
            "2: fetch.resolvers[1]",
            "expected 'address:port' or an address, not 'dns.test'",
        ),
        (
            '[connectivity]\ncheck = ["tcp://host"]',
            "2: connectivity.check[0]",
            "expected 'tcp://host:port', not 'tcp://host'",
        ),
        ('[retention]\njobs = "5m"', "2: retention.jobs", "expected a duration from 1h to 36500d, not '5m'"),
        (target('every = "0s"'), "4: target[0].every", "expected a duration from 1s to 366d, not '0s'"),
        (target('every = "1m"\ncron = "* * * * *"'), "5: target[0].cron", "a target has either 'every' or 'cron'"),
        (
            target('timezone = "Mars/Base"'),
            "4: target[0].timezone",
            "expected an IANA time zone such as 'Europe/Berlin', not 'Mars/Base'",
        ),
        (target('class = "rival"'), "4: target[0].class", "expected one of own, vendor, competitor, not 'rival'"),
        (target("tags = 'shop'"), "4: target[0].tags", "expected a list, not 'shop'"),
        (target("scan = []"), "4: target[0].scan", "the list is empty"),
        (
            target('scan = ["performnce"]'),
            "4: target[0].scan[0]",
            f"expected one of {', '.join(SCANNER_NAMES)}, not 'performnce'; did you mean 'performance'?",
        ),
        (target('content.select = "..x"'), "4: target[0].content.select", "'..x' is not a CSS selector"),
        (
            target('content = {ignore = ["/(/"]}'),
            "4: target[0].content.ignore[0]",
            "'/(/' is not a regular expression (RE2): missing ): (",
        ),
        (
            target("thresholds = {total_ms = 20}"),
            "4: target[0].thresholds.total_ms",
            "expected a percentage such as '20%', not 20",
        ),
        (
            target('thresholds = {total_ms = "20%", load_time = "30%"}'),
            "4: target[0].thresholds.load_time",
            "says the same as 'total_ms'",
        ),
        ('[[target]]\nurl = "https://a.example"', "1: target[0]", "'name' is missing"),
        (
            '[[target]]\nname = "T-12"\nurl = "https://a.example"',
            "2: target[0].name",
            "'T-12' looks like an id; choose another name",
        ),
        (
            '[[target]]\nname = "a"\nurl = "ftp://a.example"',
            "3: target[0].url",
            "expected a URL such as 'https://shop.example/', not 'ftp://a.example'",
        ),
        (
            '[[target]]\nname = "a"\nurl = "https://u:p@a.example"',
            "3: target[0].url",
            "a URL here must not carry a user name or password",
        ),
        (
            '[[target]]\nname = "a\\u001b[2J"\nurl = "https://a.example"',
            "2: target[0].name",
            "expected one line without control characters",
        ),
        ('[[target]]\nname = "db"\ndatabase = "postgresql://h/d"', "3: target[0].database", "not in this version"),
        ('[[target]]\nname = "f"\npath = "/etc/x"', "3: target[0].path", "not in this version"),
        ('[docker]\nsocket = "auto"', "1: docker", "not in this version"),
        ('[[escalation]]\nname = "x"', "1: escalation", "not in this version"),
        ('\n[[digest]]\nname = "x"', "2: digest", "not in this version"),
        (
            '[[channel]]\nname = "a"\ntype = "emial"',
            "3: channel[0].type",
            "expected one of email, slack, webhook, not 'emial'; did you mean 'email'?",
        ),
        ('[[channel]]\nname = "a"', "1: channel[0]", "'type' is missing"),
        ('[[channel]]\nname = "a"\ntype = "slack"', "1: channel[0]", "'webhook_url' is missing"),
        (webhook('headers = {Host = "x"}'), "5: channel[0].headers.Host", "this header is set by Vedette itself"),
        (
            webhook('bearer={secret="a"}\nbasic={username="u",password={secret="b"}}'),
            "6: channel[0].basic",
            "a channel has either 'bearer' or 'basic'",
        ),
        (
            '[[rule]]\nname = "a"\nwhen = "severity>=medium"\nnotify = ["ops"]',
            "4: rule[0].notify[0]",
            "there is no channel 'ops'",
        ),
        (
            '[[rule]]\nname = "a"\nwhen = ""\nseverity = "bad"',
            "4: rule[0].severity",
            "'bad' is not a severity (info, low, medium, high, critical)",
        ),
        ("[templates]\na = 3", "2: templates.a", "expected a text, not 3"),
        ("a = = 1", "1:5", "Invalid value"),
        ('a = 1\nb = "x', "2", "Unterminated string"),
    ],
)
def test_a_bad_value_is_told_with_its_line_and_what_is_allowed(text: str, where: str, message: str) -> None:
    assert mistakes(text) == [f"{where}: {message}"]


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file_and_at_most_twenty() -> None:
    told = mistakes('[engine]\nworker = 1\n[fetch]\ntimeout = 1\ndomain_rat = "2/s"\n')
    assert [line.split(":")[0] for line in told] == ["2", "4", "5"]
    many = mistakes("[engine]\n" + "".join(f"k{letter} = 1\n" for letter in string.ascii_lowercase))
    assert len(many) == 21
    assert many[-1] == " and 6 more"


@pytest.mark.parametrize(
    "channel",
    [
        'type = "email"\nsmtp_host = "h"\nfrom_address = "a@b"\nrecipients = ["c@d"]\nsmtp_password = "hunter2"',
        'type = "slack"\nwebhook_url = "hunter2"',
        'type = "webhook"\nurl = "https://h.example"\nbearer = "hunter2"',
        'type = "webhook"\nurl = "https://h.example"\nbasic = { username = "u", password = "hunter2" }',
        'type = "webhook"\nurl = "https://h.example"\nheaders = { Authorization = "hunter2" }',
        'type = "webhook"\nurl = "https://h.example"\nheaders = { X-Api-Key = "hunter2" }',
        'type = "webhook"\nurl = "https://h.example"\nsecret = { secret = "x", value = "hunter2" }',
    ],
)
def test_a_secret_written_down_is_refused_without_being_repeated(channel: str) -> None:
    (told,) = mistakes(f'[[channel]]\nname = "a"\n{channel}\n')
    assert "vedette secret set NAME" in told
    assert "hunter2" not in told


def test_a_header_may_take_its_value_from_a_secret() -> None:
    text = webhook('headers = { X-Api-Key = { secret = "k" } }')
    assert parse(text, "x").channels[0].secrets == (("header:X-Api-Key", SecretRef("k")),)


def test_a_filter_that_cannot_be_read_is_pointed_at_within_its_line() -> None:
    (told,) = mistakes('[[rule]]\nname = "a"\nwhen = "tag:\\"x y\\" type:nonsense"\n')
    line, column, rest = told.split(":", 2)
    text = 'when = "tag:\\"x y\\" type:nonsense"'
    assert (int(line), text[int(column) - 1 :]) == (3, 'nonsense"')
    assert rest.startswith(" rule[0].when: 'nonsense' is no change type")


def test_a_name_given_twice_is_told_with_the_line_of_the_first() -> None:
    text = target("") + target("")
    assert mistakes(text) == ["6: target[1].name: a target of this name stands already in line 2"]


def test_a_rule_may_name_a_channel_that_the_store_has() -> None:
    text = '[[rule]]\nname = "a"\nwhen = "tag:x"\nnotify = ["kept"]\n'
    assert parse(text, "x", Checks(channels=("kept",))).rules[0].notify == ("kept",)


def test_cron_and_templates_are_judged_by_whom_the_composition_root_names() -> None:
    def refuse_cron(expression: str, zone: str) -> None:
        raise ValueError(f"no cron: {expression} in {zone}")

    def refuse_template(text: str) -> None:
        raise SettingsError(f"no template: {text}")

    text = target('cron = "x"\ntimezone = "Asia/Tokyo"') + '[templates]\nbad = "{{"\n'
    assert mistakes(text, Checks(cron=refuse_cron, template=refuse_template)) == [
        "4: target[0].cron: no cron: x in Asia/Tokyo",
        "7: templates.bad: no template: {{",
    ]


def test_a_target_takes_the_default_profile_of_the_engine() -> None:
    assert parse('[engine]\nprofile = "batch"\n' + target(""), "x").targets[0].profile is Profile.BATCH


def test_thresholds_replace_only_their_own_metric_and_off_takes_one_out() -> None:
    first = parse(target('thresholds = { ttfb = "50%" }'), "x").targets[0]
    assert first.thresholds == (("total_ms", 0.2), ("ttfb_ms", 0.5))
    second = parse(target('thresholds = { load_time = "off", dns_ms = "100%" }'), "x").targets[0]
    assert second.thresholds == (("dns_ms", 1.0), ("ttfb_ms", 0.25))


def test_without_a_file_the_settings_are_the_defaults_unless_the_file_was_named(tmp_path: Path) -> None:
    environ = {"XDG_CONFIG_HOME": str(tmp_path), "HOME": "/nowhere"}
    assert location(environ) == tmp_path / "vedette" / "vedette.toml"
    assert location({"HOME": "/home/me"}) == Path("/home/me/.config/vedette/vedette.toml")
    assert load(None, environ) == Settings()
    for path, named in ((tmp_path / "none.toml", environ), (None, {"VEDETTE_CONFIG": str(tmp_path / "none.toml")})):
        with pytest.raises(SettingsError, match="there is no such settings file"):
            load(path, named)


def test_a_file_is_read_with_its_digest_and_source(tmp_path: Path) -> None:
    path = tmp_path / "vedette.toml"
    path.write_bytes(b"\xef\xbb\xbf" + EXAMPLE.encode())
    settings = load(path, {})
    assert settings.source == str(path)
    assert settings.digest == parse(EXAMPLE, "").digest
    path.write_bytes(b"a = 1\nb = '\xff'\n")
    with pytest.raises(InvalidSettings, match=r"vedette.toml:2: not UTF-8 text"):
        load(path, {})
    with pytest.raises(SettingsError, match="cannot be read"):
        load(tmp_path, {})
