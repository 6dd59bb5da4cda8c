"""A compiled query says what its queryset says, for every shape and every id, whoever asked first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection as database
from django.db.models import F
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from inbox import queue
from inbox.models import Item
from inbox.views.respond import for_its_bar
from teams.compiled import MOST, Compiled, rewriting
from teams.models import Membership, Team, User
from tests import world as small
from tests.world import World

pytestmark = pytest.mark.django_db


def _seen(is_active: bool, is_admin: bool, *, by: int):
    return Team.objects.visible_to(User(pk=by, is_active=is_active, is_admin=is_admin))


def _of_team(*, team: int):
    return Item.objects.filter(team=team).select_related("team", "connection").annotate(twice=F("version") * 2)


def test_it_finds_for_each_person_what_the_queryset_finds(world: World) -> None:
    compiled = Compiled(Team, _seen)
    for person in (*world.people, *world.people):
        found = compiled.rows(person.is_active, person.is_admin, by=person.pk)
        assert found == list(Team.objects.visible_to(person))
    assert world.legal not in compiled.rows(True, False, by=world.bob.pk)
    assert world.legal in compiled.rows(True, False, by=world.dora.pk)


def test_rows_carry_what_was_read_along_and_nothing_is_asked_for_again(world: World) -> None:
    small.make_item(world.connection, world.support)
    compiled = Compiled(Item, _of_team)
    assert compiled.rows(team=world.marketing.pk) == []

    found = compiled.first(team=world.support.pk)
    with CaptureQueriesContext(database) as asked:
        known = (found.team, found.connection, found.twice, found.version)
    assert known == (world.support, world.connection, 2, 1)
    assert len(asked) == 0
    assert found.__dict__.keys() == Item.objects.annotate(twice=F("version")).get(pk=found.pk).__dict__.keys()


def test_it_is_made_once_for_each_shape(world: World) -> None:
    made: list[int] = []

    def make(*, team: int):
        made.append(team)
        return _of_team(team=team)

    compiled = Compiled(Item, make)
    for _again in range(3):
        compiled.rows(team=world.support.pk)
    assert len(made) == 1
    assert made[0] not in {world.support.pk, world.marketing.pk}


def test_every_thread_asks_by_its_own_connection(world: World) -> None:
    compiled = Compiled(Team, _seen)
    compiled.rows(True, True, by=world.ada.pk)

    def elsewhere() -> list[Team]:
        try:
            with CaptureQueriesContext(database) as asked:
                compiled.rows(True, True, by=world.ada.pk)
            return list(asked)
        finally:
            database.close()

    with ThreadPoolExecutor(1) as pool:
        assert len(pool.submit(elsewhere).result()) == 1


def test_what_can_find_nothing_asks_nothing(world: World) -> None:
    compiled = Compiled(Team, _seen)
    with CaptureQueriesContext(database) as asked:
        assert compiled.rows(False, False, by=world.alice.pk) == []
        assert compiled.rows(False, False, by=world.alice.pk) == []
    assert len(asked) == 0


def test_an_id_in_a_place_where_no_other_can_come_is_a_mistake(world: World) -> None:
    hidden = Compiled(Item, lambda *, team: Item.objects.filter(team=team, labels__contains=[str(team)]))
    with pytest.raises(LookupError, match="hides team"):
        hidden.rows(team=world.support.pk)


def test_a_change_concerns_what_the_queryset_finds_alone(world: World) -> None:
    compiled = Compiled(
        Membership, lambda *, user: rewriting(Membership.objects.filter(user=user), role="lead", assigned_at=Now())
    )
    assert compiled.change(user=world.bob.pk) == 1
    assert compiled.change(user=world.charlie.pk) == 0
    leads = Membership.objects.filter(role="lead").values_list("user", flat=True)
    assert sorted(leads) == sorted([world.alice.pk, world.bob.pk])


def test_it_keeps_a_bounded_number_of_shapes(world: World) -> None:
    compiled = Compiled(Item, lambda shape, *, team: _of_team(team=team))
    for shape in range(MOST + 5):
        assert compiled.rows(shape, team=world.support.pk) == []
    assert len(compiled._written) == MOST


@pytest.mark.parametrize("dress", [queue._with_its_people, for_its_bar])
def test_who_claims_gets_the_item_as_the_queryset_reads_it(world: World, dress) -> None:
    first, second = (small.make_item(world.connection, world.support, f"{n}") for n in range(2))
    queue.claim(item=first.pk, by=world.alice, dress=dress)

    given = queue.claim(item=second.pk, by=world.alice, dress=dress)

    read = queue._told(Item.objects.visible_to(world.alice), dress, second.pk).get()
    fields = [field.attname for field in Item._meta.concrete_fields]
    assert [getattr(given, name) for name in fields] == [getattr(read, name) for name in fields]
    assert given.__dict__.keys() == read.__dict__.keys()
    assert given.team == read.team
