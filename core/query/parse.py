"""Text to filter: recursive descent over the grammar, with every value checked against its field.

expr := or ; or := and ('or' and)* ; and := not+ ; not := '-'|'not' term
term := word | '~'word | /regex/ | "exact" | field op value | field ':' name '@' cmp version | '(' or ')'
        | sort:field[+-] | group:field
op   := ':' = != > >= < <= ~       value := item (',' item)* ; item := literal | a..b | never
"""

from __future__ import annotations

from collections.abc import Callable

from core.model.change import CHANGE_TYPES
from core.query.fields import ALIASES, FIELDS, Field, FieldType, canonical_type, field_named, state_named
from core.query.measure import EXAMPLES, UnreadableError, bounds
from core.query.patterns import PatternError, fuzzy, glob, is_glob, regex
from core.query.scanner import Scanner
from core.query.syntax import (
    EVERYTHING,
    And,
    Comparison,
    Expression,
    Fuzzy,
    Literal,
    Not,
    Or,
    Phrase,
    Query,
    Regex,
    SortKey,
    Span,
    State,
    Value,
    Versioned,
    Word,
)
from core.text import nearest

LONGEST = 4000
DEEPEST = 40
_TERMS = ("a word", "a field", '"exact text"', "/regex/", "(", "-")
_EQUALITIES = (":", "=", "!=")
_VERSION_COMPARISONS = (">=", "<=", ">", "<", "=")


def parse(text: str, kind: str | None = None) -> Query:
    """The filter that a text means; QueryError, pointing at the character, when it means none.

    With `kind` (targets, changes, alerts, …) a field that such records do not have is an error too.
    """
    return _Parser(text, kind).query()


