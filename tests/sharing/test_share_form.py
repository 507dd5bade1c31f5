"""What a network asks before a share: drawn for its owner alone, judged at the press."""

from pathlib import Path
from typing import Any

import pytest
import responses
from django.test import Client
from django.urls import reverse

from content_library.models import Item
from sharing import services
from sharing.models import Account, Publication
from tenants.models import Membership
from tenants.scoping import acting_for
from tests.api.conftest import Program, errors_of, token_of
from tests.content_library.files import a_film
from tests.sharing.conftest import make_account, make_item
from tests.sharing.media.conftest import files as files
from tests.sharing.media.conftest import give_media as give_media

pytestmark = pytest.mark.django_db

CREATOR = "https://open.tiktokapis.com/v2/post/publish/creator_info/query/"
WORDS = "I held the torch."


@pytest.fixture(autouse=True)
def _tiktok(settings: Any) -> None:
    settings.NETWORKS_ENVIRON = settings.NETWORKS_ENVIRON | {
        "NETWORK_TIKTOK_CLIENT_ID": "app",
        "NETWORK_TIKTOK_CLIENT_SECRET": "app-secret",
        "NETWORK_TIKTOK_AUDIT": "audited",
    }


@pytest.fixture
def wire() -> Any:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        yield wire


@pytest.fixture
def web(client: Client, ana: Membership) -> Client:
    client.force_login(ana.user)
    return client


@pytest.fixture
def tiktok(ana: Membership) -> Account:
    return make_account(ana, "tiktok")


def creator(wire: Any, code: str = "ok", **fields: Any) -> None:
    data = {
        "creator_nickname": "Ana <b>Lind",
        "creator_username": "ana.lind",
        "privacy_level_options": ["PUBLIC_TO_EVERYONE", "SELF_ONLY"],
        "comment_disabled": True,
        "max_video_post_duration_sec": 300,
    }
    answer = {"data": data | fields, "error": {"code": code, "log_id": "1"}}
    wire.add(responses.POST, CREATOR, json=answer)


@pytest.fixture
def film(give_media: Any, cora: Membership) -> Item:
    """An item with a video that every network takes."""
    item, [media] = give_media(cora, a_film(seconds=2))
    with acting_for(cora.tenant_id):
        type(media).objects.for_tenant(cora.tenant_id).filter(pk=media.pk).update(
            width=720, height=1280
        )
    return item


def address(item: Item, account: Account) -> str:
    return reverse("sharing:share_form", args=["acme", item.pk, account.pk])


def ask(web: Client, item: Item, account: Account, **sent: str) -> Any:
    options = {f"option-{account.pk}-{name}": value for name, value in sent.items()}
    return web.post(address(item, account), options | {"tell": "1"})


def press(web: Client, item: Item, account: Account, **sent: str) -> Any:
    options = {f"option-{account.pk}-{name}": value for name, value in sent.items()}
    page = reverse("sharing:compose", args=["acme", item.pk])
    data = {"key": "k1", "text": WORDS, "account": [str(account.pk)]}
    return web.post(page, data | options)


def publications(member: Membership) -> list[Publication]:
    with acting_for(member.tenant_id):
        return list(Publication.objects.for_tenant(member.tenant_id))


# -- Drawing it ---------------------------------------------------------------------------


def test_it_names_the_person_and_offers_what_the_network_offers(
    web: Client, film: Item, tiktok: Account, wire: Any
) -> None:
    creator(wire)

    html = web.post(address(film, tiktok), {}).content.decode()

    assert "Ana &lt;b&gt;Lind" in html
    assert "PUBLIC_TO_EVERYONE" in html
    assert "FOLLOWER_OF_CREATOR" not in html
    assert " selected" not in html
    assert " checked" not in html
    assert "Music Usage Confirmation</a>" in html


def test_what_the_person_switched_off_is_grey_and_says_why(
    web: Client, film: Item, tiktok: Account, wire: Any
) -> None:
    creator(wire)

    html = web.post(address(film, tiktok), {}).content.decode()

    comments = html.split('data-field="comment"')[1].split("data-field")[0]
    assert " disabled" in comments
    assert "Switched off in your TikTok settings." in comments


def test_what_was_answered_before_stands_there_again(
    web: Client, film: Item, tiktok: Account, wire: Any
) -> None:
    creator(wire)

    html = ask(web, film, tiktok, privacy="SELF_ONLY", disclosure="on").content.decode()

    assert '<option value="SELF_ONLY" selected' in html
    assert html.count(" checked") == 1
    assert "Say whom it promotes" in html


def test_who_cannot_post_now_is_told_and_asked_nothing(
    web: Client, film: Item, tiktok: Account, wire: Any
) -> None:
    creator(wire, code="spam_risk_too_many_posts")

    html = web.post(address(film, tiktok), {}).content.decode()

    assert "you cannot post at the moment" in html
    assert "<select" not in html


def test_trouble_with_the_network_is_a_sentence_and_another_try(
    web: Client, film: Item, tiktok: Account, wire: Any
) -> None:
    wire.add(responses.POST, CREATOR, status=503)

    page = web.post(address(film, tiktok), {})

    assert page.status_code == 200
    assert "Try again" in page.content.decode()
    assert "access-canary" not in page.content.decode()


