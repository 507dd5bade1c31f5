"""The composer: nothing typed is lost, nothing is shared twice, nothing is shared unseen."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from content_library.models import Item, SuggestedText
from guidelines.models import GuidelineVersion
from guidelines.services import RuleText, write_guideline
from sharing import services
from sharing.models import Account, ConnectAttempt, Publication, Share
from sharing.services import LONGEST_TEXT
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for
from tests.conftest import COMMITTED
from tests.sharing.conftest import Press, make_account, make_item

pytestmark = pytest.mark.django_db
WORDS = "I held the torch."


@pytest.fixture
def web(client: Client, ana: Membership) -> Client:
    client.force_login(ana.user)
    return client


def url(name: str, item: Item) -> str:
    return reverse(f"sharing:{name}", args=["acme", item.pk])


def press_share(
    web: Client, item: Item, *accounts: Account, **fields: Any
) -> HttpResponse:
    data = {"key": "k1", "text": WORDS, "account": [str(one.pk) for one in accounts]}
    return web.post(url("compose", item), data | fields)


def shares(member: Membership) -> list[Share]:
    with acting_for(member.tenant_id):
        return list(Share.objects.for_tenant(member.tenant_id).order_by("created_at"))


def publications(member: Membership) -> dict[str, str]:
    with acting_for(member.tenant_id):
        rows = Publication.objects.for_tenant(member.tenant_id)
        return dict(rows.values_list("network", "text"))


def draft_of(member: Membership, item: Item) -> dict[str, str]:
    with acting_for(member.tenant_id):
        return services.find_draft(member, item)


@pytest.fixture
def guideline(acme: Tenant, cora: Membership) -> GuidelineVersion:
    with acting_for(acme):
        return write_guideline(
            by=cora,
            title="Posting",
            introduction="",
            rules=[RuleText("Say that you work here", "Pretend to be a customer")],
            publish=True,
            now=timezone.now(),
        )


# -- Opening ----------------------------------------------------------------------------


def test_the_box_for_your_words_is_empty_and_has_the_cursor(
    web: Client, item: Item, linkedin: Account
) -> None:
    page = web.get(url("compose", item))

    box = page.content.decode().split('id="compose-text"')[1].split("</textarea>")[0]
    assert "autofocus" in box
    assert box.endswith(">\n")


def test_from_the_feed_it_is_a_fragment(web: Client, item: Item) -> None:
    page = web.get(url("compose", item), headers={"HX-Request": "true"})

    assert "<html" not in page.content.decode()
    assert "HX-Request" in page.headers["Vary"]


def test_suggested_texts_are_offered_for_the_networks_i_have(
    web: Client, item: Item, linkedin: Account
) -> None:
    with acting_for(item.tenant_id):
        for network in ("", "linkedin", "x"):
            SuggestedText.objects.create(
                tenant_id=item.tenant_id,
                item=item,
                network=network,
                text=f"For {network or 'all'}",
            )

    page = web.get(url("compose", item)).content.decode()

    assert [f"For {name}" in page for name in ("all", "linkedin", "x")] == [
        True,
        True,
        False,
    ]


def test_a_link_may_bring_a_suggested_text_but_never_over_a_draft(
    web: Client, ana: Membership, item: Item
) -> None:
    with acting_for(item.tenant_id):
        suggestion = SuggestedText.objects.create(
            tenant_id=item.tenant_id, item=item, text="A ready line"
        )
    address = f"{url('compose', item)}?text={suggestion.pk}"

    assert web.get(address).context["composer"].form["text"].value() == "A ready line"

    with acting_for(item.tenant_id):
        services.save_draft(by=ana, item=item, texts={"": "My own"})
    assert web.get(address).context["composer"].form["text"].value() == "My own"


@pytest.mark.parametrize("brought", ["x", "\0", "9" * 10_000, str(Item().pk)])
def test_a_link_that_brings_nonsense_brings_nothing(
    web: Client, item: Item, brought: str
) -> None:
    page = web.get(url("compose", item), {"text": brought, "again": brought})

    assert page.status_code == 200
    assert page.context["composer"].form["text"].value() == ""


@pytest.mark.parametrize("name", ["compose", "preview", "draft"])
def test_an_item_of_another_tenant_or_a_draft_item_is_not_found(
    web: Client, acme: Tenant, globex: Tenant, name: str
) -> None:
    theirs = make_item(globex)
    unborn = make_item(acme, state=Item.State.DRAFT, approved_at=None)
    to_come = make_item(acme, starts_at=timezone.now() + timedelta(days=1))

    for hidden in (theirs, unborn, to_come):
        assert web.post(url(name, hidden), {"text": "x"}).status_code == 404


# -- Sharing ----------------------------------------------------------------------------


def test_one_press_shares_my_words_and_tells_how_it_goes(
    web: Client, ana: Membership, item: Item, linkedin: Account
) -> None:
    answer = press_share(web, item, linkedin)

    [share] = shares(ana)
    assert answer.status_code == 302
    assert answer["Location"] == reverse("sharing:shared", args=["acme", share.pk])
    assert publications(ana) == {"linkedin": WORDS}


def test_each_network_may_have_its_own_words(
    web: Client, ana: Membership, item: Item, linkedin: Account, x: Account
) -> None:
    press_share(web, item, linkedin, x, **{f"text-{x.pk}": "Short."})

    texts = publications(ana)
    assert texts["linkedin"] == WORDS
    assert texts["x"].startswith("Short.\n\nhttp")


def test_a_second_press_of_the_same_page_is_the_same_share(
    web: Client, ana: Membership, item: Item, linkedin: Account
) -> None:
    first = press_share(web, item, linkedin)
    second = press_share(web, item, linkedin, text="Something else by now")

    assert first["Location"] == second["Location"]
    assert len(shares(ana)) == 1
    assert publications(ana) == {"linkedin": WORDS}
    assert draft_of(ana, item) == {}


def open_tab(web: Client, item: Item) -> str:
    """Return the key of a new page."""
    return str(web.get(url("compose", item)).context["composer"].form["key"].value())


def test_the_same_words_in_two_tabs_are_one_share(
    web: Client, ana: Membership, item: Item, linkedin: Account, x: Account
) -> None:
    first_tab, second_tab = open_tab(web, item), open_tab(web, item)

    first = press_share(web, item, linkedin, x, key=first_tab)
    web.post(url("draft", item), {"key": second_tab, "text": WORDS})
    second = press_share(web, item, linkedin, x, key=second_tab)

    assert first["Location"] == second["Location"]
    assert len(shares(ana)) == 1
    assert draft_of(ana, item) == {}


@COMMITTED
def test_two_tabs_at_the_same_moment_make_one_share(
    ana: Membership, item: Item, linkedin: Account
) -> None:
    tabs = []
    for _number in range(3):
        web = Client()
        web.force_login(ana.user)
        tabs.append((web, open_tab(web, item)))
    start, answers = threading.Barrier(len(tabs)), []

    def press(web: Client, key: str) -> None:
        start.wait()
        answers.append(press_share(web, item, linkedin, key=key)["Location"])
        connection.close()

    threads = [threading.Thread(target=press, args=tab) for tab in tabs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(answers), len(set(answers)), len(shares(ana))) == (3, 1, 1)


@COMMITTED
def test_a_press_costs_thirteen_queries_however_much_there_is(
    web: Client, ana: Membership, item: Item, linkedin: Account, x: Account
) -> None:
    for number in range(3):  # the first also stores the tenant in the session
        press_share(web, item, linkedin, x, key=open_tab(web, item), text=f"{number}")
    key = open_tab(web, item)
    web.post(url("draft", item), {"key": key, "text": WORDS})

    with CaptureQueriesContext(connection) as asked:
        answer = press_share(web, item, linkedin, x, key=key)

    queries = [one["sql"] for one in asked if one["sql"] not in ("BEGIN", "COMMIT")]
    assert answer.status_code == 302
    assert len(queries) <= 13, queries
    assert len(shares(ana)) == 4
    assert draft_of(ana, item) == {}


def test_other_words_other_accounts_or_a_page_opened_later_are_another_share(
    web: Client, ana: Membership, item: Item, linkedin: Account, x: Account
) -> None:
    tabs = [open_tab(web, item) for _number in range(3)]

    press_share(web, item, linkedin, key=tabs[0])
    press_share(web, item, linkedin, key=tabs[1], text="Something else")
    press_share(web, item, linkedin, x, key=tabs[2])
    press_share(web, item, linkedin, key=open_tab(web, item))

    assert len(shares(ana)) == 4


def test_what_was_cancelled_may_be_shared_from_another_tab(
    web: Client, ana: Membership, item: Item, linkedin: Account
) -> None:
    first_tab, second_tab = open_tab(web, item), open_tab(web, item)
    press_share(web, item, linkedin, key=first_tab)
    with acting_for(ana.tenant_id):
        services.cancel_share(share=shares(ana)[0], by=ana)

    press_share(web, item, linkedin, key=second_tab)

    assert len(shares(ana)) == 2


def test_a_late_autosave_does_not_bring_the_draft_back(
    web: Client, ana: Membership, item: Item, linkedin: Account
) -> None:
    press_share(web, item, linkedin)

    web.post(url("draft", item), {"key": "k1", "text": WORDS})

    assert draft_of(ana, item) == {}


def test_without_an_account_chosen_it_says_so_and_keeps_the_words(
    web: Client, ana: Membership, item: Item, linkedin: Account
) -> None:
    answer = press_share(web, item)

    assert answer.status_code == 422
    assert "Choose at least one account or network." in answer.content.decode()
    assert WORDS in answer.content.decode()
    assert draft_of(ana, item) == {"": WORDS}
    assert shares(ana) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a" * 50_000, "at most"),
        ("a" * 3_001, "too long"),
        ("nothing\0good", "Null characters"),
    ],
)
def test_a_text_that_cannot_be_shared_is_explained_at_its_box_and_kept(
    web: Client,
    ana: Membership,
    item: Item,
    linkedin: Account,
    text: str,
    sentence: str,
) -> None:
    answer = press_share(web, item, linkedin, text=text)

    errors = answer.context["composer"].form["text"].errors
    assert answer.status_code == 422
    assert sentence in " ".join(errors)
    assert text.replace("\0", "")[:3000] in answer.content.decode().replace("\0", "")
    assert shares(ana) == []


def test_a_text_too_long_for_one_network_is_marked_at_its_own_box(
    web: Client, ana: Membership, item: Item, linkedin: Account, x: Account
) -> None:
    answer = press_share(web, item, linkedin, x, **{f"text-{x.pk}": "b" * 300})

    form = answer.context["composer"].form
    assert form[f"text-{x.pk}"].errors
    assert not form["text"].errors
    assert shares(ana) == []


@pytest.mark.parametrize(
    "words", ["Hej 👋🏽 verden", "שלום", "<script>alert(1)</script>"]
)
def test_emoji_and_right_to_left_and_markup_are_words_like_others(
    web: Client, ana: Membership, item: Item, linkedin: Account, words: str
) -> None:
    press_share(web, item, linkedin, text=words)

    assert publications(ana) == {"linkedin": words}


def test_an_account_of_somebody_else_is_no_choice(
    web: Client, cora: Membership, eve: Membership, item: Item, ana: Membership
) -> None:
    for stranger in (make_account(cora, "linkedin"), make_account(eve, "x")):
        assert press_share(web, item, stranger).status_code == 422
    assert press_share(web, item, account=["x", "\0"]).status_code == 422
    assert shares(ana) == []


def test_a_page_without_its_key_asks_to_press_again(
    web: Client, ana: Membership, item: Item, linkedin: Account
) -> None:
    for key in ("", "k" * 5000, "\0"):
        answer = press_share(web, item, linkedin, key=key)
        assert answer.status_code == 422
        assert "Press Share now once more" in answer.content.decode()

    again = answer.context["composer"].form["key"].value()
    assert press_share(web, item, linkedin, key=again).status_code == 302


def test_an_item_that_closed_meanwhile_says_so_and_keeps_the_draft(
    web: Client, ana: Membership, item: Item, linkedin: Account
) -> None:
    with acting_for(item.tenant_id):
        Item.objects.for_tenant(item.tenant_id).update(state=Item.State.ARCHIVED)

    answer = press_share(web, item, linkedin)

    assert answer.status_code == 422
    assert "can no longer be shared" in answer.content.decode()
    assert draft_of(ana, item) == {"": WORDS}


# -- Guidelines -------------------------------------------------------------------------


def test_unread_guidelines_are_asked_for_in_the_composer(
    web: Client,
    ana: Membership,
    item: Item,
    linkedin: Account,
    guideline: GuidelineVersion,
) -> None:
    answer = press_share(web, item, linkedin)

    assert answer.status_code == 422
    assert "Say that you work here" in answer.content.decode()
    assert draft_of(ana, item) == {"": WORDS}

    read = {"read": "on", "version": [str(guideline.pk)]}
    assert press_share(web, item, linkedin, **read).status_code == 302
    assert (
        "Before your first share" not in web.get(url("compose", item)).content.decode()
    )


def test_a_version_that_was_not_on_the_page_is_not_acknowledged(
    web: Client,
    ana: Membership,
    item: Item,
    linkedin: Account,
    guideline: GuidelineVersion,
) -> None:
    answer = press_share(web, item, linkedin, read="on")

    assert answer.status_code == 422
    assert shares(ana) == []


# -- Typing -----------------------------------------------------------------------------


def test_the_preview_is_what_will_be_published_but_for_the_code(
    web: Client, ana: Membership, item: Item, x: Account
) -> None:
    words = f"Look: {item.source_url} 👋"
    page = web.post(url("preview", item), {"text": words, "account": str(x.pk)})
    press_share(web, item, x, text=words)

    [row] = page.context["composer"].rows
    sample = row.preview.link_url.rsplit("/", 1)[1]
    with acting_for(ana.tenant_id):
        real = Publication.objects.for_tenant(ana.tenant_id).get().link.code
    assert row.preview.text.replace(sample, real) == publications(ana)["x"]


def test_a_text_without_end_is_not_measured_to_its_end(
    web: Client, item: Item, x: Account
) -> None:
    """Counting is dear, and a form may hold two million characters."""
    page = web.post(
        url("preview", item), {"text": "a." * 400_000, "account": str(x.pk)}
    )

    [row] = page.context["composer"].rows
    assert len(row.preview.text) < 2 * LONGEST_TEXT
    assert row.preview.problems == ["The text is far too long."]


def test_the_preview_counts_as_the_network_does(
    web: Client, item: Item, x: Account, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://go.acme.dk"  # X counts any address as 23

    page = web.post(url("preview", item), {"text": "a" * 280, "account": str(x.pk)})

    assert "25 too many" in page.content.decode()


def test_the_draft_is_kept_as_typed(
    web: Client, ana: Membership, item: Item, linkedin: Account, x: Account
) -> None:
    typed = {"text": "  Half a\r\nthought ", f"text-{x.pk}": "shorter"}

    answer = web.post(url("draft", item), typed)

    assert "Draft saved" in answer.content.decode()
    assert draft_of(ana, item) == {"": "  Half a\nthought ", str(x.pk): "shorter"}
    box = web.get(url("compose", item)).context["composer"].form["text"].value()
    assert box == "  Half a\nthought "


def test_a_draft_that_is_too_long_says_so_and_keeps_the_last_one(
    web: Client, ana: Membership, item: Item
) -> None:
    web.post(url("draft", item), {"text": "short"})

    answer = web.post(url("draft", item), {"text": "a" * 50_000})

    assert "Too long" in answer.content.decode()
    assert draft_of(ana, item) == {"": "short"}


@pytest.mark.parametrize("name", ["preview", "draft"])
def test_odd_bytes_while_typing_do_no_harm(
    web: Client, item: Item, linkedin: Account, name: str
) -> None:
    odd = {"text": "a\0b", "key": "\0", "account": ["\0", "x"]}

    assert web.post(url(name, item), odd).status_code == 200


def test_without_script_a_suggestion_goes_into_the_box(
    web: Client, ana: Membership, item: Item, linkedin: Account
) -> None:
    with acting_for(item.tenant_id):
        line = SuggestedText.objects.create(
            tenant_id=item.tenant_id, item=item, text="A ready line"
        )

    page = press_share(web, item, linkedin, use=str(line.pk))

    box = page.context["composer"].form["text"].value()
    assert box == f"{WORDS}\n\nA ready line"
    assert shares(ana) == []


# -- Connecting from here ---------------------------------------------------------------


def test_connecting_from_the_composer_keeps_the_words_and_comes_back(
    web: Client, ana: Membership, item: Item
) -> None:
    answer = press_share(web, item, connect="linkedin")

    assert answer["Location"].startswith("https://www.linkedin.com/oauth/")
    assert draft_of(ana, item) == {"": WORDS}
    with acting_for(ana.tenant_id):
        attempt = ConnectAttempt.objects.for_tenant(ana.tenant_id).get()
    assert attempt.return_to == url("compose", item)


def test_from_the_dialog_the_browser_is_sent_away_whole(
    web: Client, item: Item
) -> None:
    answer = web.post(
        url("compose", item), {"connect": "x"}, headers={"HX-Request": "true"}
    )

    assert answer["HX-Redirect"].startswith("https://x.com/")


def test_an_account_that_needs_reconnecting_offers_it_and_is_not_chosen(
    web: Client, ana: Membership, item: Item
) -> None:
    make_account(ana, "x", state=Account.State.NEEDS_RECONNECT)

    page = web.get(url("compose", item)).content.decode()

    assert "Reconnect X" in page
    assert 'name="account"' not in page


@pytest.mark.parametrize("network", ["facebook", "../x", "\0", "x" * 5000])
def test_a_network_that_is_not_offered_is_not_found(
    web: Client, item: Item, network: str
) -> None:
    assert press_share(web, item, connect=network).status_code == 404


# -- Again ------------------------------------------------------------------------------


def test_a_refused_text_comes_back_without_its_link(
    web: Client, ana: Membership, item: Item, x: Account, press: Press
) -> None:
    publication = press(x, "Too daring")

    page = web.get(url("compose", item), {"again": str(publication.pk)})

    assert page.context["composer"].form["text"].value() == "Too daring"


def test_a_colleagues_text_never_comes_along(
    client: Client, cora: Membership, item: Item, x: Account, press: Press
) -> None:
    publication = press(x, "Mine alone")
    client.force_login(cora.user)

    page = client.get(url("compose", item), {"again": str(publication.pk)})

    assert "Mine alone" not in page.content.decode()


def test_the_accounts_of_the_last_share_are_chosen_next_time(
    web: Client, item: Item, linkedin: Account, x: Account, press: Press
) -> None:
    both = web.get(url("compose", item)).context["composer"].rows
    assert [row.is_chosen for row in both] == [True, True]

    press(x)

    rows = web.get(url("compose", item)).context["composer"].rows
    assert {row.account.network: row.is_chosen for row in rows} == {
        "linkedin": False,
        "x": True,
    }


def test_drafts_are_each_members_own(
    client: Client, ana: Membership, cora: Membership, item: Item
) -> None:
    with acting_for(item.tenant_id):
        services.save_draft(by=ana, item=item, texts={"": "Secret thought"})
    client.force_login(cora.user)

    assert "Secret thought" not in client.get(url("compose", item)).content.decode()
