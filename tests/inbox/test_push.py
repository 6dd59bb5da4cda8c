"""Web Push: encrypted for one browser, signed by us, at most once, as chosen, and without a word of the item."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from inbox import notify, push, vault
from inbox.models import Item, Notification, Push, PushKey, PushSubscription
from inbox.models.notification import Topic
from inbox.push.envelope import MOST as MOST_BYTES
from inbox.push.envelope import seal
from inbox.push.keys import PLACE, decode
from inbox.push.subscriptions import MOST
from teams.errors import Invalid
from teams.models import Membership, Team, User
from tests.platforms.push import CURVE, Browser, PushService, un64
from tests.platforms.server import Response
from tests.world import World, make_item


@pytest.fixture
def service(settings: Any) -> Iterator[PushService]:
    settings.ALLOW_PRIVATE_HOSTS = ["127.0.0.0/8"]
    made = PushService()
    yield made
    made.close()


@pytest.fixture
def item(world: World) -> Item:
    return make_item(world.connection, world.support, "My secret illness")


def subscribed(service: PushService, person: User, name: str = "one") -> Browser:
    browser = service.subscribe(name)
    push.subscribe(by=person, name=name, **browser.keys)
    return browser


def tell(item: Item, *people: User, key: str = "a", topic: Topic = Topic.OVERDUE) -> None:
    notify.tell(topic, item, [person.pk for person in people], key=key)


def later(**length: int) -> None:
    """Make everything that waits due."""
    Push.objects.update(next_at=timezone.now() - timedelta(seconds=1))


def states() -> list[str]:
    return list(Push.objects.order_by("pk").values_list("state", flat=True))


class TestAMessage:
    def test_is_encrypted_for_the_browser_signed_by_us_and_says_what_kind_of_thing_happened(
        self, world: World, service: PushService, item: Item
    ) -> None:
        subscribed(service, world.alice)
        tell(item, world.alice)
        push.send_due()
        told = Notification.objects.get()
        assert service.accepted == [
            {
                "title": "Relaybox",
                "body": "An item is overdue",
                "tag": f"relaybox-{told.pk}",
                "url": f"/notifications/{told.pk}/",
                "lang": "en",
            }
        ]
        (request,) = service.requests
        assert b"overdue" not in request.body
        assert states() == ["sent"]
        assert PushSubscription.objects.get().sent_at is not None

    def test_is_in_the_persons_language(self, world: World, service: PushService, item: Item) -> None:
        User.objects.filter(pk=world.alice.pk).update(language="zh-hant")
        subscribed(service, world.alice)
        tell(item, world.alice)
        push.send_due()
        (message,) = service.accepted
        assert message["lang"] == "zh-hant"
        assert message["body"] != "An item is overdue"

    def test_goes_to_each_browser_once_however_often_one_asks(
        self, world: World, service: PushService, item: Item
    ) -> None:
        for name in ("desk", "phone"):
            subscribed(service, world.alice, name)
        for _time in range(2):
            tell(item, world.alice)
            push.send_due()
            later()
        assert sorted(request.path for request in service.requests) == ["/push/desk", "/push/phone"]
        assert states() == ["sent", "sent"]

    def test_does_not_go_to_a_browser_that_came_afterwards(
        self, world: World, service: PushService, item: Item
    ) -> None:
        subscribed(service, world.alice, "old")
        tell(item, world.alice)
        push.send_due()
        subscribed(service, world.alice, "new")
        tell(item, world.alice)
        assert push.send_due() == 0
        assert [request.path for request in service.requests] == ["/push/old"]

    def test_only_its_browser_can_read_it(self, world: World, service: PushService, item: Item) -> None:
        browser = subscribed(service, world.alice)
        tell(item, world.alice)
        push.send_due()
        (request,) = service.requests
        assert json.loads(browser.open(request.body))["title"] == "Relaybox"
        with pytest.raises(InvalidTag):
            Browser(browser.endpoint).open(request.body)


class TestWhatIsNotSent:
    def test_what_one_may_no_longer_see(self, world: World, service: PushService) -> None:
        secret = make_item(world.connection, world.legal)
        subscribed(service, world.dora)
        tell(secret, world.dora)
        Membership.objects.filter(user=world.dora).delete()
        push.send_due()
        assert (service.requests, states()) == ([], ["dropped"])

    def test_what_was_read_meanwhile(self, world: World, service: PushService, item: Item) -> None:
        subscribed(service, world.alice)
        tell(item, world.alice)
        notify.mark_read(by=world.alice)
        push.send_due()
        assert (service.requests, states()) == ([], ["dropped"])

    def test_anything_to_who_was_deactivated(self, world: World, service: PushService, item: Item) -> None:
        subscribed(service, world.alice)
        tell(item, world.alice)
        User.objects.filter(pk=world.alice.pk).update(is_active=False)
        push.send_due()
        assert service.requests == []

    def test_anything_without_a_browser(self, world: World, service: PushService, item: Item) -> None:
        tell(item, world.alice)
        assert push.send_due() == 0
        assert Notification.objects.get().push == "none"

    def test_anything_in_the_quiet_hours_even_when_they_were_set_afterwards(
        self, world: World, service: PushService, item: Item
    ) -> None:
        subscribed(service, world.alice)
        hours = {"quiet_from": time(22), "quiet_until": time(7), "time_zone": "Asia/Tokyo"}
        with time_machine.travel(datetime(2026, 6, 1, 13, 59, tzinfo=UTC), tick=False):  # 22:59 in Tokyo
            tell(item, world.alice)
            User.objects.filter(pk=world.alice.pk).update(**hours)
            push.send_due()
            tell(item, world.alice, key="b")
        with time_machine.travel(datetime(2026, 6, 1, 21, 59, tzinfo=UTC), tick=False):
            assert push.send_due() == 0
        assert service.requests == []
        with time_machine.travel(datetime(2026, 6, 1, 22, 0, tzinfo=UTC), tick=False):  # 07:00 in Tokyo
            push.send_due()
        assert len(service.requests) == 2


class TestWhenTheServiceSaysNo:
    @pytest.mark.parametrize("answer", ["gone", "not found"])
    def test_an_ended_subscription_is_forgotten_and_the_others_stay(
        self, world: World, service: PushService, item: Item, answer: str
    ) -> None:
        subscribed(service, world.alice)
        service.refuse(answer)
        tell(item, world.alice)
        push.send_due()
        assert not PushSubscription.objects.exists()
        service.recover()
        subscribed(service, world.alice, "new")
        tell(item, world.alice, key="b")
        push.send_due()
        assert [request.path for request in service.requests] == ["/push/one", "/push/new"]

    @pytest.mark.parametrize(("answer", "pause"), [("busy", 120), ("down", 30)])
    def test_what_was_not_taken_is_tried_again_after_a_pause(
        self, world: World, service: PushService, item: Item, answer: str, pause: int
    ) -> None:
        subscribed(service, world.alice)
        service.refuse(answer)
        tell(item, world.alice)
        with time_machine.travel(datetime(2027, 6, 1, 12, tzinfo=UTC), tick=False) as clock:
            Notification.objects.update(at=timezone.now(), push_at=timezone.now())
            push.send_due()
            Push.objects.update(next_at=timezone.now() + timedelta(seconds=pause))
            assert push.send_due() == 0
            service.recover()
            clock.shift(timedelta(seconds=pause))
            push.send_due()
            clock.shift(timedelta(hours=2))
            assert push.send_due() == 0
        assert (len(service.requests), states()) == (2, ["sent"])

    def test_the_services_own_wish_is_kept(self, world: World, service: PushService, item: Item) -> None:
        subscribed(service, world.alice)
        service.refuse("busy")
        tell(item, world.alice)
        before = timezone.now()
        push.send_due()
        assert Push.objects.get().next_at - before >= timedelta(seconds=119)

    def test_after_eight_tries_it_is_over(self, world: World, service: PushService, item: Item) -> None:
        subscribed(service, world.alice)
        service.refuse("down")
        tell(item, world.alice)
        for _time in range(12):
            push.send_due()
            later()
        assert (len(service.requests), states()) == (8, ["failed"])

    @pytest.mark.parametrize("answer", ["too large", "forbidden"])
    def test_a_definite_no_is_final(self, world: World, service: PushService, item: Item, answer: str) -> None:
        subscribed(service, world.alice)
        service.refuse(answer)
        tell(item, world.alice)
        push.send_due()
        later()
        push.send_due()
        assert (len(service.requests), states()) == (1, ["failed"])

    def test_an_outcome_nobody_heard_is_not_sent_again(self, world: World, service: PushService, item: Item) -> None:
        subscribed(service, world.alice)
        tell(item, world.alice)
        push.send_due()
        Push.objects.update(state="sending", lease=timezone.now() - timedelta(seconds=1))  # its worker died
        push.send_due()
        later()
        assert push.send_due() == 0
        assert (len(service.requests), states()) == (1, ["unknown"])

    def test_a_redirect_is_not_followed(self, world: World, service: PushService, item: Item) -> None:
        subscribed(service, world.alice)
        service.refuse(Response(307, headers={"Location": f"{service.url}/push/one"}))
        tell(item, world.alice)
        push.send_due()
        assert (len(service.requests), states()) == (1, ["failed"])


class TestSubscriptions:
    def test_an_address_inside_is_not_called(
        self, world: World, service: PushService, item: Item, settings: Any
    ) -> None:
        subscribed(service, world.alice)
        settings.ALLOW_PRIVATE_HOSTS = []
        tell(item, world.alice)
        push.send_due()
        assert (service.requests, states()) == ([], ["failed"])

    @pytest.mark.parametrize(
        "endpoint",
        ["", "http://127.0.0.1/x", "ftp://push.example/x", "https://", "https://a@push.example/x",
         "javascript:alert(1)", "https://push.example/" + "x" * 1000, "https://push.example/\n", "https://[::1"],
    )  # fmt: skip
    def test_what_is_no_address_of_a_push_service_is_refused(self, world: World, endpoint: str, settings: Any) -> None:
        settings.ALLOW_PRIVATE_HOSTS = []
        keys = {**Browser("").keys, "endpoint": endpoint}
        with pytest.raises(Invalid) as refused:
            push.subscribe(by=world.alice, **keys)
        assert list(refused.value.fields) == ["endpoint"]
        assert not PushSubscription.objects.exists()

    @pytest.mark.parametrize(
        ("field", "value"),
        [("p256dh", "AAAA"), ("p256dh", "A" * 87), ("p256dh", "é"), ("auth", "AAAA"), ("auth", ""), ("auth", "A")],
    )
    def test_keys_that_are_none_are_refused(self, world: World, field: str, value: str) -> None:
        keys = {**Browser("https://push.example/x").keys, field: value}
        with pytest.raises(Invalid) as refused:
            push.subscribe(by=world.alice, **keys)
        assert list(refused.value.fields) == [field]
        assert not PushSubscription.objects.exists()

    def test_a_browser_belongs_to_who_subscribed_last(self, world: World, service: PushService, item: Item) -> None:
        browser = subscribed(service, world.alice)
        tell(item, world.alice)
        push.subscribe(by=world.bob, **browser.keys)
        push.send_due()
        assert service.requests == []
        assert [row.user for row in PushSubscription.objects.all()] == [world.bob]

    def test_of_many_browsers_the_oldest_gives_way(self, world: World) -> None:
        for number in range(MOST + 2):
            push.subscribe(by=world.alice, **Browser(f"https://push.example/{number}").keys)
        kept = set(PushSubscription.objects.values_list("endpoint", flat=True))
        assert kept == {f"https://push.example/{number}" for number in range(2, MOST + 2)}

    def test_one_ends_only_ones_own(self, world: World, service: PushService) -> None:
        subscribed(service, world.alice)
        row = PushSubscription.objects.get()
        assert push.remove(by=world.bob, subscription=row.pk) == 0
        assert push.remove(by=world.alice, subscription=row.pk) == 1

    def test_signing_out_ends_the_one_of_this_browser(self, world: World, service: PushService) -> None:
        here, elsewhere = service.subscribe("here"), service.subscribe("elsewhere")
        client = Client()
        client.force_login(world.alice)
        push.subscribe(by=world.alice, **elsewhere.keys)
        assert client.post(reverse("inbox:push-subscribe"), here.keys).status_code == 200
        client.post(reverse("logout"))
        assert [row.endpoint for row in PushSubscription.objects.all()] == [elsewhere.endpoint]

    def test_the_page_shows_them_and_removes_them(self, world: World, service: PushService) -> None:
        client = Client()
        client.force_login(world.alice)
        client.post(reverse("inbox:push-subscribe"), {**service.subscribe().keys, "name": "Firefox · Linux"})
        assert "Firefox · Linux" in client.get(reverse("preferences")).content.decode()
        client.post(reverse("inbox:push-unsubscribe"), {"id": PushSubscription.objects.get().pk})
        assert "Firefox · Linux" not in client.get(reverse("preferences")).content.decode()


class TestTheKey:
    def test_is_made_once_and_its_private_half_is_sealed(self, world: World) -> None:
        assert push.public_key() == push.public_key()
        row = PushKey.objects.get()
        private = vault.open_(bytes(row.private), place=PLACE)
        assert "PRIVATE KEY" in private
        assert b"PRIVATE KEY" not in bytes(row.private)
        point = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, decode(push.public_key()))
        assert point.public_numbers().curve.name == "secp256r1"
        with pytest.raises(vault.CannotOpen):
            vault.open_(bytes(row.private), place="elsewhere")

    def test_one_that_cannot_be_opened_any_more_is_replaced(
        self, world: World, service: PushService, item: Item, settings: Any
    ) -> None:
        before = push.public_key()
        settings.SECRET_KEY = "another one, and the old one is lost"
        subscribed(service, world.alice)
        tell(item, world.alice)
        push.send_due()
        assert push.public_key() != before
        assert PushKey.objects.count() == 1
        assert states() == ["sent"]


class TestOpening:
    def test_leads_to_the_item_and_for_who_lost_sight_to_their_list(self, world: World, item: Item) -> None:
        tell(item, world.alice)
        told, client = Notification.objects.get(), Client()
        client.force_login(world.alice)
        assert client.get(reverse("inbox:told", args=[told.pk]))["Location"] == f"/items/{item.pk}/"
        Team.objects.filter(pk=world.support.pk).update(is_private=True)
        Membership.objects.filter(user=world.alice).delete()
        assert client.get(reverse("inbox:told", args=[told.pk]))["Location"] == "/notifications/"
        client.force_login(world.bob)
        assert client.get(reverse("inbox:told", args=[told.pk]))["Location"] == "/notifications/"


# RFC 8291, appendix A.
EXAMPLE = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
    "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)
WORDS = b"When I grow up, I want to be a watermelon"


def private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(un64(text), "big"), CURVE)


class TestTheExampleOfTheRfc:
    """What encrypts and what decrypts in these tests are both right by a source that is not ours."""

    browser = Browser("", private("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), un64("BTBZMqHH6r4Tts7J_aSIgg"))

    def test_is_read_by_the_browser(self) -> None:
        assert self.browser.open(un64(EXAMPLE)) == WORDS

    def test_is_written_by_us_byte_for_byte(self) -> None:
        ours, salt = private("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), un64("DGv6ra1nlYgDCS1FRnbzlw")
        sealed = seal(WORDS, p256dh=self.browser.public, auth=self.browser.auth, key=ours, salt=salt)
        assert sealed == un64(EXAMPLE)

    def test_what_does_not_fit_is_not_sealed(self) -> None:
        assert len(seal(b"x" * MOST_BYTES, p256dh=self.browser.public, auth=self.browser.auth)) == 4096
        with pytest.raises(ValueError, match="3993 bytes"):
            seal(b"x" * (MOST_BYTES + 1), p256dh=self.browser.public, auth=self.browser.auth)
