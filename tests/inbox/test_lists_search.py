"""Search: words in every script, half words, operators; only what one may see; bounded, page by page."""

from __future__ import annotations

from io import StringIO
from urllib.parse import quote

import pytest
from django.core.management import call_command
from django.db import connection
from django.http import QueryDict
from django.utils import timezone

from inbox import queue, trigrams
from inbox.models import Connection, Item
from inbox.selectors import lists, search
from inbox.selectors.filters import EVERY, Filters
from inbox.selectors.words import Term, take_apart
from teams.errors import Invalid
from teams.models import User
from tests.inbox.rows import START, add_item, add_message
from tests.world import World


def look(user: User, q: str, states: frozenset[str] = EVERY, **more) -> list[int]:
    query = QueryDict(mutable=True)
    query["q"] = q
    return [row.pk for row in lists.page(user, Filters.parse(query, states=states), **more).items]


@pytest.fixture(params=["the newest items", "the indexes"])
def way(request, monkeypatch) -> str:
    """Both ways to an answer must say the same."""
    if request.param == "the indexes":
        monkeypatch.setattr(search, "WINDOW", 1)
    return request.param


TEXTS = {
    "english": "Where is the settlement you promised?",
    "chinese": "我的耳機壞了，請退款給我",
    "japanese": "レビューを書きました。助けてください",
    "thai": "หูฟังข้างซ้ายไม่ดังเลยครับ ช่วยด้วย",
    "korean": "환불해 주세요",
    "arabic": "لا أستطيع تسجيل الدخول",
    "russian": "Помогите, не работает вход",
    "german": "Nach dem Update stürzt die App ab",
    "signs": "I paid 50% off_now",
}


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("settlement", "english"), ("SETTLE", "english"), ("ttlem", "english"), ("promised settlement", "english"),
        ("退款", "chinese"), ("耳機壞了", "chinese"), ("壞", "chinese"), ("請退款給我", "chinese"),
        ("助けて", "japanese"), ("レビュー", "japanese"), ("書き", "japanese"),
        ("ช่วย", "thai"), ("ไม่ดัง", "thai"), ("หูฟัง", "thai"),
        ("환불", "korean"), ("الدخول", "arabic"), ("помог", "russian"), ("РАБОТАЕТ", "russian"), ("stürz", "german"),
        ('"you promised"', "english"), ("50%", "signs"), ("off_n", "signs"), ("Nach dem", "german"),
    ],
)  # fmt: skip
def test_words_are_found_in_every_script_and_by_halves(world: World, way: str, q: str, found: str):
    items = {name: add_item(world.connection, world.support, text) for name, text in TEXTS.items()}
    assert look(world.alice, q) == [items[found].pk]


@pytest.mark.parametrize("q", ["退給", "settlementx", '"promised you"', "ยากมาก", "offxnow", "50x", "zzzz"])
def test_what_is_not_there_is_not_found(world: World, way: str, q: str):
    for text in TEXTS.values():
        add_item(world.connection, world.support, text)
    assert look(world.alice, q) == []


def test_notes_names_handles_and_numbers_are_searched_too(world: World, way: str):
    plain = add_item(world.connection, world.support, "Hello", by="Bert")
    noted = add_item(world.connection, world.support, "Hello", by="Carl")
    queue.note(item=noted.pk, by=world.alice, text="She asked for the escalation")
    named = add_item(world.connection, world.support, "Hello", by="Anneliese")
    assert look(world.alice, "escalation") == [noted.pk]
    assert look(world.alice, "nelies") == [named.pk]
    assert look(world.alice, "from:anne") == [named.pk]
    assert look(world.alice, f"#{plain.pk}") == [plain.pk]
    assert look(world.alice, "from:escalation") == []


def test_every_word_must_be_there_though_not_in_one_message(world: World, way: str):
    both = add_item(world.connection, world.support, "My invoice is wrong")
    add_message(both, "I want a refund")
    add_item(world.connection, world.support, "My invoice is fine")
    add_item(world.connection, world.support, "A refund please")
    assert look(world.alice, "refund invoice") == [both.pk]
    assert look(world.alice, '"invoice refund"') == []


def test_a_word_with_a_minus_leaves_items_out(world: World, way: str):
    kept = add_item(world.connection, world.support, "refund for my order", by="Ann")
    add_item(world.connection, world.support, "refund for my ticket", by="Ann")
    other = add_item(world.connection, world.support, "refund for my order", by="Bert")
    assert look(world.alice, "refund -ticket") == [other.pk, kept.pk]
    assert look(world.alice, 'refund -"my ticket" -from:bert') == [kept.pk]
    assert look(world.alice, "-ticket -order") == []


