import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from analytics import recording
from analytics.destinations import location
from sharing.models import TrackedLink
from tenants.models import Tenant
from tenants.scoping import acting_for
from tests.analytics.conftest import FIREFOX, Visit, clicks_of

pytestmark = pytest.mark.django_db


def test_a_reader_is_sent_on_and_nothing_is_stored_in_the_browser(
    visit: Visit, link: TrackedLink
) -> None:
    answer = visit(f"/l/{link.code}")

    assert answer.status == "302 Found"
    assert answer.headers["Location"] == "https://acme.example/cables?a=1&b=%C3%A6"
    assert answer.headers["Cache-Control"] == "private, max-age=0"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "BREW"])
def test_only_get_and_head_are_answered(
    visit: Visit, link: TrackedLink, method: str
) -> None:
    answer = visit(f"/l/{link.code}", method)

    assert (answer.status[:3], answer.headers["Allow"]) == ("405", "GET, HEAD")


@pytest.mark.parametrize(
    "code",
    [
        "",
        "nothere123",
        "short",
        "a" * 17,
        "a" * 10_000,
        "abc\x00def",
        "../../etc/passwd",
        "%00",
        "abcdef/",
        "abcdef\n",
        "\xc3\xa6\xc3\xb8\xc3\xa5abc",
        "' OR 1=1 --",
        "💥".encode().decode("latin-1"),
    ],
)
def test_an_unknown_or_odd_code_is_a_calm_404(
    visit: Visit, link: TrackedLink, code: str
) -> None:
    answer = visit(f"/l/{code}")

    assert answer.status == "404 Not Found"
    assert "leads nowhere" in answer.body.decode()


def test_the_language_of_the_browser_decides_the_page(visit: Visit) -> None:
    answer = visit("/l/nothere123", ACCEPT_LANGUAGE="da-DK,da;q=0.9,en;q=0.5")

    assert '<html lang="da"' in answer.body.decode()


def test_a_head_request_gets_no_body(visit: Visit) -> None:
    assert visit("/l/nothere123", "HEAD").body == b""


def test_a_revoked_link_and_a_closed_tenants_link_are_dead(
    visit: Visit, link: TrackedLink, acme: Tenant
) -> None:
    Tenant.objects.filter(pk=acme.pk).update(is_active=False)

    assert visit(f"/l/{link.code}").status == "404 Not Found"


def test_a_link_taken_back_dies_within_two_minutes(
    visit: Visit, link: TrackedLink, acme: Tenant, monkeypatch: Any
) -> None:
    assert visit(f"/l/{link.code}").status == "302 Found"
    with acting_for(acme):
        TrackedLink.objects.for_tenant(acme).update(revoked_at=timezone.now())
    monkeypatch.setattr("analytics.destinations.TRUSTED", 0.0)

    assert visit(f"/l/{link.code}").status == "404 Not Found"


def test_one_query_serves_many_readers(
    visit: Visit, link: TrackedLink, django_assert_num_queries: Any
) -> None:
    visit(f"/l/{link.code}")

    with django_assert_num_queries(0):
        for _ in range(20):
            visit(f"/l/{link.code}")


def test_guessing_codes_gets_slow_but_known_links_still_work(
    visit: Visit, link: TrackedLink
) -> None:
    visit(f"/l/{link.code}")
    statuses = {visit(f"/l/guess{number:05}").status[:3] for number in range(40)}

    assert statuses == {"404", "429"}
    assert visit(f"/l/{link.code}").status == "302 Found"


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "//evil.example",
        "data:text/html,x",
        "https://",
        "https://[x",
        "https://a.example/\r\nSet-Cookie: a=1",
    ],
)
def test_a_target_that_no_browser_should_follow_is_none(target: str) -> None:
    assert location(target) in ("", "https://a.example/%0D%0ASet-Cookie:%20a=1")


def test_neither_the_address_nor_anything_like_it_is_written_down(
    visit: Visit, link: TrackedLink, recorder: recording.Recorder
) -> None:
    visit(f"/l/{link.code}", X_FORWARDED_FOR="198.51.100.9")

    (file,) = recorder.spool.folder.iterdir()
    line = file.read_text()
    assert "192.0.2.7" not in line
    assert "198.51.100.9" not in line
    assert json.loads(line)["ua"] == FIREFOX


def test_only_behind_our_proxy_is_its_word_for_the_address_taken(settings: Any) -> None:
    environ = {
        "REMOTE_ADDR": "10.0.0.1",
        "HTTP_X_FORWARDED_FOR": "6.6.6.6, 198.51.100.9",
    }

    settings.BEHIND_TLS_PROXY = False
    assert recording.address_of(environ) == "10.0.0.1"
    settings.BEHIND_TLS_PROXY = True
    assert recording.address_of(environ) == "198.51.100.9"


def test_a_full_disk_costs_the_click_and_not_the_reader(
    visit: Visit, link: TrackedLink, recorder: recording.Recorder
) -> None:
    recorder.spool.folder.parent.joinpath("spool").write_text("a file, not a folder")

    assert visit(f"/l/{link.code}").status == "302 Found"


def test_the_test_server_answers_short_links_too(
    visit: Visit, link: TrackedLink, client: Client, arrive: Any, acme: Tenant
) -> None:
    answer = client.get(f"/l/{link.code}", headers={"user-agent": FIREFOX})

    assert (answer.status_code, answer["X-Robots-Tag"]) == (302, "noindex")
    assert client.post(f"/l/{link.code}").status_code == 405
    assert arrive() == 1
    assert clicks_of(acme) == [("human", "")]