class _Parser:
    """One pass over one text. `depth` counts terms within terms; 1 is the outermost."""

    def __init__(self, text: str, kind: str | None) -> None:
        self.scanner = Scanner(text)
        self.kind = kind
        self.sort: list[SortKey] = []
        self.group: str | None = None
        self.depth = 0

    def query(self) -> Query:
        scanner = self.scanner
        if len(scanner.text) > LONGEST:
            raise scanner.error(LONGEST, f"a filter has at most {LONGEST} characters")
        scanner.skip_space()
        expression = self.alternatives() if scanner.next else EVERYTHING
        if scanner.next:
            raise scanner.error(scanner.position, "this parenthesis was never opened", *_TERMS)
        return Query(expression, tuple(self.sort), self.group, scanner.text)

    def alternatives(self) -> Expression:
        first = self.conjunction()
        parts = [first]
        while self.take_keyword("or"):
            parts.append(self.conjunction())
        if len(parts) > 1 and EVERYTHING in parts:
            raise self.scanner.error(self.scanner.position, "'sort:' and 'group:' are no alternatives", *_TERMS)
        return first if len(parts) == 1 else Or(tuple(parts))

    def conjunction(self) -> Expression:
        parts = [self.negation()]
        while self.scanner.next not in ("", ")") and self.scanner.keyword() != "or":
            self.take_keyword("and")
            parts.append(self.negation())
        matching = tuple(part for part in parts if part != EVERYTHING)
        return matching[0] if len(matching) == 1 else And(matching)

    def take_keyword(self, keyword: str) -> bool:
        if self.scanner.keyword() != keyword:
            return False
        self.scanner.position += len(keyword)
        self.scanner.skip_space()
        return True

    def negation(self) -> Expression:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.scanner.error(self.scanner.position, f"more than {DEEPEST} levels deep")
        negated = self.scanner.take("-") or self.take_keyword("not")
        expression = Not(self.negation()) if negated else self.term()
        self.depth -= 1
        self.scanner.skip_space()
        return expression

    def term(self) -> Expression:
        match self.scanner.next:
            case "(":
                return self.parenthesised()
            case '"':
                return Phrase(self.scanner.string())
            case "/":
                return self.bare_regex()
            case "~":
                return self.fuzzy()
            case character if not character or character in "<>=!:,)" or character.isspace() or self.scanner.keyword():
                raise self.scanner.error(self.scanner.position, "a term should stand here", *_TERMS)
        start = self.scanner.position
        found = self.scanner.field()
        if found is None:
            word = self.scanner.word()
            state = state_named(word)
            return State(state) if state else Word(word)
        name, operator, at = found
        if name.lower() in ("sort", "group") and operator == ":":
            return self.directive(name.lower(), start)
        return self.comparison(self.known_field(name, start), operator, at)

    def parenthesised(self) -> Expression:
        start = self.scanner.position
        self.scanner.take("(")
        self.scanner.skip_space()
        expression = self.alternatives()
        if not self.scanner.take(")"):
            raise self.scanner.error(start, "this parenthesis is never closed", ")")
        return expression

    def directive(self, name: str, start: int) -> Expression:
        """`sort:` and `group:` say how to show what matches; on what matches they have no say."""
        if self.depth > 1:
            raise self.scanner.error(start, f"'{name}:' stands outside parentheses and is not negated")
        keys = [self.sort_key()]
        while self.scanner.take(","):
            keys.append(self.sort_key())
        if name == "sort":
            self.sort.extend(keys)
        else:
            self.group = keys[0].field
        return EVERYTHING

    def sort_key(self) -> SortKey:
        at = self.scanner.position
        key = self.scanner.value()
        return SortKey(self.known_field(key.rstrip("+-"), at).name, key.endswith("-"))

    def fuzzy(self) -> Expression:
        start = self.scanner.position
        self.scanner.take("~")
        word = self.scanner.word()
        if not word:
            raise self.scanner.error(self.scanner.position, "nothing to look for after '~'", "a word")
        self.check_pattern(start, fuzzy, word)
        return Fuzzy(word)

    def bare_regex(self) -> Expression:
        start = self.scanner.position
        pattern = self.scanner.regex()
        if self.scanner.next and not self.scanner.next.isspace() and self.scanner.next != ")":
            raise self.scanner.error(self.scanner.position, "text after a /regex/; quote a path", "a space")
        self.check_pattern(start, regex, pattern)
        return Regex(pattern)

    def check_pattern(self, position: int, compile_pattern: Callable[[str], object], pattern: str) -> None:
        try:
            compile_pattern(pattern)
        except PatternError as error:
            raise self.scanner.error(position, f"RE2 does not take this pattern: {error}", "a pattern") from None

    def known_field(self, name: str, position: int) -> Field:
        field = field_named(name)
        if field is None:
            close = nearest(name, (*FIELDS, *ALIASES))
            hint = f"; did you mean '{close}'?" if close else "; quote it to search for the text"
            raise self.scanner.error(position, f"unknown field '{name}'{hint}", close or "a field")
        if self.kind is not None and self.kind not in field.kinds:
            had = ", ".join(field.kinds)
            raise self.scanner.error(position, f"{self.kind} have no field '{field.name}' ({had} do)", "a field")
        return field

    def comparison(self, field: Field, operator: str, at: int) -> Expression:
        if operator not in field.operators:
            message = f"'{field.name}' is a {field.type} and cannot be compared with '{operator}'"
            raise self.scanner.error(at, message, *field.operators)
        if operator == "~":
            return Comparison(field.name, operator, (self.pattern(),))
        values = [self.value(field, operator)]
        while self.scanner.next == ",":
            if operator not in _EQUALITIES:
                raise self.scanner.error(self.scanner.position, f"'{operator}' takes one value", "a space")
            self.scanner.take(",")
            values.append(self.value(field, operator))
        return Comparison(field.name, operator, tuple(values))

    def pattern(self) -> Literal:
        start = self.scanner.position
        match self.scanner.next:
            case '"':
                pattern = self.scanner.string()
            case "/":
                pattern = self.scanner.regex()
            case _:
                pattern = self.scanner.balanced()
        if not pattern:
            raise self.scanner.error(start, "a pattern should stand here", "a pattern")
        self.check_pattern(start, regex, pattern)
        return Literal(pattern)

    def value(self, field: Field, operator: str) -> Value:
        start = self.scanner.position
        if self.scanner.next == '"':
            value = self.after_quote(field, Literal(self.scanner.string(), exact=True), start)
        else:
            run = self.scanner.value()
            if not run:
                raise self.scanner.error(start, "a value should stand here", *_expected(field))
            value = self.split(field, run, start)
        if isinstance(value, Span) and operator not in _EQUALITIES:
            raise self.scanner.error(start, f"a range goes with ':', '=' or '!=', not with '{operator}'", ":")
        never = value == Literal("never") and field.ranged
        if never and operator not in _EQUALITIES:
            raise self.scanner.error(start, f"'never' goes with ':', '=' or '!=', not with '{operator}'", ":")
        if not never:
            self.check_value(field, operator, value, start)
        return value

    def after_quote(self, field: Field, literal: Literal, start: int) -> Value:
        rest = self.scanner.value()
        if field.type is FieldType.TECH and rest.startswith("@"):
            return self.versioned(literal, rest[1:], start)
        if rest:
            raise self.scanner.error(self.scanner.position - len(rest), "text after a closed quote", "a space", ",")
        return literal

    def split(self, field: Field, run: str, start: int) -> Value:
        if field.type is FieldType.TECH and "@" in run[1:]:
            at = run.index("@", 1)
            return self.versioned(Literal(run[:at]), run[at + 1 :], start)
        if field.ranged and ".." in run:
            low, _, high = run.partition("..")
            if not low and not high:
                raise self.scanner.error(start, "a range has a start or an end", *_expected(field))
            return Span(Literal(low) if low else None, Literal(high) if high else None)
        return Literal(run)

    def versioned(self, name: Literal, rest: str, start: int) -> Versioned:
        operator = next((each for each in _VERSION_COMPARISONS if rest.startswith(each)), "")
        version = rest.removeprefix(operator)
        if not version[:1].isalnum() and not is_glob(version):
            expected = ("a version", *_VERSION_COMPARISONS)
            raise self.scanner.error(self.scanner.position - len(version), "a version should stand here", *expected)
        return Versioned(name, operator, version)

    def check_value(self, field: Field, operator: str, value: Value, start: int) -> None:
        match value:
            case Span(low, high):
                parts = [each.text for each in (low, high) if each is not None]
            case Versioned(name):
                parts = [name.text]
            case Literal(text):
                parts = [text]
        for part in parts:
            problem = _ranged_problem(field, part) if field.ranged else _word_problem(field, operator, value, part)
            if problem:
                raise self.scanner.error(start, problem, *_expected(field))


