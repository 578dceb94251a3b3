"""The security grade, when it changes."""

from __future__ import annotations

from core.detect.comparison import Comparison, Finding, finding

GRADES = ("F", "D-", "D", "D+", "C-", "C", "C+", "B-", "B", "B+", "A-", "A", "A+")


def detect_grade(comparison: Comparison) -> list[Finding]:
    """At most one finding; mixed content and redirects show in the grade and in changes of their own."""
    pair = comparison.pair("security", "grade")
    if not (pair.before and pair.after) or pair.before.compared == pair.after.compared:
        return []
    way = "better" if place(pair.after.value) > place(pair.before.value) else "worse"
    because = f"{way}: {pair.before.value} -> {pair.after.value}"
    return [finding(comparison, "security.grade_changed", pair, "security", because)]


def place(grade: str) -> int:
    """The place of a grade, worst first; unknown ones count as the worst."""
    return GRADES.index(grade) if grade in GRADES else 0
