"""What a daily report says, counted by hand."""

from __future__ import annotations

import pytest

from core.model.alert import Alert, AlertEvent, AlertState, Delivery, DeliveryState
from core.model.change import ChangeState, Severity
from core.report.daily import daily
from core.report.outages import standings
from core.report.report import Material, Report, Table
from tests.report.material import DAY, SINCE, UNTIL, change, down, small_day, target, up


def values(report: Report) -> dict[str, str]:
    return {figure.label: figure.value for section in report.sections for figure in section.figures}


def table(report: Report, title: str) -> Table:
    return next(each for section in report.sections for each in section.tables if each.title == title)


def test_every_figure_of_a_small_day() -> None:
    assert values(daily(small_day(), UNTIL)) == {
        "Availability": "99.50 %",  # shop 99 %, blog 100 %, pay 99.5 %; new and old are not known
        "Incidents": "2",
        "Mean time to acknowledge": "3m10s",
        "Mean time to repair": "14m24s",
        "Targets": "5",
        "Targets down": "1",
        "Targets paused": "1",
        "Targets unknown": "1",
        "Targets up": "2",
        "Changes": "5",
        "High or critical": "4",
        "Held back": "1",
        "Verdicts": "2",
        "Noise rate": "50.00 %",
        "Certificates expiring within 14 days": "2",
        "Certificates known": "3",
        "Targets graded": "3",
        "Median time to first byte": "200 ms",
        "p95 time to first byte": "900 ms",
        "Targets measured": "3",
        "Alerts opened": "2",
        "Open now": "2",
        "Not acknowledged": "1",
        "Delivered": "2",
        "Failed for good": "1",
        "Being retried": "1",
        "p95 from alert to delivery": "3s",
    }


def test_the_tables_of_a_small_day() -> None:
    report = daily(small_day(), UNTIL)
    assert table(report, "Worst targets").rows == (
        ("shop", "99.00 %", "14m24s", "1", "up"),
        ("pay", "99.50 %", "7m12s", "1", "down"),
    )
    assert table(report, "By severity").rows == (("critical", "2"), ("high", "2"), ("info", "1"))
    assert table(report, "By type").rows[0] == ("availability.down", "2")
    assert [row[1:4] for row in table(report, "Top changes").rows][:3] == [
        ("pay", "critical", "availability.down"),
        ("shop", "critical", "availability.down"),
        ("shop", "high", "technology.version_changed"),
    ]
    assert table(report, "Grades").rows == (("A", "2"), ("F", "1"))
    assert table(report, "Certificates").rows == (("pay", "expired"), ("shop", "3d"))
    assert table(report, "Slowest targets").rows[0] == ("pay", "900 ms")
    assert [row[0] for row in table(report, "Open alerts").rows] == ["A-2", "A-1"]
    assert table(report, "By channel").rows == (("hook", "1"), ("mail", "1"))
    assert table(report, "Dead letters").rows == (("D-3", "2027-01-15T08:06:40.000Z", "hook", "–", "9", "410 gone"),)


def test_what_is_not_known_is_called_unknown() -> None:
    empty = daily(Material(SINCE, UNTIL), UNTIL)
    unknown = {label for label, value in values(empty).items() if value == "unknown"}
    assert unknown == {
        "Availability", "Mean time to acknowledge", "Mean time to repair", "Noise rate",
        "Certificates expiring within 14 days", "Median time to first byte", "p95 time to first byte",
        "p95 from alert to delivery",
    }  # fmt: skip
    assert all(section.tables == () for section in empty.sections)
    assert (
        values(daily(Material(SINCE, UNTIL, targets=(target("new", "unknown"),)), UNTIL))["Availability"] == "unknown"
    )


@pytest.mark.parametrize(
    ("state", "turns", "seconds", "incidents"),
    [
        ("up", (), 0, 0),
        ("up", (down(100), up(200)), 100, 1),
        ("up", (up(200),), 200, 1),
        ("up", (down(-50), up(200)), 200, 1),
        ("up", (down(-100), up(-50)), 0, 0),
        ("down", (), DAY, 1),
        ("down", (down(DAY - 60),), 60, 1),
        ("down", (down(-60),), DAY, 1),
        ("down", (down(-60), up(-30), down(DAY + 1)), 0, 0),
        ("up", (down(100), down(150), up(200), up(250), down(300), up(400)), 200, 2),
        ("up", (up(200), down(100)), 100, 1),
        ("paused", (down(100), up(200)), 100, 1),
        ("up", (change("availability.down", 100, state=ChangeState.SUSPECTED),), 0, 0),
    ],
)
def test_outages_are_what_lies_between_down_and_up(
    state: str, turns: tuple[object, ...], seconds: float, incidents: int
) -> None:
    found = standings(Material(SINCE, UNTIL, targets=(target("shop", state),), changes=turns))[0]  # type: ignore[arg-type]
    assert found.downtime == seconds
    assert len(found.outages) == incidents
    assert found.availability == pytest.approx(1 - seconds / DAY)


def test_an_outage_that_began_before_the_period_counts_whole_for_its_repair() -> None:
    day = Material(SINCE, UNTIL, targets=(target("shop"),), changes=(down(-3600), up(3600)))
    assert values(daily(day, UNTIL))["Mean time to repair"] == "2h"
    unknown_start = Material(SINCE, UNTIL, targets=(target("shop"),), changes=(up(3600),))
    assert values(daily(unknown_start, UNTIL))["Mean time to repair"] == "unknown"


def test_time_before_a_target_was_watched_counts_for_nothing() -> None:
    late = target("shop", "down", added_at=UNTIL - 1000)
    found = standings(Material(SINCE, UNTIL, targets=(late,), changes=(down(DAY - 250),)))[0]
    assert found.availability == pytest.approx(0.75)


def test_less_than_all_never_reads_as_all() -> None:
    day = Material(SINCE, UNTIL, targets=(target("shop"),), changes=(down(100), up(101)))
    assert values(daily(day, UNTIL))["Availability"] == "99.99 %"


def test_long_tables_say_how_much_they_leave_out() -> None:
    changes = tuple(change("content.text_changed", number, severity=Severity.LOW) for number in range(1500))
    shown = table(daily(Material(SINCE, UNTIL, changes=changes), UNTIL), "Top changes")
    assert len(shown.rows) == 25
    assert shown.note == "25 of 1,500"


def test_only_firing_deliveries_of_known_alerts_tell_how_fast_people_were_told() -> None:
    alert = Alert("r", Severity.HIGH, AlertState.FIRING, "d", SINCE + 10, id=1)
    deliveries = (
        Delivery("mail", AlertEvent.FIRING, SINCE + 14, DeliveryState.DELIVERED, alert_id=1),
        Delivery("mail", AlertEvent.RESOLVED, SINCE + 900, DeliveryState.DELIVERED, alert_id=1),
        Delivery("mail", AlertEvent.FIRING, SINCE + 900, DeliveryState.DELIVERED, alert_id=99),
        Delivery("mail", AlertEvent.FIRING, SINCE + 900, DeliveryState.PENDING, alert_id=1),
    )
    day = Material(SINCE, UNTIL, alerts=(alert,), deliveries=deliveries)
    assert values(daily(day, UNTIL))["p95 from alert to delivery"] == "4s"
