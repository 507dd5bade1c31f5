"""A session is its cookie: nothing in the database opens it."""

from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

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