def _expected(field: Field) -> tuple[str, ...]:
    if field.choices and field.type is not FieldType.GRADE:
        return field.choices
    return (EXAMPLES.get(field.type, "a value"), "never") if field.ranged else ("a value", "glob*", '"exact text"')


def _ranged_problem(field: Field, text: str) -> str:
    try:
        bounds(field, text, 0.0)
    except UnreadableError as error:
        return str(error)
    return ""


def _word_problem(field: Field, operator: str, value: Value, text: str) -> str:
    patterned = operator == ":" and is_glob(text) and not (isinstance(value, Literal) and value.exact)
    if patterned:
        try:
            matches = glob(canonical_type(text) if field.type is FieldType.TYPE else text)
        except PatternError as error:
            return f"'{text}' cannot be a glob: {error}"
        if field.type is FieldType.TYPE and not any(map(matches, CHANGE_TYPES)):
            return f"no change type matches '{text}'"
        return ""
    if field.type is FieldType.TYPE:
        return _type_problem(operator, canonical_type(text.lower()))
    if field.type is FieldType.STATE:
        known = state_named(text) is not None
    else:
        known = not field.choices or text.lower() in field.choices
    close = nearest(text, field.choices)
    hint = f"; did you mean '{close}'?" if close else ""
    return "" if known else f"'{text}' is not a {field.name}{hint}"


def _type_problem(operator: str, text: str) -> str:
    known = any(text in name for name in CHANGE_TYPES) if operator == ":" else text in CHANGE_TYPES
    close = nearest(text, CHANGE_TYPES)
    hint = f"; did you mean '{close}'?" if close else ""
    return "" if known else f"'{text}' is no change type{hint}"
