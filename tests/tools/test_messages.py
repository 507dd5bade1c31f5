import gettext
from pathlib import Path

import pytest

from tools import messages

VIEWS = """
from django.utils.translation import gettext as _, ngettext, pgettext_lazy

greeting = _("Hello %(name)s")
shares = ngettext("%(n)s share", "%(n)s shares", 2)
month = pgettext_lazy("month", "May")
"""
PAGE = """
{% load i18n %}
  <p>it's ( not Python
    {% translate "Your feed" %} {{ _("in a filter")|upper }}
    {% blocktranslate trimmed count n=items|length %}
      One item
      {% plural %}
      {{ n }} items
    {% endblocktranslate %}</p>
"""
DANISH = {
    "Hello %(name)s": "Hej %(name)s",
    "%(n)s share": ("%(n)s deling", "%(n)s delinger"),
    "May": "maj",
    "Your feed": "Dit feed",
    "in a filter": "i et filter",
    "One item": ("Ét opslag", "%(n)s opslag"),
}


@pytest.fixture
def project(tmp_path):
    for folder in ("shop", "templates", "tools", "shop/migrations"):
        (tmp_path / folder).mkdir()
    for module in ("shop/__init__.py", "tools/__init__.py"):
        (tmp_path / module).touch()
    (tmp_path / "shop/views.py").write_text(VIEWS)
    (tmp_path / "templates/page.html").write_text(PAGE)
    (tmp_path / "tools/secret.py").write_text('_("not shown to anybody")')
    (tmp_path / "shop/migrations/0001_x.py").write_text('_("nor this")')
    return tmp_path


@pytest.fixture
def translated(project):
    write_danish(project, DANISH)
    return project


def write_danish(project, texts):
    messages.update(project)
    catalogue = messages.existing("da", project)
    for message in catalogue:
        if message.id:
            message.string = texts[messages.forms(message.id)[0]]
    path = messages.catalogue_path("da", project)
    path.write_text(messages.written(catalogue))


def test_texts_of_code_and_templates_are_collected(project):
    collected = {messages.forms(message.id)[0] for message in messages.collect(project)}

    assert collected - {""} == set(DANISH)


def test_a_complete_catalogue_has_no_complaints(translated):
    assert messages.complaints(translated) == []


def test_an_update_without_news_changes_nothing(translated):
    before = messages.catalogue_path("da", translated).read_text()

    messages.update(translated)

    assert messages.catalogue_path("da", translated).read_text() == before


def test_a_file_name_stands_beside_a_text_but_no_line_number(translated):
    (translated / "shop/views.py").write_text("\n\n\n" + VIEWS)

    assert "#: shop/views.py\n" in messages.catalogue_path("da", translated).read_text()
    assert messages.complaints(translated) == []


def test_a_new_text_makes_the_catalogue_stale_and_then_untranslated(translated):
    (translated / "shop/models.py").write_text('label = _("Brand new")')

    stale = messages.complaints(translated)
    messages.update(translated)
    untranslated = messages.complaints(translated)

    assert [line.endswith("run ./dev messages") for line in stale] == [True]
    assert untranslated == [
        "locale/da/LC_MESSAGES/django.po: untranslated: 'Brand new'"
    ]


def test_a_text_that_is_gone_leaves_the_catalogue_and_the_rest_stays(translated):
    (translated / "templates/page.html").write_text("nothing here")

    messages.update(translated)

    text = messages.catalogue_path("da", translated).read_text()
    assert "Your feed" not in text
    assert "Hej %(name)s" in text


def test_a_similar_new_text_is_never_filled_with_a_guess(translated):
    page = PAGE.replace("Your feed", "Your feeds")
    (translated / "templates/page.html").write_text(page)

    messages.update(translated)

    assert "fuzzy" not in messages.catalogue_path("da", translated).read_text()
    assert messages.complaints(translated) == [
        "locale/da/LC_MESSAGES/django.po: untranslated: 'Your feeds'"
    ]


@pytest.mark.parametrize(
    ("text", "danish"),
    [
        ("Hello %(name)s", "Hej %(navn)s"),
        ("Hello %(name)s", "Hej"),
        ("%(n)s share", ("%(n)s deling", "delinger")),
        ("One item", ("Ét opslag", "%(antal)s opslag")),
        ("May", "maj %s"),
        ("May", "{maj}"),
    ],
)
def test_a_placeholder_lost_or_renamed_is_found(project, text, danish):
    write_danish(project, DANISH | {text: danish})

    assert messages.complaints(project) == [
        f"locale/da/LC_MESSAGES/django.po: placeholders differ: {text!r}"
    ]


@pytest.mark.parametrize("danish", [("Ét opslag", ""), ("", ""), (" ", "%(n)s opslag")])
def test_a_plural_needs_every_form(project, danish):
    write_danish(project, DANISH | {"One item": danish})

    assert messages.complaints(project) == [
        "locale/da/LC_MESSAGES/django.po: untranslated: 'One item'"
    ]


def test_the_compiled_catalogue_speaks_danish(translated):
    messages.compile_catalogues(translated)

    danish = gettext.translation("django", translated / "locale", ["da"])
    assert danish.gettext("Your feed") == "Dit feed"
    assert danish.pgettext("month", "May") == "maj"
    assert danish.ngettext("%(n)s share", "%(n)s shares", 2) == "%(n)s delinger"


def test_only_what_changed_is_compiled_again(translated):
    messages.compile_catalogues(translated)
    compiled: Path = messages.catalogue_path("da", translated).with_suffix(".mo")
    first = compiled.stat().st_mtime_ns

    messages.compile_catalogues(translated)

    assert compiled.stat().st_mtime_ns == first
