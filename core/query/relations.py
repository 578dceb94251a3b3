"""What can be said of filters without asking a record: whether one lets through less, and whether time moves it."""

from __future__ import annotations

from core.query.fields import FIELDS, FieldType
from core.query.syntax import And, Comparison, Expression, Not, Or, Phrase, Word


def implies(narrow: Expression, wide: Expression) -> bool:
    """Whether `wide` surely lets through whatever `narrow` does; False also where that is not seen."""
    if narrow == wide:
        return True
    if isinstance(wide, And):
        return all(implies(narrow, each) for each in wide.parts)
    if isinstance(narrow, Or):
        return all(implies(each, wide) for each in narrow.parts)
    if isinstance(narrow, And) and any(implies(each, wide) for each in narrow.parts):
        return True
    if isinstance(wide, Or):
        return any(implies(narrow, each) for each in wide.parts)
    if isinstance(narrow, Word) and isinstance(wide, Word):
        return wide.text.lower() in narrow.text.lower()
    return isinstance(narrow, Phrase) and isinstance(wide, Phrase) and wide.text in narrow.text


def is_timed(expression: Expression) -> bool:
    """Whether the same record may pass now and not later."""
    if isinstance(expression, Comparison):
        field = FIELDS[expression.field]
        return field.since or field.type is FieldType.TIME
    if isinstance(expression, Not):
        return is_timed(expression.inner)
    return isinstance(expression, (And, Or)) and any(map(is_timed, expression.parts))
