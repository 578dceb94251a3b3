"""States are a glyph, a word and a role; ages, counts and sentences read well on screen and aloud."""

from __future__ import annotations

import pytest
from wcwidth import wcwidth

from core.model.alert import Alert, AlertEvent, AlertState, Delivery, DeliveryState
from core.model.change import Change, ChangeState, Severity, Verdict
from core.model.target import Status
from tui import wording
from tui.wording import FAMILIES, Sign

NOON = 1_795_435_200.0  # 2026-11-23 12:00:00Z
HOSTILE = "evil\x1b]52;c;QQ==\x07\u202e[@click=app.quit]x[/]"


def a_change(before: str | None = "1.25.3", after: str | None = "1.27.1", **others: object) -> Change:
    values: dict[str, object] = {
        "type": "technology.version_changed", "key": "nginx", "severity": Severity.MEDIUM, "confidence": 0.97,
        "state": ChangeState.CONFIRMED, "at": NOON - 60, "target": "shop-eu", "id": 12,
    }  # fmt: skip
    return Change(before=before, after=after, **{**values, **others})  # type: ignore[arg-type]


def a_delivery(state: DeliveryState, **others: object) -> Delivery:
    values: dict[str, object] = {"channel": "ops", "event": AlertEvent.FIRING, "at": NOON}
    return Delivery(state=state, **{**values, **others})  # type: ignore[arg-type]


# -- signs


@pytest.mark.parametrize(
    ("family", "states"),
    [
        ("target", (*Status, "paused")),
        ("severity", tuple(Severity)),
        ("alert", tuple(AlertState)),
        ("delivery", tuple(DeliveryState)),
        ("change", tuple(ChangeState)),
        ("verdict", tuple(Verdict)),
    ],
)
def test_every_state_of_the_model_has_a_sign(family: str, states: tuple[object, ...]) -> None:
    assert set(FAMILIES[family]) == set(states)


@pytest.mark.parametrize("family", FAMILIES)
def test_glyphs_words_and_ascii_tell_states_apart_by_themselves(family: str) -> None:
    signs = list(FAMILIES[family].values())
    for told in ("glyph", "plain", "word", "brief"):
        assert len({getattr(sign, told) for sign in signs}) == len(signs), told


@pytest.mark.parametrize("family", FAMILIES)
def test_every_glyph_is_one_cell_and_the_plain_one_ascii(family: str) -> None:
    for sign in FAMILIES[family].values():
        assert (len(sign.glyph), wcwidth(sign.glyph), len(sign.plain)) == (1, 1, 1)
        assert sign.plain.isascii()
        assert sign.word


def test_a_label_is_glyph_and_word() -> None:
    assert wording.target_sign("down").label() == "✖ down"
    assert wording.target_sign("down").label(plain=True) == "X down"


def test_paused_hides_what_the_last_look_said() -> None:
    assert wording.target_sign("down", paused=True).word == "paused"


@pytest.mark.parametrize("word", ["", "exploded", "\x1b[2J"])
def test_a_state_nobody_knows_is_unknown(word: str) -> None:
    signs: list[Sign] = [
        wording.target_sign(word), wording.alert_sign(word), wording.delivery_sign(word), wording.change_sign(word),
        wording.job_sign(word),
    ]  # fmt: skip
    assert {sign.word for sign in signs} == {"unknown"}


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [(None, "a", "added"), ("a", None, "removed"), ("a", "b", "changed"), ("a", "a", "same"), ("", None, "removed")],
)
def test_a_difference_has_a_sign(before: str | None, after: str | None, word: str) -> None:
    assert wording.difference_sign(before, after).word == word


# -- times


@pytest.mark.parametrize(
    ("seconds", "short", "long", "spoken"),
    [
        (0, "0s", "0s", "0 seconds"),
        (1, "1s", "1s", "1 second"),
        (59.4, "59s", "59s", "59 seconds"),
        (372, "6m", "6m12s", "6 minutes 12 seconds"),
        (3600, "1h", "1h", "1 hour"),
        (3605, "1h", "1h", "1 hour"),
        (7500, "2h", "2h5m", "2 hours 5 minutes"),
        (90_000, "1d", "1d1h", "1 day 1 hour"),
        (2_678_400, "31d", "31d", "31 days"),
        (-5, "0s", "0s", "0 seconds"),
    ],
)
def test_durations_are_short_long_and_spoken(seconds: float, short: str, long: str, spoken: str) -> None:
    assert wording.short_duration(seconds) == short
    assert wording.duration(seconds) == long
    assert wording.spoken_duration(seconds) == spoken


