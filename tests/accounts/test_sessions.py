"""A session is its cookie: nothing in the database opens it."""

from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.models import MagicLink
from accounts.tasks import keep_house
from common.secret_links import digest
from tenants.models import Membership


def with_cookie(key: str) -> Client:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    return client


def test_who_copies_the_session_table_gets_in_nowhere(
    client: Client, ana: Membership
) -> None:
    client.force_login(ana.user)
    assert client.get("/t/acme/").status_code == 200

    keys = list(Session.objects.values_list("session_key", flat=True))

    assert keys
    assert all(with_cookie(key).get("/t/acme/").status_code == 302 for key in keys)


def test_the_cookie_goes_on_opening_the_session(
    client: Client, ana: Membership
) -> None:
    client.force_login(ana.user)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value

    for _visit in range(2):
        assert with_cookie(key).get("/t/acme/").status_code == 200

    assert Session.objects.count() == 1


def test_signing_out_ends_the_session_for_every_copy_of_the_cookie(
    client: Client, ana: Membership
) -> None:
    client.force_login(ana.user)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value

    client.post("/accounts/logout/")

    assert with_cookie(key).get("/t/acme/").status_code == 302
    assert not Session.objects.exists()


def test_an_invented_cookie_makes_no_session_of_that_name(db: None) -> None:
    with_cookie("a" * 32).post("/accounts/magic/", {"email": "ana@acme.example"})

    assert not Session.objects.filter(session_key="a" * 32).exists()


def test_nothing_of_a_visit_is_kept_beyond_its_life(
    client: Client, ana: Membership, cora: Membership
) -> None:
    for member in (ana, cora):
        Client().force_login(member.user)
        MagicLink.objects.create(
            user=member.user,
            token_hash=digest(member.user.email),
            expires_at=timezone.now() + timedelta(minutes=15),
        )
    long_ago = timezone.now() - timedelta(days=1)
    Session.objects.filter(pk=Session.objects.all()[0].pk).update(expire_date=long_ago)
    MagicLink.objects.filter(user=ana.user).update(expires_at=long_ago)

    keep_house()

    assert Session.objects.count() == 1
    assert [link.user for link in MagicLink.objects.all()] == [cora.user]
