"""Where a network's own composer opens, and what stands in it already."""

from sharing.connectors.modes import Mode
from sharing.connectors.types import Credentials
from sharing.networks.linkedin import LinkedIn
from sharing.networks.x import X

APP = Credentials("an-app")
LINK = "https://go.example.com/l/k3Yq"


def test_linkedin_takes_the_link_and_no_words() -> None:
    linkedin = LinkedIn(APP)

    text = linkedin.compose_by_hand("Mine", LINK, "", Mode.ASSISTED)

    assert text == "Mine"
    assert linkedin.composer_url(text, LINK) == (
        "https://www.linkedin.com/sharing/share-offsite/"
        "?url=https%3A%2F%2Fgo.example.com%2Fl%2Fk3Yq"
    )


def test_what_is_taken_along_holds_its_link() -> None:
    text = LinkedIn(APP).compose_by_hand("Mine", LINK)

    assert text == f"Mine\n\n{LINK}"


def test_x_takes_the_words_and_the_link_apart() -> None:
    x = X(APP)

    text = x.compose_by_hand("50 % & more", LINK, "", Mode.ASSISTED)

    assert text == f"50 % & more\n\n{LINK}"
    assert x.composer_url(text, LINK) == (
        "https://x.com/intent/post?text=50%20%25%20%26%20more"
        "&url=https%3A%2F%2Fgo.example.com%2Fl%2Fk3Yq"
    )


def test_a_link_in_the_middle_stays_there() -> None:
    x = X(APP)

    opened = x.composer_url(f"See {LINK} now", LINK)

    assert opened.count("go.example.com") == 1
    assert "url=" not in opened