@pytest.mark.parametrize(
    ("at", "age", "ago"),
    [(NOON - 9, "9s", "9 seconds ago"), (NOON, "0s", "just now"), (NOON + 50, "0s", "just now"), (None, "–", "never"),
     (0.0, "–", "never"), (NOON - 86_400, "1d", "1 day ago")],
)  # fmt: skip
def test_ages_are_counted_from_now(at: float | None, age: str, ago: str) -> None:
    assert wording.age(at, NOON) == age
    assert wording.ago(at, NOON) == ago


@pytest.mark.parametrize(
    ("left", "told"),
    [(108, "in 1:48"), (0, "now"), (-3, "now"), (7500, "in 2h05"), (59, "in 0:59"), (90_000, "in 1d01")],
)
def test_what_comes_next_is_counted_down(left: float, told: str) -> None:
    assert wording.countdown(NOON + left, NOON) == told


def test_moments_are_in_utc() -> None:
    assert wording.clock(NOON) == "12:00:00"
    assert wording.moment(NOON) == "2026-11-23 12:00:00Z"
    assert wording.day_or_clock(NOON, NOON + 60) == "12:00:00"
    assert wording.day_or_clock(NOON, NOON + 86_400) == "Nov 23"
    assert wording.clock(None) == wording.moment(0) == wording.day_or_clock(None, NOON) == "–"


@pytest.mark.parametrize("at", [1e18, -1e18, 253_402_300_800.0])
def test_impossible_moments_do_not_break_a_screen(at: float) -> None:
    assert len(wording.moment(at)) == 20


# -- figures


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (wording.number(9912), "9,912"),
        (wording.counted(1, "site"), "1 site"),
        (wording.counted(0, "site"), "0 sites"),
        (wording.counted(2, "look that failed", "looks that failed"), "2 looks that failed"),
        (wording.milliseconds(640), "640 ms"),
        (wording.milliseconds(999.6), "1.00 s"),
        (wording.milliseconds(1840), "1.84 s"),
        (wording.milliseconds(12_340), "12.3 s"),
        (wording.milliseconds(None), "–"),
        (wording.size(812), "812 B"),
        (wording.size(57_000), "57 kB"),
        (wording.size(2_400_000), "2.4 MB"),
        (wording.size(4.2e9), "4.2 GB"),
        (wording.size(None), "–"),
        (wording.percent(0.99312), "99.3 %"),
        (wording.percent(1.0), "100.0 %"),
        (wording.percent(0.99999), "99.9 %"),
        (wording.percent(0.00001), "0.1 %"),
        (wording.percent(0.0), "0.0 %"),
        (wording.percent(None), "–"),
        (wording.confidence(0.97), ".97"),
        (wording.confidence(1.0), "1.0"),
        (wording.confidence(0.999), ".99"),
        (wording.days_left(212 * 86_400), "212d"),
        (wording.days_left(19 * 3600), "19h"),
        (wording.days_left(-5), "over"),
        (wording.days_left(None), "–"),
        (wording.matches(137, 10_000), "137 of 10,000"),
        (wording.more_rows(12), "+12 new (G)"),
        (wording.more_rows(0), ""),
    ],
)
def test_figures_are_written_one_way(told: str, expected: str) -> None:
    assert told == expected


# -- freshness


@pytest.mark.parametrize(
    ("at", "every", "badge"),
    [
        (NOON - 42, 10, "STALE 42s"),
        (NOON - 30, 10, ""),
        (NOON - 31, 10, "STALE 31s"),
        (None, 10, ""),
        (NOON - 99, 0, ""),
    ],
)
def test_old_news_is_called_stale(at: float | None, every: float, badge: str) -> None:
    assert wording.stale(at, every, NOON) == badge


def test_what_is_frozen_says_since_when_and_what_it_holds_back() -> None:
    assert wording.frozen(NOON, 0) == "FROZEN 12:00:00"
    assert wording.frozen(NOON, 1200) == "FROZEN 12:00:00 +1,200 held"


# -- sentences

COUNTS = {"down": 3, "degraded": 41, "up": 9912, "paused": 44}


