"""When cron expressions fire, checked against a brute-force reading of the calendar and other people's cases."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import SettingsError
from core.schedule.cron import Cron, zone

EXPECTED = Path(__file__).with_name("expressions.tsv")
BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"


def epoch(text: str, name: str = "UTC") -> float:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(name))).timestamp()


def local(at: float, name: str) -> str:
    return datetime.fromtimestamp(at, ZoneInfo(name)).isoformat()


# -- a reading of the calendar that shares nothing with the implementation


@dataclass(frozen=True)
class Field:
    """One field as its text and as the values it means."""

    text: str
    values: frozenset[int]


def field(low: int, high: int, *, starred: bool) -> st.SearchStrategy[Field]:
    everything = frozenset(range(low, high + 1))
    chosen = st.sets(st.sampled_from(sorted(everything)), min_size=1, max_size=4)
    listed = chosen.map(lambda values: Field(",".join(map(str, sorted(values))), frozenset(values)))
    bounds = st.tuples(st.sampled_from(sorted(everything)), st.sampled_from(sorted(everything))).map(sorted)
    ranged = bounds.map(lambda ends: Field(f"{ends[0]}-{ends[1]}", frozenset(range(ends[0], ends[1] + 1))))
    steps = st.integers(min_value=1, max_value=high)
    stepped = steps.map(lambda step: Field(f"*/{step}", frozenset(range(low, high + 1, step))))
    return st.one_of(st.just(Field("*", everything)), stepped) if starred else st.one_of(listed, ranged)


def either(low: int, high: int) -> st.SearchStrategy[Field]:
    return st.one_of(field(low, high, starred=True), field(low, high, starred=False))


def day_matches(day: date, of_month: Field, of_week: Field) -> bool:
    in_month = day.day in of_month.values
    in_week = day.isoweekday() % 7 in of_week.values or day.isoweekday() in of_week.values
    if of_month.text.startswith("*") or of_week.text.startswith("*"):
        return in_month and in_week
    return in_month or in_week


def wall_instant(wall: datetime, name: str) -> float:
    """The first instant at which the clocks on the wall show this, or right after it where they never do."""
    instant = wall.replace(tzinfo=ZoneInfo(name)).timestamp()
    while datetime.fromtimestamp(instant, ZoneInfo(name)).replace(tzinfo=None) != wall:
        wall += timedelta(minutes=1)
        instant = wall.replace(tzinfo=ZoneInfo(name)).timestamp()
    return instant


def brute_force(fields: tuple[Field, ...], name: str, after: float, days: int) -> list[float]:
    """Every minute that five fields name within `days` after a moment."""
    minute, hour, of_month, month, of_week = fields
    if minute.text.startswith("*") or hour.text.startswith("*"):
        found = set()
        for at in range(int(after // 60 + 1) * 60, int(after + days * 86_400), 60):
            wall = datetime.fromtimestamp(at, ZoneInfo(name))
            if wall.minute in minute.values and wall.hour in hour.values and wall.month in month.values:
                found |= {float(at)} if day_matches(wall.date(), of_month, of_week) else set()
        return sorted(found)
    first = datetime.fromtimestamp(after, ZoneInfo(name)).date()
    return sorted(
        instant
        for day in (first + timedelta(days=number) for number in range(-1, days + 2))
        if day.month in month.values and day_matches(day, of_month, of_week)
        for instant in {
            wall_instant(datetime(day.year, day.month, day.day, h, m), name) for h in hour.values for m in minute.values
        }
        if after < instant < after + days * 86_400
    )


# Around the changes of the clocks of 2026 and 2027, and one quiet week.
STARTS = st.sampled_from(
    [
        ("2026-03-28T12:00:00", BERLIN), ("2026-03-29T01:59:59", BERLIN), ("2026-10-24T20:00:00", BERLIN),
        ("2026-10-25T02:30:00", BERLIN), ("2026-10-25T02:30:00+01:00", BERLIN), ("2026-03-07T12:00:00", NEW_YORK),
        ("2026-11-01T00:30:00", NEW_YORK), ("2026-11-01T01:30:00-05:00", NEW_YORK), ("2027-02-26T00:00:00", "UTC"),
        ("2026-06-01T00:00:00", "Asia/Kolkata"), ("2018-11-03T12:00:00", "America/Sao_Paulo"),
    ]
)  # fmt: skip
FIELDS = st.tuples(either(0, 59), either(0, 23), either(1, 31), either(1, 12), either(0, 7))


@settings(max_examples=300, deadline=None)
@given(FIELDS, STARTS, st.integers(min_value=0, max_value=7200))
def test_five_fields_fire_exactly_when_the_calendar_says(
    fields: tuple[Field, ...], start: tuple[str, str], later: int
) -> None:
    text, name = start
    after = epoch(text, name) + later
    expected = brute_force(fields, name, after, days=3)[:25]
    try:
        schedule = Cron.parse(" ".join(each.text for each in fields), name)
    except SettingsError:
        assert expected == []
        return
    assert [at for at in schedule.upcoming(after, len(expected) or 1) if at < after + 3 * 86_400] == expected


@settings(max_examples=200, deadline=None)
@given(either(0, 59), FIELDS, STARTS, st.integers(min_value=0, max_value=7200))
def test_six_fields_are_the_seconds_of_the_minutes_of_five(
    second: Field, fields: tuple[Field, ...], start: tuple[str, str], later: int
) -> None:
    text, name = start
    after = epoch(text, name) + later
    minutes = brute_force(fields, name, after - 60, days=3)
    expected = [at + each for at in minutes for each in sorted(second.values) if at + each > after][:25]
    try:
        schedule = Cron.parse(" ".join(each.text for each in (second, *fields)), name)
    except SettingsError:
        assert expected == []
        return
    assert [at for at in schedule.upcoming(after, len(expected) or 1) if at < after + 2 * 86_400] == [
        at for at in expected if at < after + 2 * 86_400
    ]


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.text(max_size=40),
        st.lists(st.text(st.sampled_from("0123456789*/,-#LWlw?HRSUNJA@"), min_size=1, max_size=6), max_size=7).map(
            " ".join
        ),
    ),
    st.one_of(st.sampled_from(["UTC", BERLIN, "", "Europe", "../UTC", "/etc/localtime"]), st.text(max_size=20)),
)
@example("9" * 5000 + " * * * *", "UTC")
@example("* * * * ²L", "UTC")
@example("TZ= 0 0 * * *", "UTC")
@example("TZ=UTC", "UTC")
@example("@every " + "9" * 9 + "w", "UTC")
def test_whatever_is_given_is_read_or_refused_with_a_sentence(expression: str, timezone: str) -> None:
    outcome = outcome_of(expression, timezone)
    assert outcome.startswith("refused: ") or outcome >= "2026"
    assert "\n" not in outcome


# -- changes of the clocks, as tables


@pytest.mark.parametrize(
    ("expression", "name", "after", "fires"),
    [
        # Berlin, 29 March 2026: 02:00 becomes 03:00.
        ("30 2 * * *", BERLIN, "2026-03-28T12:00+01:00", ["2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"]),
        ("15,45 2 * * *", BERLIN, "2026-03-28T12:00+01:00", ["2026-03-29T03:00:00+02:00", "2026-03-30T02:15:00+02:00"]),
        ("0 2,3 * * *", BERLIN, "2026-03-28T12:00+01:00", ["2026-03-29T03:00:00+02:00", "2026-03-30T02:00:00+02:00"]),
        ("0 * * * *", BERLIN, "2026-03-29T00:30+01:00", ["2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00"]),
        ("*/30 * * * *", BERLIN, "2026-03-29T01:10+01:00", ["2026-03-29T01:30:00+01:00", "2026-03-29T03:00:00+02:00"]),
        ("0 30 2 * * *", BERLIN, "2026-03-28T12:00+01:00", ["2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"]),
        ("15 30 2 * * *", BERLIN, "2026-03-28T12:00+01:00", ["2026-03-29T03:00:15+02:00", "2026-03-30T02:30:15+02:00"]),
        ("0 0 * * * *", BERLIN, "2026-03-29T00:30+01:00", ["2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00"]),
        # Berlin, 25 October 2026: 03:00 becomes 02:00.
        ("30 2 * * *", BERLIN, "2026-10-24T12:00+02:00", ["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"]),
        ("30 2 * * *", BERLIN, "2026-10-25T02:10+01:00", ["2026-10-26T02:30:00+01:00"]),
        ("0 30 2 * * *", BERLIN, "2026-10-24T12:00+02:00", ["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"]),
        ("15 30 2 * * *", BERLIN, "2026-10-25T02:10+01:00", ["2026-10-26T02:30:15+01:00"]),
        ("0 * * * *", BERLIN, "2026-10-25T01:30+02:00", ["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00",
                                                        "2026-10-25T03:00:00+01:00"]),
        ("20 */40 * * * *", BERLIN, "2026-10-25T02:30+02:00", ["2026-10-25T02:40:20+02:00", "2026-10-25T02:00:20+01:00",
                                                              "2026-10-25T02:40:20+01:00"]),
        # New York, 8 March and 1 November 2026.
        ("30 2 * * *", NEW_YORK, "2026-03-07T12:00-05:00", ["2026-03-08T03:00:00-04:00", "2026-03-09T02:30:00-04:00"]),
        ("0 30 1 * * *", NEW_YORK, "2026-10-31T12-04:00", ["2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"]),
        ("*/20 1 * * *", NEW_YORK, "2026-11-01T01:30-04", ["2026-11-01T01:40:00-04:00", "2026-11-01T01:00:00-05:00"]),
        # Lord Howe, by half an hour: 4 October 2026 02:00 becomes 02:30, 5 April 2026 02:00 becomes 01:30.
        ("15 2 * * *", LORD_HOWE, "2026-10-03T12:00+10:30", ["2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"]),
        ("45 1 * * *", LORD_HOWE, "2026-04-04T12:00+11:00", ["2026-04-05T01:45:00+11:00", "2026-04-06T01:45:00+10:30"]),
        ("5 45 1 * * *", LORD_HOWE, "2026-04-05T01:40+10:30", ["2026-04-06T01:45:05+10:30"]),
        ("*/30 * * * *", LORD_HOWE, "2026-10-04T01:10+10:30", ["2026-10-04T01:30:00+10:30", "2026-10-04T02:30:00+11:00",
                                                              "2026-10-04T03:00:00+11:00"]),
        ("*/30 * * * *", LORD_HOWE, "2026-04-05T01:10+11:00", ["2026-04-05T01:30:00+11:00", "2026-04-05T01:30:00+10:30",
                                                              "2026-04-05T02:00:00+10:30"]),
    ],
)  # fmt: skip
def test_where_the_clocks_change(expression: str, name: str, after: str, fires: list[str]) -> None:
    times = Cron.parse(expression, name).upcoming(epoch(after), len(fires))
    assert [local(at, name) for at in times] == fires


def test_a_fixed_time_fires_once_a_day_the_whole_year_round() -> None:
    for name in (BERLIN, NEW_YORK, LORD_HOWE):
        for expression in ("30 2 * * *", "45 1 * * *", "7 30 2 * * *", "7 45 1 * * *"):
            times = Cron.parse(expression, name).upcoming(epoch("2026-01-01T00:00", name), 365)
            days = [datetime.fromtimestamp(at, ZoneInfo(name)).date() for at in times]
            assert days == [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]


# -- what is translated before cronsim sees it


@pytest.mark.parametrize(
    ("expression", "first"),
    [
        ("@hourly", "2026-07-09T16:00:00+00:00"),
        ("@daily", "2026-07-10T00:00:00+00:00"),
        ("@midnight", "2026-07-10T00:00:00+00:00"),
        ("@weekly", "2026-07-12T00:00:00+00:00"),
        ("@monthly", "2026-08-01T00:00:00+00:00"),
        ("@yearly", "2027-01-01T00:00:00+00:00"),
        ("@Annually", "2027-01-01T00:00:00+00:00"),
        ("@every 1h30m", "2026-07-09T16:30:00+00:00"),
        ("TZ=Europe/Berlin 0 3 * * *", "2026-07-10T01:00:00+00:00"),
        ("CRON_TZ=America/New_York @daily", "2026-07-10T04:00:00+00:00"),
        ("0 0 ? * MON", "2026-07-13T00:00:00+00:00"),
        ("0 0 13 * ?", "2026-07-13T00:00:00+00:00"),
        ("  0   12\t* * *  ", "2026-07-10T12:00:00+00:00"),
    ],
)
def test_shorthands_and_prefixes_are_translated(expression: str, first: str) -> None:
    moment = Cron.parse(expression, "UTC").next_after(epoch("2026-07-09T15:04:05"))
    assert moment is not None
    assert local(moment, "UTC") == first


def test_a_prefix_overrides_the_zone_of_the_target() -> None:
    assert Cron.parse("TZ=Asia/Tokyo 0 3 * * *", BERLIN).timezone == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("expression", "timezone", "sentence"),
    [
        ("60 * * * *", "UTC", "minute '60' cannot be; allowed: 0-59"),
        ("0 24 * * *", "UTC", "hour '24' cannot be; allowed: 0-23"),
        ("61 0 0 * * *", "UTC", "second '61' cannot be; allowed: 0-59"),
        ("0 0 * JANU *", "UTC", "month 'JANU' cannot be; allowed: 1-12 or JAN-DEC"),
        ("0 0 * * MON-SUN", "UTC", "Sunday at its end is 7"),
        ("0 0 30 2 *", "UTC", "no month named has that day, so it never fires"),
        ("0 0 */100 * MON#4", "UTC", "never fires: no such date comes"),
        ("? * * * *", "UTC", "minute '?' cannot be"),
        ("* * * *", "UTC", "has 4 fields; a cron expression has five"),
        ("0 0 1 1 * 0 2026", "UTC", "has 7 fields"),
        ("@dayly", "UTC", "did you mean '@daily'?"),
        ("@reboot-now-please", "UTC", "known are @hourly"),
        ("@every", "UTC", "@every: '' is no duration"),
        ("@every 10ms", "UTC", "an interval lasts from 1s to 366d"),
        ("@every 99w", "UTC", "an interval lasts from 1s to 366d"),
        ("0 3 * * *", "Europe/Berln", "'Europe/Berln' is no IANA time zone; did you mean 'Europe/Berlin'?"),
        ("TZ=europe/berlin 0 3 * * *", "UTC", "did you mean 'Europe/Berlin'?"),
        ("0 3 * * *", "/etc/localtime", "is no IANA time zone"),
        ("0 3 * * *", "Europe", "is no IANA time zone"),
        ("* " * 150, "UTC", "at most 200 characters"),
        ("\x1b[2J * * * *", "UTC", "minute '␛[2J' cannot be"),
    ],
)
def test_a_wrong_schedule_is_told_where_and_what_it_may_be(expression: str, timezone: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(sentence)):
        Cron.parse(expression, timezone)


def test_a_schedule_may_end() -> None:
    """cronsim looks fifty years ahead; what was read fires again and again, so this is made by hand."""
    never = Cron("hand made", "UTC", "0 0 */100 * MON#4")
    assert never.next_after(0.0) is None
    assert never.upcoming(0.0, 3) == []


@pytest.mark.parametrize("after", ["9999-12-31T23:59:30", "9999-12-31T12:00:00", "0001-01-01T00:00:00"])
@pytest.mark.parametrize("name", ["UTC", "Asia/Tokyo", NEW_YORK])
def test_the_ends_of_the_calendar_are_no_moments(after: str, name: str) -> None:
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC).timestamp()
    following = Cron.parse("0 0 29 2 *", name).next_after(moment)
    assert following is None or following > moment


def test_a_zone_is_found_by_name() -> None:
    assert zone("UTC") is UTC
    assert zone(BERLIN) == ZoneInfo(BERLIN)


# -- other people's cases

# robfig/cron says something else in these; ours and why.
ROBFIG_DIFFERS = {
    # A star in a day field means AND for us (Debian), also with a step; robfig takes */n for a list, so OR.
    ("Mon Jul 9 23:35 2012", "0 0 0 */5 Apr,Aug,Oct Mon"): "2012-08-06T00:00:00+00:00",
    # A fixed time in the missing hour: robfig leaves the day out, we run right after.
    ("2012-03-11T00:00:00-0500", "TZ=America/New_York 0 30 2 11 Mar ?"): "2012-03-11T03:00:00-04:00",
    ("2012-03-11T00:00:00-0500", "TZ=America/New_York 0 0 2 * * ?"): "2012-03-11T03:00:00-04:00",
    # A fixed time in the repeated hour: robfig runs twice, we once.
    ("2012-11-04T01:45:00-0400", "TZ=America/New_York 0 30 1 04 Nov ?"): "2013-11-04T01:30:00-05:00",
    ("2012-11-04T01:00:00-0400", "TZ=America/New_York 0 0 1 * * ?"): "2012-11-05T01:00:00-05:00",
    ("TZ=America/New_York 2012-11-04T01:00:00-0400", "0 0 1 * * ?"): "2012-11-05T01:00:00-05:00",
    # Dates that never come: robfig answers with no time, we refuse the expression.
    ("Mon Jul 9 23:35 2012", "0 0 0 30 Feb ?"): "refused",
    ("Mon Jul 9 23:35 2012", "0 0 0 31 Apr ?"): "refused",
}
ROBFIG_ACTIVE_DIFFERS = {
    # The same difference of */n in a day field.
    ("Sun Jul 15 00:00 2012", "* * */10 * Sun"): False,
}


def robfig_time(text: str, name: str) -> float:
    text = text.rpartition("TZ=America/New_York ")[2]
    if text[0].isdigit():
        return datetime.fromisoformat(text).timestamp()
    with_seconds = text.count(":") == 2
    moment = datetime.strptime(text.partition(" ")[2], "%b %d %H:%M:%S %Y" if with_seconds else "%b %d %H:%M %Y")
    return moment.replace(tzinfo=ZoneInfo(name)).timestamp()


def robfig_zone(case: dict[str, str]) -> str:
    if case["time"].startswith("TZ="):
        return case["time"].partition(" ")[0].removeprefix("TZ=")
    return "Asia/Kolkata" if case["time"].endswith("+0530") else "UTC"


@pytest.mark.shared_data
def test_robfigs_cases_fire_as_robfig_says_or_as_listed(shared_data: Path) -> None:
    cases = json.loads((shared_data / "hostile/cron/robfig_spec_cases.json").read_text("utf-8"))
    met = set()
    for case in cases["next"]:
        name, key = robfig_zone(case), (case["time"], case["spec"])
        expected = ROBFIG_DIFFERS.get(key, case["expected"])
        if expected != case["expected"]:
            met.add(key)
        if expected == "refused":
            with pytest.raises(SettingsError, match="never fires"):
                Cron.parse(case["spec"], name)
            continue
        moment = Cron.parse(case["spec"], name).next_after(robfig_time(case["time"], name))
        assert moment == robfig_time(expected, name), case
    assert met == set(ROBFIG_DIFFERS)


@pytest.mark.shared_data
def test_robfigs_activations_and_refusals_hold_or_are_listed(shared_data: Path) -> None:
    cases = json.loads((shared_data / "hostile/cron/robfig_spec_cases.json").read_text("utf-8"))
    for case in cases["activation"]:
        at = robfig_time(case["time"], "UTC")
        active = Cron.parse(case["spec"], "UTC").next_after(at - 1) == at
        assert active is ROBFIG_ACTIVE_DIFFERS.get((case["time"], case["spec"]), case["active"]), case
    for expression in cases["invalid"]:
        with pytest.raises(SettingsError):
            Cron.parse(expression, "UTC")


@pytest.mark.shared_data
def test_cronsims_and_croniters_expressions_fire_or_are_refused_as_written(shared_data: Path) -> None:
    """expressions.tsv has one line an expression: its first moment in 2026, UTC, or the field it is refused for."""
    collected = json.loads((shared_data / "hostile/cron/expressions.json").read_text("utf-8"))
    with EXPECTED.open(encoding="utf-8", newline="") as file:
        expected = {line[0]: line[1] for line in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}
    assert {each for group in collected.values() for each in group} == set(expected)
    for expression, outcome in expected.items():
        assert outcome_of(expression) == outcome, expression


def outcome_of(expression: str, timezone: str = "UTC") -> str:
    """The first moment from 2026 on, or what the refusal is about."""
    try:
        moment = Cron.parse(expression, timezone).next_after(epoch("2025-12-31T23:59:59"))
    except SettingsError as error:
        return f"refused: {complaint_of(str(error))}"
    assert moment is not None
    return local(moment, "UTC").removesuffix("+00:00")


def complaint_of(sentence: str) -> str:
    if "never fires" in sentence:
        return "never"
    if count := re.search(r"' has (\d+) fields;", sentence):
        return f"{count[1]} fields"
    named = re.search(r"': (\S+ '.*') cannot be;", sentence)
    return named[1] if named else sentence