def test_operators_narrow_what_words_find(world: World, way: str):
    chat = Connection.objects.create(name="Chat", kind="telegram")
    plain = add_item(world.connection, world.support, "help")
    special = add_item(
        chat, world.marketing, "help", labels=["vip"], kind="dm", priority=30, state="resolved", language="de",
        at=START.replace(month=10),
    )  # fmt: skip
    Item.objects.filter(pk=special.pk).update(rule=Item.folded("Somebody needs help"))
    for operator in (
        "team:marketing", "label:vip", "platform:telegram", "kind:dm", "priority:high", "language:de", "is:resolved",
        'rule:"somebody needs help"', "before:2026-11-01",
    ):  # fmt: skip
        assert look(world.alice, f"help {operator}") == [special.pk], operator
        assert look(world.alice, f"{operator} help -nothing") == [special.pk], operator
        assert look(world.alice, operator) == [special.pk], operator
    for operator in ("team:support", "after:2026-11-01", "is:open", "is:unclaimed label:vip is:open"):
        assert special.pk not in look(world.alice, f"help {operator}")
    assert look(world.alice, "help is:unclaimed after:2026-11-01") == [plain.pk]


def test_is_says_more_than_what_the_list_shows_by_itself(world: World):
    done = add_item(world.connection, world.support, "help", state="resolved")
    unfinished = Filters.parse(QueryDict("q=help")).states
    assert look(world.alice, "help", states=unfinished) == []
    assert look(world.alice, "help is:done", states=unfinished) == [done.pk]
    assert look(world.alice, "help is:done", states=frozenset({"open"})) == []


