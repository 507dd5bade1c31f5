"""The design system's tags and pages."""

from datetime import date
from types import SimpleNamespace

import pytest
from django import forms
from django.template import Context, Template
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.formats import date_format

from accounts.models import User
from common.templatetags.ui import initials


class Person(forms.Form):
    name = forms.CharField(label="Name", help_text="As colleagues know you.")
    agreed = forms.BooleanField(label="Agreed")
    kind = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    secret = forms.CharField(widget=forms.HiddenInput, required=False)


def render(text, **context):
    return Template("{% load ui %}" + text).render(Context(context))


@pytest.fixture
def staff(db):
    return User.objects.create_user("staff@example.com", name="Staff", is_staff=True)


def test_field_points_at_its_help_and_its_error():
    html = render("{% field form.name %}", form=Person({}))

    assert 'aria-describedby="id_name-error id_name-help"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_name-error"' in html
    assert 'id="id_name-help"' in html


def test_field_without_error_is_not_called_invalid():
    html = render("{% field form.name %}", form=Person())

    assert "aria-invalid" not in html
    assert 'class="input"' in html


def test_radio_buttons_are_a_group_with_a_legend():
    html = render("{% field form.kind %}", form=Person())

    assert "<fieldset" in html
    assert "<legend" in html


def test_hidden_field_has_no_label():
    html = render("{% field form.secret %}", form=Person())

    assert "<label" not in html


def test_what_was_typed_is_escaped_and_kept():
    html = render("{% field form.name %}", form=Person({"name": '"><script>'}))

    assert "<script>" not in html
    assert "&quot;&gt;&lt;script&gt;" in html


def test_form_says_above_that_something_is_wrong_below():
    html = render("{% fields form %}", form=Person({}))

    assert 'role="alert"' in html


def test_icon_is_decoration_unless_it_has_a_name():
    assert 'aria-hidden="true"' in render('{% icon "check" %}')
    assert 'aria-label="Done"' in render('{% icon "check" "Done" %}')


def test_network_draws_its_own_mark():
    network = SimpleNamespace(icon="M0 0h1v1z")

    html = render('{% network_icon network "LinkedIn" %}', network=network)

    assert 'd="M0 0h1v1z"' in html
    assert 'aria-label="LinkedIn"' in html


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Sofie Lindqvist", "SL"),
        ("Bo", "B"),
        ("Anne Marie Å", "AÅ"),
        ("", ""),
        (None, "N"),
    ],
)
def test_initials_are_those_of_first_and_last_name(name, letters):
    assert initials(name) == letters


def test_link_to_a_page_that_does_not_exist_is_an_error():
    with pytest.raises(NoReverseMatch):
        render('{% nav_link "nowhere:page" "home" "Nowhere" %}')


def test_missing_number_is_not_shown_as_zero():
    html = render_to_string("components/stat.html", {"label": "Reach", "value": None})

    assert "n/a" in html


def test_message_from_the_server_is_escaped():
    html = render_to_string(
        "components/toast.html", {"text": "<b>x</b>", "tone": "bad"}
    )

    assert "&lt;b&gt;" in html
    assert 'role="alert"' in html


# -- Pages ---------------------------------------------------------------------------


def test_gallery_shows_both_themes_to_staff(client, staff):
    client.force_login(staff)

    html = client.get("/ui/").content.decode()

    assert 'class="specimen" data-theme="light"' in html
    assert 'class="specimen" data-theme="dark"' in html


def test_gallery_is_hidden_from_others(client, db):
    client.force_login(User.objects.create_user("ana@example.com", name="Ana"))

    assert client.get("/ui/").status_code == 404


@pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "500", "503"])
def test_error_page_needs_nothing(code):
    html = render_to_string(f"{code}.html")

    assert "<h1" in html
    assert 'href="/"' in html


def test_error_page_of_a_stranger_names_no_tenant(client, staff, acme):
    client.force_login(staff)

    response = client.get("/t/acme/")

    assert response.status_code == 404
    assert "Acme" not in response.content.decode()


@pytest.mark.parametrize(
    "path",
    ["login/", "password/reset/", "password/reset/done/", "inactive/", "signup/"],
)
def test_sign_in_pages_render_in_both_languages(client, db, path):
    for language in ("en", "da"):
        response = client.get(
            f"/accounts/{path}", headers={"accept-language": language}
        )

        assert response.status_code == 200
        assert f'<html lang="{language}"' in response.content.decode()


def test_wrong_password_keeps_the_address(client, staff):
    html = client.post(
        "/accounts/login/", {"login": "staff@example.com", "password": "wrong"}
    ).content.decode()

    assert 'value="staff@example.com"' in html
    assert 'role="alert"' in html


# -- Preferences -----------------------------------------------------------------------


def test_theme_is_kept_and_drawn(client, db):
    client.post(reverse("preferences"), {"theme": "dark", "next": "/accounts/login/"})

    assert 'data-theme="dark"' in client.get("/accounts/login/").content.decode()


def test_language_stays_with_the_person(client, staff):
    client.force_login(staff)

    response = client.post(reverse("preferences"), {"language": "da", "next": "/ui/"})

    staff.refresh_from_db()
    assert staff.language == "da"
    assert response.url == "/ui/"


def test_stranger_may_choose_a_language_too(client, db):
    client.post(reverse("preferences"), {"language": "da"})

    assert '<html lang="da"' in client.get("/accounts/login/").content.decode()


@pytest.mark.parametrize("choice", [{"theme": "neon"}, {"language": "xx"}, {}])
def test_unknown_preference_changes_nothing(client, db, choice):
    response = client.post(reverse("preferences"), choice)

    assert response.status_code == 302
    assert not {"theme", "language"} & set(response.cookies)


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "javascript:1"]
)
def test_preferences_never_lead_to_another_site(client, db, elsewhere):
    response = client.post(reverse("preferences"), {"theme": "dark", "next": elsewhere})

    assert response.url == "/"


def test_preferences_are_not_changed_by_a_link(client, db):
    assert client.get(reverse("preferences")).status_code == 405


def test_frame_offers_help_and_the_pages_of_the_role(rf):
    request = rf.get("/t/acme/")
    request.user = User(email="ana@acme.example", name="Ana")
    tenant = SimpleNamespace(
        name="Acme",
        slug="acme",
        hue="blue",
        help_name="Bo",
        help_email="bo@acme.example",
    )
    member = SimpleNamespace(
        is_curator=False, is_manager=False, is_admin=False, team=None, user=request.user
    )
    request.tenant = tenant

    html = render_to_string(
        "base.html", {"tenant": tenant, "membership": member}, request
    )

    assert 'data-hue="blue"' in html
    assert 'href="mailto:bo@acme.example"' in html
    assert "Dashboard" not in html


def test_help_names_somebody_also_where_nobody_was_named(rf):
    def menu(**contact):
        request = rf.get("/t/acme/")
        request.tenant = SimpleNamespace(slug="acme", **contact)
        context = {"tenant": request.tenant}
        return render_to_string("components/_help_menu.html", context, request)

    assert "Bo from comms" in menu(help_name="Bo from comms", help_email="")
    assert "Ask the colleagues who run this programme." in menu(
        help_name="", help_email=""
    )


@pytest.mark.parametrize(
    ("language", "written"), [("en", "4 May 2026"), ("da", "04.05.2026")]
)
def test_dates_are_written_in_the_order_readers_expect(language, written):
    with translation.override(language):
        assert date_format(date(2026, 5, 4), "SHORT_DATE_FORMAT") == written
