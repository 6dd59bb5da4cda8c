"""Finding items by their words: in messages, in notes, in who wrote.

A term is found anywhere in a text, whatever its case. Two indexes lead there: trigrams for what has three characters
or more, and terms (`inbox_terms`: words, and pairs of characters where a script puts no spaces) for the rest. Where
the database has no trigrams, a word is found by its beginning.

A list is searched in two steps, so that neither a frequent nor a rare word is slow. First the newest WINDOW items of
the list, in its own order: a frequent word fills the page from there. If it does not, the items that hold its rarest
term are looked up by the indexes, at most MOST of them; a term with more is refused no answer, but only the window is
answered from, and the page says so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, cast

from django.db import connection
from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet, Value

from inbox import trigrams
from inbox.models import Activity, Contact, Identity, Item, Message
from inbox.selectors.filters import LARGEST_ID
from inbox.selectors.words import Term

WINDOW = 3_000
MOST = 20_000
# As in the migration that makes `inbox_terms`.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_WORDS = re.compile(r"[^\W_]+")
_PHRASE = re.compile(r"[^\W_]+(?: [^\W_]+)+")  # nothing in it that the index may have cut in another way
_PLAIN = re.compile(r"[^\W_]+")
_RUN = re.compile(r"[^\W_]{3}")  # what trigrams are made of
MOST_WITH_ALL_WORDS = 5_000  # by what is expected of words that have nothing to do with each other; often it is more
RARE = 0.0005  # the share of messages with a word that is none of the most frequent thousand
FREQUENCIES = """
SELECT word, often, (SELECT reltuples FROM pg_class WHERE oid = 'inbox_message'::regclass)
FROM pg_stats, unnest(most_common_elems::text::text[], most_common_elem_freqs) AS known (word, often)
WHERE tablename = 'message_words' AND schemaname = current_schema() AND (word = ANY(%s) OR word LIKE %s)
"""
HELD = Value(value=True)
TRIED = 2  # terms whose items are looked up before all count as frequent


class ILike(Func):
    """Anywhere in the text, whatever the case. Django's `icontains` asks in a way that no index answers."""

    template = "%(expressions)s"
    arg_joiner = " ILIKE "
    output_field = BooleanField()
    conditional = True


class HasTerms(Func):
    template = "(%(expressions)s)"
    output_field = BooleanField()
    conditional = True

    def as_sql(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, tuple[Any, ...]]:  # type: ignore[override]
        column, query = (compiler.compile(each) for each in self.get_source_expressions())
        return f"(inbox_terms({column[0]}) @@ {query[0]}::tsquery)", (*column[1], *query[1])


def reached(keys: str, params: Sequence[Any]) -> tuple[int, bool]:
    """How many items the window holds, and whether half words can be looked up beyond it."""
    with connection.cursor() as cursor:
        # No outside text in it: Django wrote the SQL, the values stand in its parameters.
        asked = f"SELECT (SELECT count(*) FROM ({keys}) AS walked), {trigrams.THERE}"  # noqa: S608  # nosec
        cursor.execute(asked, params)
        number, halves = cursor.fetchone()
    return number, halves


def fits(term: Term) -> Q:
    """Items that hold a term, or do not where it is one to leave out."""
    contact = Contact.objects.filter(_holds("name", term), pk=OuterRef("contact"))
    identity = Identity.objects.filter(_holds("handle", term) | _holds("name", term), contact=OuterRef("contact"))
    found = Q(Exists(contact)) | Q(Exists(identity))
    if not term.sender:
        found |= Q(Exists(_said(term).filter(item=OuterRef("pk")))) | Q(
            Exists(_noted(term).filter(item=OuterRef("pk")))
        )
        found |= _numbered(term)
    return ~found if term.without else found


def rarest(terms: Iterable[Term], *, halves: bool) -> tuple[Term, set[int]] | None:
    """A term that few enough items hold, and those; the longest are tried first. None where all are frequent."""
    wanted = sorted((term for term in terms if not term.without), key=lambda term: -_weight(term))
    for term in wanted[:TRIED]:
        found = _holding(term, halves=halves)
        if found is not None:
            return term, found
    return None


def texts(items: Iterable[int], terms: Iterable[Term]) -> dict[int, tuple[str, bool]]:
    """For each item the newest text that holds one of the terms, and whether it is a note."""
    wanted = [term for term in terms if not (term.without or term.sender)]
    ids = list(items)
    if not wanted or not ids:
        return {}
    held = Q()
    for term in wanted:
        held |= _holds("text", term)
    said = Message.objects.filter(held, item__in=ids, deleted_at=None)
    noted = Activity.objects.filter(held, item__in=ids, verb=Activity.Verb.NOTED)
    newest = [
        rows.order_by("item_id", "-pk").distinct("item_id").values_list("item_id", "text", Value(note))
        for rows, note in ((said, False), (noted, True))
    ]
    found: dict[int, tuple[str, bool]] = {}
    for item, words, note in newest[0].union(newest[1], all=True):
        if item not in found or not note:  # what the customer and we said comes before a note
            found[item] = (words, bool(note))
    return found


