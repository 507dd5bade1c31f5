"""Sign-in by e-mail link: once, within fifteen minutes, and telling strangers nothing."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as configured
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import mailing
from accounts.magic import LIFE
from accounts.models import MagicLink
from tenants.models import Membership

pytestmark = pytest.mark.django_db
ASK = "/accounts/magic/"


def ask(client: Client, email: str, **more: str) -> Any:
    return client.post(ASK, {"email": email} | more)


@pytest.fixture
def open_link(client: Client, ana: Membership, mailoutbox: list[Any]) -> str:
    return mailed(client, ana, mailoutbox)


def mailed(client: Client, who: Membership, outbox: list[Any], **more: str) -> str:
    ask(client, who.user.email, **more)
    link = MagicLink.objects.get(user=who.user)
    mailing.mail_magic_link(str(link.pk), now=timezone.now())
    return "/accounts/magic/" + outbox[-1].body.split("/accounts/magic/")[1].split()[0]


def without_csrf(answer: Any) -> str:
    return re.sub(r'(content|value)="[A-Za-z0-9]{64}"', "", answer.content.decode())


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_the_link_shows_a_button_and_the_button_signs_in(
    client: Client, open_link: str, mailoutbox: list[Any]
) -> None:
    for _ in range(2):  # mail programs open links by themselves
        assert client.get(open_link).status_code == 200
    client.head(open_link)
    assert not signed_in(client)

    answer = client.post(open_link)

    assert answer["Location"] == "/"
    assert signed_in(client)
    assert mailoutbox[0].to == ["ana@acme.example"]
    assert open_link in mailoutbox[0].alternatives[0][0]


def test_a_used_link_is_answered_calmly(client: Client, open_link: str) -> None:
    client.post(open_link)

    replay = Client()
    assert replay.post(open_link).status_code == 410
    assert replay.get(open_link).status_code == 410
    assert not signed_in(replay)


def test_the_link_works_for_fifteen_minutes(client: Client, open_link: str) -> None:
    assert timedelta(minutes=15) == LIFE
    MagicLink.objects.update(expires_at=timezone.now())

    answer = client.post(open_link)

    assert answer.status_code == 410
    assert ASK in answer.content.decode()
    assert not signed_in(client)


@pytest.mark.parametrize("token", ["x", "%00", "🎉", "x" * 5000])
def test_an_invented_link_is_answered_calmly(client: Client, token: str) -> None:
    assert client.post(f"/accounts/magic/{token}/").status_code == 410


def test_the_answer_does_not_tell_whether_the_address_is_known(
    client: Client, ana: Membership, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks() as rings:
        known = ask(client, " ANA@acme.example")
        unknown = ask(client, "nobody@acme.example")

    assert without_csrf(known) == without_csrf(unknown)
    assert (known.status_code, unknown.status_code) == (200, 200)
    assert len(rings) == 2
    assert MagicLink.objects.count() == 1


def test_nobody_is_mailed_for_a_ring_without_a_row(
    ana: Membership, mailoutbox: list[Any]
) -> None:
    mailing.mail_magic_link(str(ana.pk), now=timezone.now())

    assert mailoutbox == []


def test_no_row_holds_the_links_secret(open_link: str) -> None:
    secret = open_link.split("/")[3]

    assert secret not in str(MagicLink.objects.values().get())


def test_a_person_who_may_not_sign_in_gets_no_link(
    client: Client, ana: Membership
) -> None:
    ana.user.is_active = False
    ana.user.save()

    ask(client, ana.user.email)

    assert not MagicLink.objects.exists()


def test_asking_is_slowed_per_address(client: Client, ana: Membership) -> None:
    answers = [ask(client, ana.user.email).status_code for _ in range(6)]

    assert answers == [200] * 5 + [429]
    assert ask(client, "other@acme.example").status_code == 200


def test_asking_is_slowed_per_visitor(client: Client, db: None) -> None:
    answers = [ask(client, f"p{n}@acme.example").status_code for n in range(31)]

    assert answers[-2:] == [200, 429]


@pytest.mark.parametrize("email", ["", "ana", "a\0b@acme.example", "x" * 10_000, "🎉"])
def test_a_bad_address_is_refused_at_the_field_and_kept(
    client: Client, email: str
) -> None:
    answer = ask(client, email)

    assert answer.status_code == 422
    assert answer.context["form"]["email"].value() == email


def test_the_link_leads_back_to_where_the_person_wanted_to_go(
    client: Client, ana: Membership, mailoutbox: list[Any]
) -> None:
    link = mailed(client, ana, mailoutbox, next="/t/acme/settings/tokens/")

    assert client.post(link)["Location"] == "/t/acme/settings/tokens/"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "///evil.example",
        "javascript:alert(1)",
        "\t//evil.example",
        "/\t/evil.example",
        "x" * 10_000,
    ],
)
def test_the_link_never_leads_elsewhere(
    client: Client, ana: Membership, mailoutbox: list[Any], elsewhere: str
) -> None:
    link = mailed(client, ana, mailoutbox, next=elsewhere)

    assert client.post(link)["Location"] == "/"


def test_the_mail_speaks_the_persons_language(
    client: Client, ana: Membership, mailoutbox: list[Any]
) -> None:
    ana.user.language = "da"
    ana.user.save()

    mailed(client, ana, mailoutbox)

    assert 'lang="da"' in mailoutbox[0].alternatives[0][0]


def test_the_mail_speaks_the_pages_language_to_who_chose_none(
    client: Client, ana: Membership, mailoutbox: list[Any]
) -> None:
    ask(client, ana.user.email)
    link = MagicLink.objects.get(user=ana.user)

    mailing.mail_magic_link(str(link.pk), language="da", now=timezone.now())

    assert mailoutbox[0].subject == "Dit link til at logge ind"


def test_the_mail_for_a_new_password_is_ours_and_speaks_the_persons_language(
    ana: Membership, mailoutbox: list[Any]
) -> None:
    ana.user.language = "da"
    ana.user.save()

    mailing.mail_password_reset(str(ana.user_id), language="en")

    (mail,) = mailoutbox
    assert mail.subject == "Vælg en ny adgangskode"
    assert 'lang="da"' in mail.alternatives[0][0]
    assert "/accounts/password/reset/key/" in mail.body


def test_a_press_without_the_pages_token_is_refused(open_link: str) -> None:
    strict = Client(enforce_csrf_checks=True)

    assert strict.post(open_link).status_code == 403
    assert not signed_in(strict)


# -- Profile, and sign-in itself -------------------------------------------------------


def test_a_person_changes_name_and_language(client: Client, ana: Membership) -> None:
    client.force_login(ana.user)

    client.post(reverse("accounts:profile"), {"name": "Ana Lú 🎈", "language": "da"})

    ana.user.refresh_from_db()
    assert (ana.user.name, ana.user.language) == ("Ana Lú 🎈", "da")


@pytest.mark.parametrize(
    "typed", [{"name": ""}, {"name": "x" * 121}, {"name": "A", "language": "xx"}]
)
def test_a_bad_profile_is_refused_at_the_field(
    client: Client, ana: Membership, typed: dict[str, str]
) -> None:
    client.force_login(ana.user)

    assert client.post(reverse("accounts:profile"), typed).status_code == 422
    ana.user.refresh_from_db()
    assert ana.user.name == "Ana"


def test_a_session_lasts_thirty_days_from_the_last_visit(
    client: Client, ana: Membership
) -> None:
    client.force_login(ana.user)
    session = client.session
    session["day"] = "2000-01-01"
    session.save()

    renewed = client.get(reverse("accounts:profile")).cookies["session"]
    again = client.get(reverse("accounts:profile")).cookies

    assert renewed["max-age"] == configured.SESSION_COOKIE_AGE == 30 * 24 * 60 * 60
    assert "session" not in again


def test_a_mail_server_that_is_away_does_not_tell_who_is_known(
    client: Client, ana: Membership, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "localhost", 1

    answers = [
        client.post("/accounts/password/reset/", {"email": email})
        for email in (ana.user.email, "nobody@acme.example")
    ]

    assert {(answer.status_code, answer["Location"]) for answer in answers} == {
        (302, "/accounts/password/reset/done/")
    }
