"""Whether a filter for changes can hold for a change of one target, and which of its terms say so."""

from __future__ import annotations

from dataclasses import dataclass

from core.model.target import Target
from core.query.compile import compile_expression
from core.query.records import about
from core.query.syntax import And, Comparison, Expression, Fuzzy, Not, Or, Phrase, Query, Regex, Word

ASKED_OF_TARGETS = frozenset({"name", "url", "tag", "class", "owner", "profile", "kind"})


@dataclass(frozen=True, slots=True)
class Scope:
    """`reaches` unless nothing that happens to the target can pass; `terms` are those that the target itself decides.

    They are the terms that let it in, or, where it is not reached, those that keep it out.
    """

    reaches: bool
    terms: tuple[str, ...]


def scope_of(query: Query, target: Target) -> Scope:
    """Of what will happen nothing is known here: terms about changes may come out either way."""
    record = about(target)
    reaches = _holds(query.expression, record) is not False
    decided = [each for each in _terms(query.expression) if _holds(each, record) is reaches]
    return Scope(reaches, tuple(dict.fromkeys(map(str, decided))))


def _holds(expression: Expression, record: dict[str, object]) -> bool | None:
    """True and False are certain, None depends on the change (Kleene's three values)."""
    match expression:
        case Comparison(field):
            return compile_expression(expression, 0.0)(record) if field in ASKED_OF_TARGETS else None
        case Word() | Phrase() | Fuzzy() | Regex():
            return compile_expression(expression, 0.0)(record) or None
        case Not(inner):
            held = _holds(inner, record)
            return None if held is None else not held
        case And(parts):
            return _least([_holds(each, record) for each in parts])
        case Or(parts):
            held = _least([None if each is None else not each for each in (_holds(part, record) for part in parts)])
            return None if held is None else not held
    return None


def _least(held: list[bool | None]) -> bool | None:
    return False if False in held else None if None in held else True


def _terms(expression: Expression) -> list[Expression]:
    """What is joined by and, or; a negated term is one."""
    if isinstance(expression, (And, Or)):
        return [term for each in expression.parts for term in _terms(each)]
    return [expression]
