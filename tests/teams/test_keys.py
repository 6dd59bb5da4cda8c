"""The table of keys: everybody's, one's own, and none that does two things."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.test import Client

from inbox.templatetags.inbox_thread import ACTIONS
from teams import keys
from teams.errors import Invalid
from teams.models import User
from teams.templatetags.keys import key_sheet, keymap
from tests.world import World


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_no_key_does_two_things_and_every_action_of_the_thread_has_its_place() -> None:
    given = [key.default for key in keys.KEYS if key.default]
    assert len(given) == len(set(given))
    assert set(ACTIONS) <= set(keys.ACTIONS)


def test_the_script_knows_every_action(world: World) -> None:
    script = Path("static/js/keys.js").read_text()
    table = script[script.index("const acts = {") : script.index("};", script.index("const acts = {"))]
    named = set(re.findall(r'"?([a-z-]+)"?: \(\) =>', table))
    assert named | set(ACTIONS) | {"copy-link"} == set(keys.ACTIONS)


def test_other_keys_are_kept_printed_and_told_to_the_script(world: World) -> None:
    keys.choose(person=world.alice, chosen={"claim": "Ä", "note": "", "ignore": "c"})
    world.alice.refresh_from_db()
    assert world.alice.keys == {"claim": "ä", "note": "", "ignore": "c"}
    told = json.loads(keymap(world.alice))
    assert (told["ä"], told["c"], "note" in told.values()) == ("claim", "ignore", False)
    printed = {words: shown for shown, words in key_sheet(world.alice)}
    assert (printed["Claim"], printed["Ignore"], "Note" in printed) == (["Ä"], ["C"], False)
    assert keys.shown(world.alice, "claim") == "Ä"
    world.alice.single_keys = False
    assert keys.shown(world.alice, "claim") == ""
    assert keys.keys_of(world.bob)["claim"] == "c"


@pytest.mark.parametrize(
    ("chosen", "field"),
    [({"claim": "h"}, "hand-over"), ({"note": "kk"}, "note"), ({"note": "7"}, "note"), ({"ignore": "\x07"}, "ignore")],
)
def test_a_key_that_is_taken_or_none_is_refused_and_nothing_changes(
    world: World, chosen: dict[str, str], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        keys.choose(person=world.alice, chosen=chosen)
    assert list(refused.value.fields) == [field]
    world.alice.refresh_from_db()
    assert world.alice.keys == {}


def test_two_keys_can_change_places(world: World) -> None:
    keys.choose(person=world.alice, chosen={"claim": "h", "hand-over": "c"})
    assert world.alice.keys == {"claim": "h", "hand-over": "c"}


def test_a_default_that_came_later_gives_way_to_a_key_that_was_chosen(world: World) -> None:
    world.alice.keys = {"copy-link": keys.ACTIONS["label"].default}
    own = keys.keys_of(world.alice)
    assert (own["copy-link"], own["label"], own["reply"]) == ("l", "", "r")
    keys.choose(person=world.alice, chosen={"note": "w"})
    assert world.alice.keys["note"] == "w"


def test_the_page_keeps_them_names_the_other_action_and_puts_them_back(world: World) -> None:
    client = signed_in(world.alice)
    now = {key.action: key.default for key in keys.KEYS}
    assert client.post("/preferences/keys/", {**now, "claim": "q"}).status_code == 302
    refused = client.post("/preferences/keys/", {**now, "claim": "q", "note": "Q"})
    assert refused.status_code == 400
    assert "Q is the key of “Claim” already." in refused.content.decode()
    world.alice.refresh_from_db()
    assert world.alice.keys == {"claim": "q"}
    assert 'data-keymap="{&quot;j&quot;: &quot;next&quot;' in client.get("/").content.decode()
    client.post("/preferences/keys/", {"as_it_was": "1"})
    world.alice.refresh_from_db()
    assert world.alice.keys == {}


def test_the_sheet_goes_with_the_keys_one_has_for_the_rows(world: World) -> None:
    def shifted() -> list[str]:
        return [keys[1] for keys, _words in key_sheet(world.alice) if keys[0] == "Shift"]

    assert shifted() == ["J", "K"]
    keys.choose(person=world.alice, chosen={"next": "m", "last": "."})
    assert shifted() == ["M"]


def test_the_buttons_for_what_is_selected_name_their_keys(world: World) -> None:
    def titles() -> set[str]:
        page = signed_in(world.alice).get("/").content.decode()
        return set(re.findall(r'title="([^"]+)"', page[page.index('id="bulk"') : page.index('id="rows"')]))

    assert {"Claim (C)", "Hand over (H)", "Label (L)", "Snooze (S)", "Done (E)", "Select nothing"} <= titles()
    world.alice.single_keys = False
    world.alice.save()
    assert {"Claim", "Hand over", "Label", "Snooze", "Done", "Select nothing"} <= titles()
