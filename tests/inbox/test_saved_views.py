"""Lists under a name: whose they are, who sees and who changes them, and what they hold."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from inbox import saved_views
from inbox.models import SavedView
from inbox.selectors.sight import Sight
from teams.errors import Invalid, NotAllowed, NotFound
from teams.models import Membership, User
from tests.inbox.rows import add_item
from tests.world import World


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def seen(user: User) -> list[str]:
    return [view.name for view in Sight.of(user).views]


def numbers(user: User, path: str = "/counts/") -> dict[str, str]:
    """The numbers of the frame, by queue."""
    page = signed_in(user).get(path).content.decode()
    return dict(re.findall(r'data-queue="([^"]+)">([^<]+)<', page))


def rows(user: User, path: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'id="row-(\d+)"', signed_in(user).get(path).content.decode())]


def test_a_list_is_kept_under_a_name_and_opened_by_it(world: World):
    vip = add_item(world.connection, world.support, labels=["vip"])
    add_item(world.connection, world.support)
    client = signed_in(world.alice)
    answer = client.post(
        "/views/", {"name": " Very  important ", "scope": "open", "query": "label=vip&order=oldest&x=1"}
    )
    view = SavedView.objects.get()
    assert (view.name, view.scope, view.query) == ("Very important", "open", "label=vip&order=oldest")
    assert (view.owner, view.team) == (world.alice, None)
    assert answer["Location"] == f"/views/{view.pk}/"
    page = client.get(answer["Location"]).content.decode()
    assert 'aria-label="Very important"' in page
    assert rows(world.alice, f"/views/{view.pk}/") == [vip.pk]
    assert rows(world.alice, f"/items/{vip.pk}/?in=view:{view.pk}") == [vip.pk]


def test_the_frame_says_how_much_a_view_holds(world: World):
    for state in ("open", "waiting", "resolved"):
        add_item(world.connection, world.support, labels=["vip"], state=state)
    add_item(world.connection, world.legal, labels=["vip"])
    kept = saved_views.keep(by=world.alice, name="VIP", scope="open", query="label=vip")
    team = saved_views.keep(by=world.alice, name="All VIP", scope="team:support", query="label=vip", team=world.support)
    done = saved_views.keep(by=world.alice, name="Done VIP", scope="done", query="label=vip")
    words = saved_views.keep(by=world.alice, name="Words", scope="open", query="q=help")
    found = numbers(world.alice)
    assert (found[f"view:{kept.pk}"], found[f"view:{team.pk}"]) == ("2", "2")
    assert {f"view:{done.pk}", f"view:{words.pk}"} & found.keys() == set()  # not counted: finished, or words
    assert numbers(world.bob)[f"view:{team.pk}"] == "2"


def test_who_sees_which_view(world: World):
    saved_views.keep(by=world.alice, name="Mine alone", scope="open", query="")
    saved_views.keep(by=world.alice, name="Support’s", scope="open", query="", team=world.support)
    saved_views.keep(by=world.ada, name="Legal’s", scope="open", query="", team=world.legal)
    assert seen(world.alice) == ["Support’s", "Mine alone"]
    assert seen(world.bob) == ["Support’s"]
    assert seen(world.dora) == ["Legal’s", "Support’s"]
    assert seen(world.ada) == ["Legal’s", "Support’s"]
    assert seen(world.charlie) == []


def test_a_view_shows_each_viewer_what_they_may_see(world: World):
    hidden, open_ = add_item(world.connection, world.legal), add_item(world.connection, world.support)
    view = saved_views.keep(by=world.ada, name="All", scope="open", query="", team=world.support)
    assert rows(world.alice, f"/views/{view.pk}/") == [open_.pk]
    assert rows(world.dora, f"/views/{view.pk}/") == [open_.pk, hidden.pk]


def test_a_view_of_a_team_one_does_not_see_is_not_there(world: World):
    view = saved_views.keep(by=world.ada, name="Law", scope="team:legal", query="", team=world.legal)
    own = saved_views.keep(by=world.dora, name="Own", scope="open", query="")
    for pk in (view.pk, own.pk, 10**9):
        assert signed_in(world.alice).get(f"/views/{pk}/").status_code == 404
        assert signed_in(world.alice).get(f"/?in=view:{pk}").status_code == 200
        for act in (saved_views.delete, lambda **how: saved_views.rename(name="x", **how)):
            with pytest.raises(NotFound):
                act(view=pk, by=world.alice)
    assert list(SavedView.objects.order_by("pk").values_list("name", flat=True)) == ["Law", "Own"]


def test_a_teams_view_is_for_its_leads_to_keep(world: World):
    bob = Membership.objects.create(user=world.bob, team=world.support)
    with pytest.raises(NotAllowed):
        saved_views.keep(by=world.bob, name="Ours", scope="open", query="", team=world.support)
    view = saved_views.keep(by=world.alice, name="Ours", scope="open", query="", team=world.support)
    for act in (saved_views.delete, lambda **how: saved_views.rename(name="x", **how)):
        with pytest.raises(NotAllowed):
            act(view=view.pk, by=world.bob)
    assert SavedView.objects.get().name == "Ours"
    assert f"/views/{view.pk}/rename/" not in signed_in(world.bob).get(f"/views/{view.pk}/").content.decode()
    assert f"/views/{view.pk}/rename/" in signed_in(world.alice).get(f"/views/{view.pk}/").content.decode()
    bob.role = Membership.Role.LEAD
    bob.save()
    assert saved_views.rename(view=view.pk, by=world.bob, name="Theirs").name == "Theirs"
    saved_views.delete(view=view.pk, by=world.ada)
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": " "}, "name"), ({"name": "x" * 81}, "name"), ({"query": "kind=shout"}, "kind"),
        ({"query": "q=form:ann"}, "q"), ({"name": "Known"}, "name"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused_by_name(world: World, given: dict[str, str], field: str):
    saved_views.keep(by=world.alice, name="Known", scope="open", query="")
    with pytest.raises(Invalid) as refused:
        saved_views.keep(**{"by": world.alice, "name": "New", "scope": "open", "query": "", **given})
    assert list(refused.value.facts()) == [field]
    assert SavedView.objects.count() == 1


def test_there_is_an_end_to_how_many(world: World, monkeypatch):
    monkeypatch.setattr(saved_views, "MOST", 1)
    saved_views.keep(by=world.alice, name="One", scope="open", query="")
    with pytest.raises(Invalid):
        saved_views.keep(by=world.alice, name="Two", scope="open", query="")
    saved_views.keep(by=world.bob, name="One", scope="open", query="")
    assert SavedView.objects.count() == 2


def test_a_view_whose_team_is_no_more_opens_as_not_there_and_breaks_no_frame(world: World):
    SavedView.objects.create(name="Old", owner=world.alice, scope="team:gone", query="")
    SavedView.objects.create(name="Odd", owner=world.alice, scope="view:1", query="kind=shout")
    client = signed_in(world.alice)
    assert client.get("/").status_code == 200
    for view in SavedView.objects.all():
        assert client.get(f"/views/{view.pk}/").status_code in {400, 404}