def test_the_verdict_line_is_worst_first() -> None:
    assert [text for text, _ in wording.tally(COUNTS, 3)] == [
        "✖ 3 down", "▲ 41 degraded", "● 9,912 up", "‖ 44 paused", "! 3 unacked",
    ]  # fmt: skip
    assert [text for text, _ in wording.tally({}, plain=True)] == ["o 0 up"]


def test_a_tiny_terminal_gets_one_line() -> None:
    assert wording.one_line(COUNTS, 3) == "3 down 41 degr 3 unacked"
    assert wording.one_line({"up": 9912}, 0) == "all 9,912 up"
    assert len(wording.one_line(COUNTS, 3)) < 40


def test_the_watch_is_told_in_a_sentence() -> None:
    assert wording.spoken_tally(COUNTS, 1) == (
        "3 sites are down, 41 are degraded, 9,912 are up, 44 are paused. 1 alert waits for somebody."
    )
    assert wording.spoken_tally({"up": 1}, 0) == "1 site is up."
    assert wording.spoken_tally({}, 0) == "Nothing is watched yet."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (a_change(), "nginx: 1.25.3 → 1.27.1"),
        (a_change(None, "1.27.1"), "nginx added: 1.27.1"),
        (a_change(None, ""), "nginx added"),
        (a_change("max-age=1", None, key="hsts"), "hsts removed"),
        (a_change("", "1.2"), "nginx: nothing → 1.2"),
        (a_change("a\nb", "c", key=""), "version changed: a … → c"),
        (a_change("x", "x"), "nginx"),
    ],
)
def test_a_change_in_few_words(change: Change, words: str) -> None:
    assert wording.change_words(change) == words


def test_a_change_is_read_aloud() -> None:
    assert wording.change_sentence(a_change(), NOON) == (
        "medium technology version changed on shop-eu: nginx: 1.25.3 became 1.27.1; confirmed, 97 percent sure,"
        " 1 minute ago"
    )


def test_an_alert_is_read_aloud() -> None:
    alert = Alert("down", Severity.CRITICAL, AlertState.FIRING, "d", NOON - 372, target="shop-eu", id=412,
                  changes=(a_change(), a_change(None, "x")))  # fmt: skip
    assert wording.alert_sentence(alert, NOON) == (
        "critical alert A-412 on shop-eu, firing for 6 minutes 12 seconds: nginx added: x (+1)"
    )
    assert wording.alert_subject(Alert("r", Severity.LOW, AlertState.FIRING, "d", 0.0)) == "the watch itself"


def test_deliveries_say_who_was_told_and_who_will_be() -> None:
    assert wording.delivery_words(a_delivery(DeliveryState.DELIVERED), NOON) == "ops told that it fires"
    waiting = a_delivery(DeliveryState.RETRYING, at=NOON + 40, attempts=3)
    assert wording.delivery_words(waiting, NOON) == "ops is tried again in 0:40, after 3 attempts"
    dead = a_delivery(DeliveryState.DEAD, attempts=1, response="410 Gone")
    assert wording.delivery_words(dead, NOON) == "ops gave up after 1 attempt: 410 Gone"
    assert wording.told([dead, waiting, a_delivery(DeliveryState.DELIVERED)]) == "1 told, 1 retrying, 1 dead"
    assert wording.told([]) == "nobody told"


def test_a_copy_names_both_places() -> None:
    assert wording.copied(7, "/s/clip.txt", True) == (
        "7 characters sent to the terminal's clipboard, and written to /s/clip.txt"
    )
    assert "too many" in wording.copied(99_999, "/s/clip.txt", False)


def test_foreign_text_in_sentences_is_only_text() -> None:
    change = a_change(HOSTILE, HOSTILE + "2", key=HOSTILE, target=HOSTILE)
    alert = Alert(HOSTILE, Severity.LOW, AlertState.ACKNOWLEDGED, "d", NOON, target=HOSTILE, changes=(change,),
                  acknowledged_by=HOSTILE)  # fmt: skip
    said = [
        wording.change_words(change), wording.change_sentence(change, NOON), wording.alert_words(alert),
        wording.alert_sentence(alert, NOON), wording.target_sentence(HOSTILE, "up", False, NOON, NOON),
        wording.delivery_words(a_delivery(DeliveryState.DEAD, channel=HOSTILE, response=HOSTILE), NOON),
        wording.copied(1, HOSTILE, True), wording.alert_subject(alert),
    ]  # fmt: skip
    for text in said:
        assert all(letter.isprintable() for letter in text)
        assert "\u202e" not in text