@pytest.mark.parametrize(
    ("q", "reason"),
    [
        ("form:ann", "There is no operator “form:”."),
        ("team:", "Say what “team:” is to be, without a space between."),
        ("-team:support", "“-” works with words and with “from:”, not with “team:”."),
        ("team:support team:marketing", "“team:” stands there twice."),
        ("is:lost", "“is:” can be: open, waiting"),
        ("before:christmas", "Give a day such as 2026-11-20"),
        ("a b c d e f g h i", "Search for at most 8 words at once."),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_reason(world: World, q: str, reason: str):
    with pytest.raises(Invalid) as refused:
        look(world.alice, q)
    assert reason in " ".join(refused.value.fields.values())


@pytest.mark.parametrize("q", ["https://example.com/a", "10:30", "“help”", "a:b", "C++", "'; DROP"])
def test_what_only_looks_like_an_operator_is_searched_for(world: World, way: str, q: str):
    item = add_item(world.connection, world.support, f"see {q} there")
    add_item(world.connection, world.support, "nothing of it")
    assert look(world.alice, q) == [item.pk]


@pytest.mark.parametrize("q", ["\\", "%", "''&|!", "😂"])
def test_signs_alone_are_looked_for_in_the_newest_items(world: World, monkeypatch, q: str):
    item = add_item(world.connection, world.support, f"see {q} there")
    add_item(world.connection, world.support, "nothing of it")
    assert look(world.alice, q) == [item.pk]
    monkeypatch.setattr(search, "WINDOW", 1)
    page = lists.page(world.alice, Filters.parse(QueryDict(f"q={quote(q)}")))
    assert (page.items, page.complete) == ([], False)


def test_a_hidden_team_is_not_found_by_any_word_or_operator(world: World, way: str):
    hidden = add_item(
        world.connection, world.legal, "the settlement", by="Zacharias", labels=["vip"], assignee=world.dora
    )
    queue.note(item=hidden.pk, by=world.dora, text="privileged")
    Item.objects.filter(pk=hidden.pk).update(rule=Item.folded("Law"))
    asked = [
        "settlement", "ettlem", "Zacharias", "from:zacharias", "privileged", f"#{hidden.pk}", "label:vip", "rule:law",
        "assignee:dora", "is:open", "before:2030-01-01 settlement", "platform:generic", "-nothing", "priority:normal",
        "kind:mention", "language:en", "is:unread", "settlement -nothing", '"the settlement"',
    ]  # fmt: skip
    for q in asked:
        assert look(world.dora, q) == [hidden.pk], q
        assert look(world.alice, q) == [], q
        assert look(world.charlie, q) == [], q
    with pytest.raises(Invalid) as refused:
        look(world.alice, "team:legal settlement")
    with pytest.raises(Invalid) as unknown:
        look(world.alice, "team:nowhere settlement")
    assert refused.value.facts() == unknown.value.facts()


def test_what_its_author_deleted_is_not_found(world: World, way: str):
    item = add_item(world.connection, world.support, "regretted words")
    item.messages.update(deleted_at=timezone.now())
    assert look(world.alice, "regretted") == []


@pytest.mark.parametrize("size", [2, 3])
def test_a_search_is_shown_page_by_page_each_item_once(world: World, way: str, size: int):
    for number in range(7):
        add_item(world.connection, [world.support, world.marketing][number % 2], f"help {number}")
        add_item(world.connection, world.support, "something else")
    wanted = list(
        Item.objects.filter(preview__startswith="help").order_by("-last_message_at").values_list("pk", flat=True)
    )
    filters, seen, cursor = Filters.parse(QueryDict("q=help")), [], None
    while True:
        page = lists.page(world.alice, filters, cursor=cursor, size=size)
        seen += [row.pk for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == wanted


def test_a_frequent_word_is_answered_from_the_newest_items_and_the_page_says_so(world: World, monkeypatch):
    items = [add_item(world.connection, world.support, "help") for _number in range(5)]
    monkeypatch.setattr(search, "WINDOW", 3)
    monkeypatch.setattr(search, "MOST", 4)
    page = lists.page(world.alice, Filters.parse(QueryDict("q=help")))
    assert [row.pk for row in page.items] == [row.pk for row in reversed(items[2:])]
    assert page.complete is False
    monkeypatch.setattr(search, "MOST", 5)
    page = lists.page(world.alice, Filters.parse(QueryDict("q=help")))
    assert len(page.items) == 5
    assert page.complete is True


def test_a_phrase_whose_words_are_everywhere_is_answered_from_the_newest_items_alone(world: World, monkeypatch):
    """What ANALYZE knows decides, before any message is looked at."""
    for number in range(60):
        add_item(world.connection, world.support, "work that does" if number % 2 else f"lamp {number}")
    phrase = add_item(world.connection, world.support, "it does work", at=START.replace(year=2020))
    rare = add_item(world.connection, world.support, "lamp does rattle", at=START.replace(year=2020))
    monkeypatch.setattr(search, "WINDOW", 1)
    asked = {words: Filters.parse(QueryDict(f'q="{words}"')) for words in ("does work", "lamp does", "does wor")}
    assert lists.page(world.alice, asked["does work"]).items == [phrase]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE inbox_message")
    monkeypatch.setattr(search, "MOST_WITH_ALL_WORDS", 10)
    for words in ("does work", "does wor"):
        page = lists.page(world.alice, asked[words])
        assert (page.items, page.complete) == ([], False)
    senders = lists.page(world.alice, Filters.parse(QueryDict('q=from:"does work"')))
    assert (senders.items, senders.complete) == ([], True)  # who wrote is another question
    monkeypatch.setattr(search, "MOST", 20)
    assert search.is_everywhere(Term("does"))
    assert not search.is_everywhere(Term("rattle"))
    monkeypatch.setattr(search, "MOST_WITH_ALL_WORDS", 40)
    monkeypatch.setattr(search, "MOST", 100)
    page = lists.page(world.alice, asked["lamp does"])
    assert (page.items, page.complete) == ([rare], True)


def test_a_search_asks_a_bounded_number_of_queries(world: World, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(search, "WINDOW", 1)
    for _number in range(3):
        add_item(world.connection, world.support, "alpha beta gamma delta")
    filters = Filters.parse(QueryDict("q=alpha+beta+gamma+delta+%23123456"))
    with django_assert_max_num_queries(6):
        assert len(lists.page(world.alice, filters, dress=lambda items: items).items) == 0


def test_the_text_that_is_shown_is_one_that_holds_the_words(world: World):
    item = add_item(world.connection, world.support, "The first words")
    add_message(item, "A needle in the hay")
    add_message(item, "And then nothing")
    queue.note(item=item.pk, by=world.alice, text="Bought in Rome")
    assert search.texts([item.pk], [Term("needle")]) == {item.pk: ("A needle in the hay", False)}
    assert search.texts([item.pk], [Term("rome")]) == {item.pk: ("Bought in Rome", True)}
    assert search.texts([item.pk], [Term("rome", without=True)]) == {}


class TestWithoutTrigrams:
    """A database that does not let us have pg_trgm."""

    @pytest.fixture(autouse=True)
    def _no_trigrams(self, monkeypatch, world: World):
        with connection.cursor() as cursor:
            for name in trigrams.SEARCHED:
                cursor.execute(f"DROP INDEX {name}_parts")
        monkeypatch.setattr(search, "WINDOW", 1)

    def test_words_are_found_by_their_beginning(self, world: World):
        items = {name: add_item(world.connection, world.support, text) for name, text in TEXTS.items()}
        add_item(world.connection, world.support, "newer")
        assert look(world.alice, "settle") == [items["english"].pk]
        assert look(world.alice, "退款") == [items["chinese"].pk]
        assert look(world.alice, '"you promised"') == [items["english"].pk]
        assert look(world.alice, "ttlement") == []

    def test_the_command_makes_what_is_missing(self, world: World):
        item = add_item(world.connection, world.support, TEXTS["english"])
        add_item(world.connection, world.support, "newer")
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # an index is not made while a transaction owes checks
        call_command("searchindexes", stdout=StringIO())
        assert look(world.alice, "ttlement") == [item.pk]


def test_a_search_is_taken_apart():
    asked = take_apart('refund -"my ticket" from:@ann team:support "log in" -spam')
    assert asked.terms == (
        Term("refund"), Term("my ticket", without=True), Term("ann", sender=True), Term("log in"),
        Term("spam", without=True),
    )  # fmt: skip
    assert asked.narrow == {"team": "support"}
