"""A rule's filter looks at a change together with its target."""

from __future__ import annotations

from core.model.alert import Alert, AlertEvent, AlertState, Delivery
from core.model.change import Change, ChangeState, Severity
from core.model.target import Status, Target, TargetClass
from core.query.filters import FIELDS, compile_filter
from core.query.records import alert_record, change_record, delivery_record, target_record

TARGET = Target("Shop EU", "https://shop.example", tags=("shop",), target_class=TargetClass.COMPETITOR, paused=True)
CHANGE = Change(
    "technology.added", "nginx", None, "1.27.1", Severity.MEDIUM, 0.95, ChangeState.CONFIRMED, 100.0, target="Shop EU"
)
ALERT = Alert("Technology", Severity.MEDIUM, AlertState.FIRING, "k", 90.0, target="Shop EU", changes=(CHANGE,), id=4)
DELIVERY = Delivery("ops", AlertEvent.FIRING, 95.0, attempts=3, alert_id=4, id=9)


def test_a_rule_asks_for_the_change_and_its_target() -> None:
    test = compile_filter("type:technology.* severity>=medium tag:shop class:competitor conf>=.9", 110.0)
    assert test(change_record(CHANGE, TARGET))
    assert not test(change_record(CHANGE))


def test_the_change_of_a_paused_target_is_not_itself_paused() -> None:
    assert compile_filter("state:paused", 110.0)(target_record(TARGET, Status.UP))
    assert not compile_filter("state:paused", 110.0)(change_record(CHANGE, TARGET))


def test_alerts_and_deliveries_are_found_by_what_they_are_about() -> None:
    assert compile_filter("unacked type:technology.* age<1m site:shop", 110.0)(alert_record(ALERT, TARGET))
    assert compile_filter("attempts>2 channel:ops alert:A-4 event:alert.firing", 110.0)(delivery_record(DELIVERY))


def test_every_key_of_a_record_is_a_field_or_stands_under_one() -> None:
    known = {key for field in FIELDS.values() for key in (field.name, *field.record_keys)}
    for record in (
        target_record(TARGET),
        change_record(CHANGE, TARGET),
        alert_record(ALERT),
        delivery_record(DELIVERY),
    ):
        assert set(record) - {"paused"} <= known
