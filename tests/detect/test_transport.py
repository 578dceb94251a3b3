"""Warnings about a certificate's end: each deadline once, graver as it nears, also when nothing else changes."""

from __future__ import annotations

import pytest

from core.clock import rfc3339
from core.detect.transport import deadlines
from core.model.change import Severity
from core.model.scan import FailureClass
from tests.detect.looks import NOW, TARGET, Watch, fact, failed, look, page, told, without

DAY = 86400.0


def valid_for(days: float, fingerprint: str = "aa"):  # type: ignore[no-untyped-def]
    return (
        fact("certificate fingerprint", fingerprint),
        fact("certificate not_after", rfc3339(NOW + days * DAY)),
    )


@pytest.mark.parametrize(
    ("days", "name", "severity"),
    [
        (31, None, None),
        (29, "tls.expiring", Severity.LOW),
        (13, "tls.expiring", Severity.MEDIUM),
        (6, "tls.expiring", Severity.HIGH),
        (2.5, "tls.expiring", Severity.HIGH),
        (0.5, "tls.expiring", Severity.CRITICAL),
        (-1, "tls.expired", Severity.CRITICAL),
    ],
)
def test_each_deadline_has_its_severity(days: float, name: str | None, severity: Severity | None) -> None:
    certificate = {each.key: each for each in valid_for(days)}
    changes, memory = deadlines(certificate, (), TARGET, NOW)
    assert [(each.type, each.severity) for each in changes] == ([] if name is None else [(name, severity)])
    assert deadlines(certificate, memory, TARGET, NOW) == ([], memory)


def test_deadlines_are_told_one_after_the_other_while_every_look_is_the_same() -> None:
    watch = Watch()
    watch.see(look(page(*valid_for(31))))
    seen = []
    for days in range(33):
        watch.now = NOW + days * DAY
        seen += [each.severity.word for each in watch.see(look(same=True)).changes]
    assert seen == ["low", "medium", "high", "high", "critical", "critical"]


def test_the_first_look_tells_nothing_and_the_second_does() -> None:
    watch = Watch()
    assert told(watch.see(look(page(*valid_for(5))))) == []
    assert told(watch.see(look(same=True))) == [("tls.expiring", "confirmed")]


def test_a_new_certificate_starts_anew() -> None:
    watch = Watch()
    watch.see(look(page(*valid_for(5))))
    watch.see(look(same=True))
    renewed = watch.see(look(page(*valid_for(90, "bb"))))
    assert told(renewed) == [("tls.certificate_changed", "suspected")]
    assert len(renewed.memory.warned) == 1
    watch.now = NOW + 85 * DAY
    assert ("tls.expiring", "confirmed") in told(watch.see(look(same=True)))


def test_a_refused_handshake_tells_of_an_expired_certificate_and_another_failure_does_not() -> None:
    watch = Watch()
    watch.see(look(page(*valid_for(1))))
    watch.now = NOW + 2 * DAY
    assert ("tls.expired", "confirmed") not in told(watch.see(failed()))
    assert ("tls.expired", "confirmed") in told(watch.see(failed(what=FailureClass.TLS)))


def test_a_site_that_has_no_certificate_any_more_is_not_warned_about() -> None:
    watch = Watch()
    watch.see(look(page(*valid_for(5))))
    verdicts = watch.see(look(page()))
    assert verdicts.memory.warned == ()


def test_a_date_that_cannot_be_read_warns_of_nothing() -> None:
    certificate = {"not_after": fact("certificate not_after", "soon")}
    assert deadlines(certificate, (), TARGET, NOW) == ([], ("until=/soon",))
    assert deadlines({}, (), TARGET, NOW) == ([], ())


def test_names_and_issuers_that_are_missing_once_are_no_change() -> None:
    watch = Watch()
    watch.see(look(page(fact("certificate issuer", "A"), fact("certificate san", "a"))))
    assert told(watch.see(look(without(page(), "certificate issuer")))) == []


def test_a_warning_that_names_no_end_tells_of_none() -> None:
    assert deadlines({}, ("aa/30",), TARGET, NOW) == ([], ("aa/30",))
