"""The watch over tokens sees what it is there to see."""

import logging

from django.http import HttpRequest, HttpResponse

from tests import canaries


def test_token_in_a_log_is_seen() -> None:
    logging.getLogger("anybody").warning("trouble with %s", canaries.ACCESS)

    assert canaries.leaks.pop().startswith("the log of anybody")


def test_token_in_a_traceback_is_seen() -> None:
    try:
        raise ValueError(canaries.REFRESH)
    except ValueError:
        logging.getLogger("anybody").exception("broke")

    assert canaries.leaks.pop()


def test_token_on_a_page_is_seen() -> None:
    request = HttpRequest()
    request.method, request.path = "GET", "/"

    canaries.Pages(lambda _request: HttpResponse(canaries.SECRET))(request)

    assert canaries.leaks.pop() == "GET / shows secret-canary"


def test_token_in_a_message_is_seen() -> None:
    canaries.look_at_message("a.task", ((canaries.ACCESS,), {}), {})

    assert canaries.leaks.pop()