def test_without_our_script_the_questions_have_a_page(
    web: Client, film: Item, tiktok: Account, wire: Any
) -> None:
    creator(wire)
    sent = {"text": WORDS, "account": [str(tiktok.pk)], "ask": str(tiktok.pk)}

    page = web.post(
        reverse("sharing:compose", args=["acme", film.pk]), sent, follow=True
    )

    html = page.content.decode()
    assert "<select" in html
    assert WORDS in html
    assert f'value="{tiktok.pk}" checked' in html


def test_nobody_sees_the_form_of_another(
    client: Client,
    film: Item,
    tiktok: Account,
    cora: Membership,
    eve: Membership,
    wire: Any,
) -> None:
    creator(wire)
    for member in (cora, eve):
        client.force_login(member.user)
        for method in (client.get, client.post):
            assert method(address(film, tiktok)).status_code == 404
    theirs = reverse("sharing:share_form", args=["globex", film.pk, tiktok.pk])
    assert client.get(theirs).status_code == 404
    assert len(wire.calls) == 0


def test_an_account_that_asks_nothing_has_no_form(
    web: Client, film: Item, linkedin: Account
) -> None:
    assert web.get(address(film, linkedin)).status_code == 404


def test_without_a_video_nothing_is_asked(
    web: Client, tiktok: Account, ana: Membership, wire: Any
) -> None:
    item = make_item(ana.tenant)

    html = web.post(address(item, tiktok), {}).content.decode()

    assert "needs a picture or a video" in html
    assert len(wire.calls) == 0


def test_it_cannot_be_opened_without_end(
    web: Client, film: Item, tiktok: Account, wire: Any
) -> None:
    creator(wire)

    for _time in range(20):
        page = web.post(address(film, tiktok), {})

    assert "very often" in page.content.decode()
    assert len(wire.calls) == 15


# -- The press ----------------------------------------------------------------------------


def test_the_answers_go_with_the_post(
    web: Client, film: Item, tiktok: Account, ana: Membership
) -> None:
    chosen = {"privacy": "PUBLIC_TO_EVERYONE", "comment": "on"}

    page = press(web, film, tiktok, **chosen)

    assert page.status_code == 302
    assert [one.options for one in publications(ana)] == [chosen]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "Choose who can watch this."),
        ({"privacy": "EVERYBODY"}, "Choose who can watch this."),
        ({"privacy": "SELF_ONLY", "disclosure": "on"}, "Say whom it promotes"),
        (
            {"privacy": "SELF_ONLY", "disclosure": "on", "branded": "on"},
            "Branded content cannot be for you alone.",
        ),
    ],
)
def test_what_is_missing_is_told_and_everything_kept(
    web: Client,
    film: Item,
    tiktok: Account,
    ana: Membership,
    sent: dict[str, str],
    said: str,
) -> None:
    page = press(web, film, tiktok, **sent)

    html = page.content.decode()
    assert page.status_code == 422
    assert said in html
    assert publications(ana) == []
    with acting_for(ana.tenant_id):
        draft = services.find_draft(ana, film)
    kept = {f"option-{tiktok.pk}-{name}": value for name, value in sent.items()}
    assert draft == {"": WORDS, **kept}
    assert '"tell": "1"' in html


def test_a_draft_brings_the_answers_back(
    web: Client, film: Item, tiktok: Account, wire: Any
) -> None:
    creator(wire)
    press(web, film, tiktok, privacy="SELF_ONLY", disclosure="on")

    html = web.get(address(film, tiktok)).content.decode()

    assert '<option value="SELF_ONLY" selected' in html


def test_two_shares_with_the_same_words_and_other_answers_are_two(
    web: Client, film: Item, tiktok: Account, ana: Membership
) -> None:
    for key, privacy in (("k1", "SELF_ONLY"), ("k2", "PUBLIC_TO_EVERYONE")):
        page = reverse("sharing:compose", args=["acme", film.pk])
        data = {"key": key, "text": WORDS, "account": [str(tiktok.pk)]}
        web.post(page, data | {f"option-{tiktok.pk}-privacy": privacy})

    assert len(publications(ana)) == 2


def test_answers_to_what_nobody_asked_are_not_kept_without_end(
    web: Client, film: Item, tiktok: Account, ana: Membership, files: Path
) -> None:
    noise = {f"n{number}": "x" for number in range(100)} | {"long": "y" * 5000}

    press(web, film, tiktok, privacy="SELF_ONLY", **noise)

    [publication] = publications(ana)
    assert publication.options == {"privacy": "SELF_ONLY"}


def test_a_program_answers_by_field_and_is_told_by_field(
    film: Item, tiktok: Account, ana: Membership
) -> None:
    program = Program(token_of(ana))
    one: dict[str, Any] = {"account": str(tiktok.pk), "text": WORDS}
    body = {"item": str(film.pk), "publications": [one]}

    refused = program.share(body)
    one["options"] = {"privacy": "SELF_ONLY", "nobody_asked": "x"}
    made = program.share(body)

    assert refused.status_code == 400
    assert "publications.0.options.privacy" in errors_of(refused)
    assert made.status_code == 201
    assert [row.options for row in publications(ana)] == [{"privacy": "SELF_ONLY"}]