def _holds(column: str, term: Term) -> Q:
    return Q(_anywhere(column, term))


def _anywhere(column: str, term: Term) -> ILike:
    return ILike(F(column), Value(f"%{_literal(term.text)}%"))


def _said(term: Term) -> QuerySet[Message]:
    return Message.objects.filter(_holds("text", term), deleted_at=None)


def _noted(term: Term) -> QuerySet[Activity]:
    return Activity.objects.filter(_holds("text", term), verb=Activity.Verb.NOTED)


def _holding(term: Term, *, halves: bool) -> set[int] | None:
    """The items that hold a term, MOST + 1 at most of each kind; None when no index can tell."""
    terms = _terms(term.text)
    has_run = halves and _RUN.search(term.text) is not None
    if (not terms and not has_run) or (not term.sender and is_everywhere(term)):
        return None
    if has_run and not _UNSPACED.search(term.text):
        terms = ""  # trigrams find what the terms do, and half words too
    called = [
        _looked_up(Contact.objects.exclude(name=""), "name", term, terms).values("pk"),
        _looked_up(Identity.objects.exclude(handle=""), "handle", term, terms).values("contact"),
        _looked_up(Identity.objects.exclude(name=""), "name", term, terms).values("contact"),
    ]
    items = Item.objects.annotate(held=HELD)
    parts: list[tuple[QuerySet[Any], str]] = [(items.filter(contact__in=each), "pk") for each in called]
    if not term.sender:
        messages, notes = Message.objects.filter(deleted_at=None), Activity.objects.filter(verb=Activity.Verb.NOTED)
        parts += [(_texts_with(rows, term, terms), "item") for rows in (messages, notes)]
    if not term.sender and _numbered(term):
        parts.append((items.filter(_numbered(term)), "pk"))
    some = [
        rows.order_by().values_list(column, Value(number), "held")[: MOST + 1]
        for number, (rows, column) in enumerate(parts)
    ]
    rows = list(some[0].union(*some[1:], all=True))
    cut = any(number > MOST for number in Counter(part for _item, part, _held in rows).values())
    return None if cut else {item for item, _part, held in rows if held}


def _looked_up(rows: QuerySet[Any], column: str, term: Term, terms: str) -> QuerySet[Any]:
    rows = rows.filter(_holds(column, term))
    return rows.filter(HasTerms(F(column), Value(terms))) if terms else rows


def is_phrase(term: Term) -> bool:
    return bool(_PHRASE.fullmatch(term.text)) and not _UNSPACED.search(term.text)


def is_everywhere(term: Term) -> bool:
    """Whether a word is in more messages than are looked up; or all words of a phrase are in so many that to look
    which of them hold it as it stands would take too long. What ANALYZE knows of words says so, without a look at
    any message."""
    if not (_PLAIN.fullmatch(term.text) or is_phrase(term)) or _UNSPACED.search(term.text):
        return False
    *whole, begun = _WORDS.findall(term.text.lower())
    with connection.cursor() as cursor:
        cursor.execute(FREQUENCIES, [whole, f"{_literal(begun)}%"])
        known = cursor.fetchall()
    if not known:
        return False
    if not whole:
        return bool(max(often for _word, often, _rows in known) * known[0][2] > MOST)
    share = sum(often for word, often, _rows in known if word.startswith(begun)) or RARE
    for each in whole:
        share *= next((often for word, often, _rows in known if word == each), RARE)
    return bool(share * known[0][2] > MOST_WITH_ALL_WORDS)


def _texts_with(rows: QuerySet[Any], term: Term, terms: str) -> QuerySet[Any]:
    """Messages or notes that may hold a term, and whether they do. Of a phrase the index finds the words, whole but
    for the last, and the rows say whether they stand together."""
    if is_phrase(term):
        found = rows.filter(HasTerms(F("text"), Value(_terms(term.text))))
        held: ILike | Value = _anywhere("text", term)
    else:
        found, held = _looked_up(rows, "text", term, terms), HELD
    return cast("QuerySet[Any]", found.annotate(held=held))


def _numbered(term: Term) -> Q:
    number = term.text.removeprefix("#")
    if number.isascii() and number.isdecimal() and int(number[:20]) <= LARGEST_ID:
        return Q(pk=int(number))
    return Q()


def _weight(term: Term) -> int:
    return sum(2 if _UNSPACED.match(each) else 1 for each in term.text) + (100 if term.sender else 0)


def _terms(text: str) -> str:
    """A text as a query over `inbox_terms`; empty where it has no words."""
    lowered = text.lower()
    starts = [place for place, each in enumerate(lowered) if _UNSPACED.match(each)]
    if starts:
        pairs = dict.fromkeys(lowered[place : place + 2] for place in starts if place + 1 < len(lowered))
        return " & ".join(map(_lexeme, pairs)) or f"{_lexeme(lowered[starts[0]])}:*"
    words = _WORDS.findall(lowered)
    return " & ".join([*map(_lexeme, words[:-1]), f"{_lexeme(words[-1])}:*"]) if words else ""


def _lexeme(word: str) -> str:
    quoted = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{quoted}'"


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
