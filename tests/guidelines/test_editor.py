"""Curators write guidelines: a draft, then the next version."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from guidelines.models import Guideline, GuidelineVersion
from guidelines.services import RuleText
from tenants.models import Membership, Tenant
from tenants.scoping import acting_for

from .conftest import Write

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(client: Client, cora: Membership) -> Client:
    client.force_login(cora.user)
    return client


def new() -> str:
    return reverse("guidelines:new", args=["acme"])


def edit(version: GuidelineVersion) -> str:
    return reverse("guidelines:edit", args=["acme", version.guideline_id])


def filled(
    client: Client, url: str, *rules: RuleText, **changes: str
) -> dict[str, Any]:
    """Return what a browser would send: the form as it is shown, with changes."""
    shown = client.get(url).context["editor"]
    rows = rules or [RuleText(**form.initial) for form in shown.rows]
    data = {name: shown.form[name].value() for name in shown.form.fields}
    data |= {"rules-TOTAL_FORMS": len(rows), "rules-INITIAL_FORMS": 0}
    for number, rule in enumerate(rows):
        data |= {f"rules-{number}-{part}": text for part, text in vars(rule).items()}
    return data | {"action": "save"} | changes


def versions(tenant: Tenant) -> list[tuple[int, bool, list[str]]]:
    with acting_for(tenant):
        rows = GuidelineVersion.objects.for_tenant(tenant).order_by(
            "guideline", "number"
        )
        return [
            (
                row.number,
                row.published_at is not None,
                [rule.do for rule in row.rules.order_by("position")],
            )
            for row in rows
        ]


def test_the_first_guideline_begins_with_five_prepared_rules(editor: Client) -> None:
    rows = editor.get(new()).context["editor"].rows

    assert len(rows) == 5
    assert all(row.initial["do"] and row.initial["example"] for row in rows)


def test_the_second_guideline_begins_empty(
    write: Write, editor: Client, cora: Membership
) -> None:
    write(cora)

    rows = editor.get(new()).context["editor"].rows

    assert [row.initial["do"] for row in rows] == [""]


def test_a_saved_draft_holds_for_nobody(editor: Client, acme: Tenant) -> None:
    response = editor.post(
        new(), filled(editor, new(), RuleText("One", "Two", "Three"))
    )

    assert response.status_code == 302
    assert versions(acme) == [(1, False, ["One"])]


def test_publishing_makes_the_next_version_and_leaves_the_old_one(
    write: Write, editor: Client, cora: Membership, acme: Tenant
) -> None:
    first = write(cora)
    data = filled(editor, edit(first), RuleText("New"), action="publish")

    response = editor.post(edit(first), data)

    assert response.url == reverse("guidelines:guidelines", args=["acme"])
    assert versions(acme) == [
        (1, True, ["Say where you work", "Ask when in doubt"]),
        (2, True, ["New"]),
    ]


def test_the_draft_begins_as_a_copy_of_what_holds(
    write: Write, editor: Client, cora: Membership, acme: Tenant
) -> None:
    first = write(cora)

    editor.post(edit(first), filled(editor, edit(first)))

    assert [texts for *_, texts in versions(acme)] == [
        ["Say where you work", "Ask when in doubt"]
    ] * 2


def test_nothing_is_stored_by_opening_the_editor(
    write: Write, editor: Client, cora: Membership, acme: Tenant
) -> None:
    editor.get(edit(write(cora)))

    assert len(versions(acme)) == 1


@pytest.mark.parametrize(
    ("change", "order"),
    [
        ("up-1", ["B", "A", "C"]),
        ("down-1", ["A", "C", "B"]),
        ("remove-0", ["B", "C"]),
        ("add", ["A", "B", "C", ""]),
        ("up-0", ["A", "B", "C"]),
        ("down-2", ["A", "B", "C"]),
        ("remove-7", ["A", "B", "C"]),
        ("remove-99999999999999999999", ["A", "B", "C"]),
        ("remove--1", ["A", "B", "C"]),
        ("remove-x", ["A", "B", "C"]),
        ("explode-1", ["A", "B", "C"]),
    ],
)
def test_rules_are_moved_by_plain_buttons_and_typing_is_kept(
    change: str, order: list[str], editor: Client, acme: Tenant
) -> None:
    rules = [RuleText(letter) for letter in "ABC"]
    data = filled(editor, new(), *rules, change=change, title="  Half typed")

    shown = editor.post(new(), data).context["editor"]

    assert [row.initial["do"] for row in shown.rows] == order
    assert shown.form["title"].value() == "  Half typed"
    assert versions(acme) == []


def test_a_row_left_empty_is_left_out(editor: Client, acme: Tenant) -> None:
    rules = RuleText("A"), RuleText(""), RuleText("B")

    editor.post(new(), filled(editor, new(), *rules))

    assert versions(acme) == [(1, False, ["A", "B"])]


def test_more_than_ten_rules_or_three_hundred_words_are_warned_of(
    write: Write, editor: Client, cora: Membership
) -> None:
    rules = [RuleText("word " * 30, example="Yes.") for _ in range(11)]

    html = editor.get(edit(write(cora, *rules))).content.decode()

    assert "11 rules are more than people remember" in html
    assert "343 words take too long to read" in html
    assert "no example" not in html


def test_a_rule_without_example_is_warned_of(
    write: Write, editor: Client, cora: Membership
) -> None:
    version = write(cora, RuleText("A", example="Yes."), RuleText("B"), RuleText("C"))

    html = editor.get(edit(version)).content.decode()

    assert "Rules 2, 3 have no example" in html
    assert "more than people remember" not in html


WRONG = {
    "title": {"title": ""},
    "title too long": {"title": "x" * 121},
    "introduction too long": {"introduction": "x" * 2001},
    "nothing to do": {"rules-0-do": ""},
    "rule too long": {"rules-0-do": "x" * 301},
    "NUL": {"rules-0-do": "a\x00b"},
    "no rows at all": {"rules-TOTAL_FORMS": ""},
    "rows in words": {"rules-TOTAL_FORMS": "many"},
    "rows without end": {"rules-TOTAL_FORMS": "99999999999999999999"},
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_and_nothing_is_stored(
    change: dict[str, str], editor: Client, acme: Tenant
) -> None:
    data = filled(editor, new(), RuleText("Typed do", "Typed dont", "Typed example"))

    response = editor.post(new(), data | change)

    assert response.status_code == 422
    assert versions(acme) == []


def test_what_was_typed_stays_after_a_mistake(editor: Client) -> None:
    data = filled(editor, new(), RuleText("Ræk 🖐 out", "שלום"), title="")

    html = editor.post(new(), data).content.decode()

    assert "Ræk 🖐 out" in html
    assert "שלום" in html


def test_a_guideline_without_rules_is_not_published(
    editor: Client, acme: Tenant
) -> None:
    data = filled(editor, new(), RuleText(""), action="publish")

    assert editor.post(new(), data).status_code == 422
    assert versions(acme) == []


def test_two_guidelines_do_not_share_a_title(
    write: Write, editor: Client, cora: Membership
) -> None:
    write(cora, title="Photos")
    data = filled(editor, new(), RuleText("A"), title="Photos")

    assert "of this title already" in editor.post(new(), data).content.decode()


def test_a_colleagues_change_is_not_overwritten_unseen(
    write: Write, editor: Client, cora: Membership, acme: Tenant
) -> None:
    first = write(cora)
    data = filled(editor, edit(first), RuleText("Mine"))
    write(cora, RuleText("Theirs"), guideline=first.guideline)

    refused = editor.post(edit(first), data)

    assert refused.status_code == 422
    assert "Somebody else has changed" in refused.content.decode()
    assert "Mine" in refused.content.decode()
    based_on = refused.context["editor"].form["based_on"].value()
    assert editor.post(edit(first), data | {"based_on": based_on}).status_code == 302


@pytest.mark.parametrize("name", ["ana", "mo"])
def test_who_is_no_curator_writes_no_guidelines(
    name: str, write: Write, client: Client, cora: Membership, request
) -> None:
    version = write(cora)
    client.force_login(request.getfixturevalue(name).user)

    for url in (new(), edit(version)):
        assert client.get(url).status_code == 403
        assert client.post(url, {}).status_code == 403


def test_another_tenants_guideline_is_not_found(
    write: Write, editor: Client, eve: Membership, globex: Tenant
) -> None:
    theirs = write(eve)

    assert editor.get(edit(theirs)).status_code == 404
    assert editor.post(edit(theirs), {"title": "Mine"}).status_code == 404
    with acting_for(globex):
        assert Guideline.objects.for_tenant(globex).get().title == "Conduct"
