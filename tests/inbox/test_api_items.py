"""Items over HTTP, as the contract says it: exact JSON, exact refusals, nothing learnt by whoever may not see."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from connectors.base import Author
from inbox.models import Activity, Handoff, Item, Outbound
from tests.inbox.client import Api
from tests.world import World, entry, make_item, make_person, receive


@pytest.fixture
def item(world: World) -> Item:
    return make_item(world.connection, world.support, "I need help 👍 now", thread="t1")


def test_an_item_says_everything_the_contract_names(world: World, item: Item):
    said = Api(world.alice).get(f"items/{item.pk}/")
    message = item.messages.get()
    assert said["id"] == item.pk
    assert (said["state"], said["team"], said["assignee"], said["priority"]) == ("open", "support", None, "normal")
    assert (said["platform"], said["kind"], said["connection"]) == ("generic", "mention", world.connection.pk)
    assert said["labels"] == said["handoffs"] == []
    assert said["contact"] == {
        "id": item.contact_id,
        "name": "A Customer",
        "identities": [{"platform": "generic", "id": "u1", "handle": "customer", "name": "A Customer"}],
    }
    assert said["messages"] == [
        {
            "id": message.pk,
            "direction": "in",
            "kind": "mention",
            "text": "I need help 👍 now",
            "author": {"id": "u1", "handle": "customer", "name": "A Customer"},
            "at": as_said(message.at),
            "received_at": as_said(message.received_at),
            "url": "",
            "rating": None,
            "language": message.language,
            "edited": False,
            "deleted": False,
            "attachments": [],
            "state": None,
            "reason": "",
        }
    ]
    assert said["created_at"] == as_said(item.created_at)
    assert said["waiting_since"] == as_said(item.waiting_since)
    assert [each["verb"] for each in said["activity"]] == list(
        item.activities.order_by("pk").values_list("verb", flat=True)
    )


def test_a_decision_names_version_rule_team_and_words(world: World, item: Item):
    decision = item.decisions.get()
    hit = {"keyword": "help", "start": 7, "end": 11, "text": "help"}
    decision.rule, decision.rule_id, decision.outcome, decision.team = "Trouble", 4, {"hits": [hit]}, world.support
    decision.save()
    said = Api(world.alice).get(f"items/{item.pk}/")["decision"]
    assert (said["rule"], said["rule_id"], said["team"], said["version"]) == ("Trouble", 4, "support", decision.version)
    assert said["hits"] == [hit]
    assert said["message"] == item.messages.get().pk


def test_times_are_utc_whatever_the_viewers_time_zone(world: World, item: Item, client):
    world.alice.time_zone = "Asia/Bangkok"
    world.alice.save()
    client.force_login(world.alice)
    assert client.get(f"/api/v1/items/{item.pk}/").json()["created_at"] == as_said(item.created_at)


def test_one_item_takes_few_queries(world: World, django_assert_max_num_queries):
    item = make_item(world.connection, world.support, thread="long")
    for _number in range(5):
        receive(world.connection, entry(thread="long"))
    api = Api(world.alice)
    with django_assert_max_num_queries(12):
        assert len(api.get(f"items/{item.pk}/")["messages"]) == 6


def test_claim_release_resolve_reopen(world: World, item: Item):
    api = Api(world.alice)
    assert api.post(f"items/{item.pk}/claim/")["assignee"] == "alice"
    assert api.post(f"items/{item.pk}/release/", {})["assignee"] is None
    said = api.post(f"items/{item.pk}/resolve/")
    assert (said["state"], said["waiting_since"]) == ("resolved", None)
    assert api.post(f"items/{item.pk}/reopen/")["state"] == "open"
    verbs = ["claimed", "released", "resolved", "reopened"]
    assert list(item.activities.order_by("pk").values_list("verb", flat=True))[-4:] == verbs


def test_the_loser_of_a_race_learns_who_won(world: World, item: Item):
    Api(world.alice).post(f"items/{item.pk}/claim/")
    lost = Api(world.bob).post(f"items/{item.pk}/claim/", expect=409)
    assert (lost["code"], lost["assignee"], lost["team"], lost["state"]) == (
        "already_claimed",
        "alice",
        "support",
        "open",
    )
    assert lost["detail"] == "alice has claimed this item."
    assert lost["claimed_at"].endswith("Z")
    item.refresh_from_db()
    assert item.assignee == world.alice


def test_who_hands_over_second_learns_who_was_first(world: World, item: Item):
    body = {"team": "marketing", "reason": "Yours"}
    Api(world.alice).post(f"items/{item.pk}/handoff/", body)
    lost = Api(world.ada).post(f"items/{item.pk}/handoff/", body, expect=409)
    assert (lost["code"], lost["team"], lost["assignee"]) == ("already_handed_over", "marketing", None)
    assert lost["detail"] == "alice has handed this item to Marketing."
    assert item.handoffs.count() == 1
    Api(world.bob).post(f"items/{item.pk}/claim/")  # from now on it is Marketing's, whoever handed it over
    assert "team" in Api(world.bob).post(f"items/{item.pk}/handoff/", body, expect=400)
    assert item.handoffs.count() == 1


def test_a_stale_version_is_refused_and_changes_nothing(world: World, item: Item):
    api = Api(world.alice)
    seen = api.get(f"items/{item.pk}/")["version"]
    api.post(f"items/{item.pk}/claim/")
    for action, body in (
        ("resolve", {}), ("release", {}), ("handoff", {"team": "marketing", "reason": "x"}),
        ("snooze", {"until": soon()}), ("replies", {"text": "Hi"}),
    ):  # fmt: skip
        stale = api.post(f"items/{item.pk}/{action}/", {**body, "version": seen}, expect=409)
        assert stale["code"] == "stale", action
        assert stale["version"] == seen + 1
    item.refresh_from_db()
    assert (item.state, item.assignee, item.version) == ("open", world.alice, seen + 1)
    assert not Outbound.objects.exists()


def test_handoff_and_return(world: World, item: Item):
    said = Api(world.alice).post(
        f"items/{item.pk}/handoff/", {"team": "marketing", "reason": "A fan", "note": "Loves it"}
    )
    assert (said["team"], said["assignee"]) == ("marketing", None)
    [leg] = said["handoffs"]
    assert (leg["from"], leg["to"], leg["by"], leg["reason"], leg["note"], leg["outcome"]) == (
        "support", "marketing", "alice", "A fan", "Loves it", "pending",
    )  # fmt: skip
    said = Api(world.bob).post(f"items/{item.pk}/return/", {"reason": "No, it is broken"})
    assert (said["team"], said["returned"]) == ("support", True)
    assert said["handoffs"][0]["outcome"] == "returned"
    assert said["handoffs"][0]["return_reason"] == "No, it is broken"
    refused = Api(world.alice).post(f"items/{item.pk}/return/", {"reason": "?"}, expect=409)
    assert refused["code"] == "nothing_to_return"


def test_handing_to_a_team_one_cannot_see_ends_ones_view_of_it(world: World, item: Item):
    api = Api(world.alice)
    said = api.post(f"items/{item.pk}/handoff/", {"team": "legal", "reason": "A threat"})
    assert said == {"id": item.pk, "team": "legal", "state": "open", "visible": False}
    api.get(f"items/{item.pk}/", expect=404)
    assert api.get("items/")["results"] == []
    assert Api(world.dora).get(f"items/{item.pk}/")["handoffs"][0]["reason"] == "A threat"


def test_snooze_and_note(world: World, item: Item):
    api, until = Api(world.alice), soon()
    said = api.post(f"items/{item.pk}/snooze/", {"until": until})
    assert (said["state"], said["snoozed_until"]) == ("snoozed", until)
    said = api.post(f"items/{item.pk}/notes/", {"text": "Ask Sue"})
    assert (said["activity"][-1]["verb"], said["activity"][-1]["text"]) == ("noted", "Ask Sue")
    past = api.post(f"items/{item.pk}/snooze/", {"until": "2001-01-01T00:00:00Z"}, expect=400)
    assert past["until"] == ["Choose a time in the future."]


@pytest.mark.parametrize(
    ("action", "body", "field"),
    [
        ("handoff", {"team": "nowhere", "reason": "x"}, "team"),
        ("handoff", {"team": "support", "reason": "x"}, "team"),
        ("handoff", {"team": "marketing"}, "reason"),
        ("handoff", {"team": "marketing", "reason": "  "}, "reason"),
        ("handoff", {"team": "marketing", "reason": "x" * 201}, "reason"),
        ("handoff", {"team": "marketing", "reason": "x", "owner": 1}, "owner"),
        ("handoff", {"team": "marketing", "reason": "x", "person": "alice"}, "person"),
        ("handoff", {"team": ["marketing"], "reason": "x"}, "team"),
        ("return", {}, "reason"),
        ("snooze", {"until": "soon"}, "until"),
        ("snooze", {"until": None}, "until"),
        ("snooze", {"until": "9999-12-31T23:59:59-14:00"}, "until"),
        ("snooze", {"until": "0001-01-01T00:00:00Z"}, "until"),
        ("notes", {"text": ""}, "text"),
        ("notes", {"text": "a\x00b"}, "text"),
        ("notes", {"text": "x" * 10_001}, "text"),
        ("notes", {"text": {"a": 1}}, "text"),
        ("replies", {"text": " "}, "text"),
        ("replies", {}, "text"),
        ("claim", {"assignee": "bob"}, "assignee"),
        ("resolve", {"version": 10**30}, "version"),
        ("resolve", {"version": "new"}, "version"),
        ("resolve", [1], "non_field_errors"),
    ],
)
def test_a_wrong_field_is_refused_by_name_and_changes_nothing(world: World, item: Item, action, body, field):
    before = Item.objects.values().get(pk=item.pk), Activity.objects.count()
    assert field in Api(world.alice).post(f"items/{item.pk}/{action}/", body, expect=400)
    assert (Item.objects.values().get(pk=item.pk), Activity.objects.count()) == before
    assert not Handoff.objects.exists()
    assert not Outbound.objects.exists()


@pytest.mark.parametrize(
    ("action", "body"),
    [
        (None, None), ("claim", {}), ("release", {}), ("resolve", {}), ("reopen", {}), ("ignore", {}),
        ("handoff", {"team": "marketing", "reason": "x"}), ("return", {"reason": "x"}),
        ("snooze", {"until": "2027-01-01T00:00:00Z"}), ("notes", {"text": "x"}), ("replies", {"text": "x"}),
    ],
)  # fmt: skip
def test_not_yours_and_unknown_are_the_same_404(world: World, item: Item, action, body):
    hidden = make_item(world.connection, world.legal, "secret", thread="t2")
    before = Item.objects.values().get(pk=hidden.pk), Activity.objects.count()
    for person in (world.alice, world.charlie):
        api, answers = Api(person), []
        for pk in (hidden.pk, 10**9, 10**30):
            path = f"items/{pk}/{action}/" if action else f"items/{pk}/"
            answers.append(api.post(path, body, expect=404) if action else api.get(path, expect=404))
        assert answers[0] == answers[1] == answers[2] == {"detail": "There is no such item.", "code": "not_found"}
    assert (Item.objects.values().get(pk=hidden.pk), Activity.objects.count()) == before


def test_a_private_teams_item_is_in_no_list_search_or_count(world: World):
    hidden = make_item(world.connection, world.legal, "the quiet settlement", thread="t2")
    for query in (
        "",
        "?q=settlement",
        f"?q={hidden.pk}",
        "?q=customer",
        "?state=all",
        f"?connection={world.connection.pk}",
    ):
        assert Api(world.alice).get(f"items/{query}") == {"results": [], "next": None, "previous": None}
    assert [each["id"] for each in Api(world.dora).get("items/?q=settlement")["results"]] == [hidden.pk]


def test_what_its_author_deleted_is_not_said_again(world: World, item: Item):
    item.messages.update(deleted_at=timezone.now(), media=[{"url": "https://x.example/a.png"}])
    [message] = Api(world.alice).get(f"items/{item.pk}/")["messages"]
    assert (message["deleted"], message["text"], message["attachments"]) == (True, "", [])


def test_an_item_without_a_known_author(world: World):
    [item] = receive(world.connection, entry(author=None))
    said = Api(world.ada).get(f"items/{item.pk}/")
    assert (said["contact"], said["messages"][0]["author"]) == (None, None)


def test_text_from_outside_is_said_as_it_came(world: World):
    text = "<script>alert(1)</script> \u202e \U0001f469\u200d\U0001f467 ‏مرحبا"
    item = make_item(world.connection, world.support, text, author=Author(id="u9", name="<b>x</b>"))
    message = Api(world.alice).get(f"items/{item.pk}/")["messages"][0]
    assert (message["text"], message["author"]["name"]) == (text, "<b>x</b>")


def test_a_handoff_can_name_the_person_who_gets_it(world: World, item: Item):
    said = Api(world.alice).post(f"items/{item.pk}/handoff/", {"team": "marketing", "reason": "Yours", "person": "bob"})
    assert (said["assignee"], said["handoffs"][0]["person"]) == ("bob", "bob")


def test_a_lead_may_act_on_what_a_colleague_holds(world: World, item: Item):
    agent = make_person("amir", world.support)
    Api(agent).post(f"items/{item.pk}/claim/")
    Api(world.bob).post(f"items/{item.pk}/resolve/", expect=409)
    assert Api(world.alice).post(f"items/{item.pk}/resolve/")["state"] == "resolved"


def as_said(moment) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def soon() -> str:
    return as_said((timezone.now() + timedelta(hours=1)).replace(microsecond=0))
