"""What a connector is given of an item's files: in order, within its rule, twice the same."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sharing import media as sharing_media
from sharing.connectors import errors
from sharing.connectors.connector import Connector
from sharing.connectors.media import Kind, Rule
from sharing.connectors.types import Credentials, Limits
from tenants.models import Membership
from tenants.scoping import acting_for
from tests.content_library.conftest import image_bytes
from tests.content_library.files import PDF, a_film, an_animation

from .conftest import GiveMedia

pytestmark = pytest.mark.django_db


class Picky(Connector):
    """Takes small JPEGs, films and PDFs."""

    slug, label = "picky", "Picky"
    limits = Limits(
        max_chars=100,
        media=(
            Rule(Kind.IMAGE, ("image/jpeg",), most=4, least_side=20, most_side=100),
            Rule(Kind.VIDEO, ("video/mp4",)),
            Rule(Kind.DOCUMENT, ("application/pdf",)),
        ),
    )


@pytest.fixture
def picky() -> Picky:
    return Picky(Credentials("app"))


def ids(files: Any, alt: str = "") -> list[dict[str, str]]:
    return [{"id": str(one.pk), "alt": alt} for one in files]


def test_pictures_come_in_order_within_the_rule_with_their_words(
    give_media: GiveMedia, cora: Membership, picky: Picky
) -> None:
    _item, files = give_media(
        cora, image_bytes((400, 200)), image_bytes((50, 50), "JPEG"), alt="Cables"
    )

    wide, small = sharing_media.fitted(picky, cora.tenant_id, ids(files))

    assert (wide.width, wide.height, wide.content_type) == (100, 50, "image/jpeg")
    assert (small.width, small.height, small.alt) == (50, 50, "Cables")
    assert wide.size == len(wide.read())
    with wide.open() as file:
        assert Image.open(file).size == (100, 50)
    assert not picky.check_media([wide, small])


def test_the_words_of_a_post_come_before_those_of_the_item(
    give_media: GiveMedia, cora: Membership, picky: Picky
) -> None:
    _item, files = give_media(cora, image_bytes((50, 50)), alt="Cables")

    [one] = sharing_media.fitted(picky, cora.tenant_id, ids(files, alt="My cables"))

    assert one.alt == "My cables"


def test_a_second_attempt_sends_the_same_file(
    give_media: GiveMedia, cora: Membership, picky: Picky, files: Path
) -> None:
    _item, stored = give_media(cora, image_bytes((400, 200)))

    [first] = sharing_media.fitted(picky, cora.tenant_id, ids(stored))
    made = next(files.glob("t/*/fitted/*"))
    was = made.stat().st_mtime_ns, made.read_bytes()
    [second] = sharing_media.fitted(picky, cora.tenant_id, ids(stored))

    assert first.read() == second.read() == was[1]
    assert list(files.glob("t/*/fitted/*")) == [made]


def test_a_fitted_picture_that_was_tidied_away_is_made_again(
    give_media: GiveMedia, cora: Membership, picky: Picky, files: Path
) -> None:
    _item, stored = give_media(cora, image_bytes((400, 200)))
    [first] = sharing_media.fitted(picky, cora.tenant_id, ids(stored))
    was = first.read()
    next(files.glob("t/*/fitted/*")).unlink()

    [second] = sharing_media.fitted(picky, cora.tenant_id, ids(stored))

    assert second.read() == was


def test_films_and_documents_go_as_they_are_kept(
    give_media: GiveMedia, cora: Membership, picky: Picky
) -> None:
    _item, film = give_media(cora, a_film())
    _item, document = give_media(cora, PDF)

    [video] = sharing_media.fitted(picky, cora.tenant_id, ids(film))
    [pdf] = sharing_media.fitted(picky, cora.tenant_id, ids(document))

    assert (video.kind, video.seconds, video.size) == ("video", 1.0, film[0].size)
    assert (pdf.kind, pdf.read()) == ("document", PDF)
    assert video.part(4, 4) == b"ftyp"


def test_what_would_be_sent_is_judged_before_anything_is_made(
    give_media: GiveMedia, cora: Membership, picky: Picky, files: Path
) -> None:
    _item, good = give_media(cora, image_bytes((4000, 3000)))
    _item, small = give_media(cora, image_bytes((10, 10)))
    _item, moving = give_media(cora, an_animation())

    assert picky.check_media(sharing_media.facts(picky, good)) == []
    assert "at least 20" in picky.check_media(sharing_media.facts(picky, small))[0]
    assert picky.check_media(sharing_media.facts(picky, moving))  # 20 by 16, as a JPEG
    assert not list(files.glob("t/*/fitted/*"))


def test_an_items_files_are_chosen_in_their_order(
    give_media: GiveMedia, cora: Membership
) -> None:
    item, files = give_media(cora, *(image_bytes((30 + n, 30)) for n in range(4)))

    with acting_for(cora.tenant_id):
        assert sharing_media.chosen(item) == files
    assert [one.width for one in files] == [30, 31, 32, 33]


def test_another_tenants_file_is_not_there(
    give_media: GiveMedia, cora: Membership, eve: Membership, picky: Picky
) -> None:
    _item, files = give_media(cora, image_bytes((50, 50)))

    with pytest.raises(errors.Refused) as refused:
        sharing_media.fitted(picky, eve.tenant_id, ids(files))

    assert refused.value.reason == "media"


@pytest.mark.parametrize("size", [(50, 50), (400, 200)], ids=["as kept", "fitted"])
def test_a_file_that_is_gone_is_told_as_such(
    give_media: GiveMedia,
    cora: Membership,
    picky: Picky,
    files: Path,
    size: tuple[int, int],
) -> None:
    _item, stored = give_media(cora, image_bytes(size, "JPEG"))
    (files / (stored[0].file.name or "")).unlink()

    with pytest.raises(errors.Refused, match="no longer there"):
        sharing_media.fitted(picky, cora.tenant_id, ids(stored))


def test_there_is_an_address_only_where_somebody_outside_can_reach_it(
    give_media: GiveMedia, cora: Membership, settings: Any
) -> None:
    _item, files = give_media(cora, image_bytes((50, 50), "JPEG"))
    there = Picky(Credentials("app"))
    played = Picky(Credentials("app"), base_url="http://sandbox")

    settings.PUBLIC_URL = "http://localhost:8000"
    [unseen] = sharing_media.fitted(there, cora.tenant_id, ids(files))
    [seen_by_sandbox] = sharing_media.fitted(played, cora.tenant_id, ids(files))
    settings.PUBLIC_URL = "https://advocacy.acme.com"
    [seen] = sharing_media.fitted(there, cora.tenant_id, ids(files))

    assert unseen.url == ""
    assert seen_by_sandbox.url.startswith("http://localhost:8000/m/")
    assert seen.url.startswith("https://advocacy.acme.com/m/")


@pytest.mark.parametrize(
    ("address", "is_public"),
    [
        ("https://advocacy.acme.com", True),
        ("https://advocacy.acme.com:8443", True),
        ("https://1.1.1.1", True),
        ("http://advocacy.acme.com", False),
        ("https://localhost", False),
        ("https://intranet", False),
        ("https://advocacy.acme.local", False),
        ("https://advocacy.acme.internal", False),
        ("https://10.1.2.3", False),
        ("https://192.168.0.10:8000", False),
        ("https://[::1]", False),
        ("https://[fd00::1]", False),
    ],
)
def test_an_installation_knows_whether_it_stands_inside(
    settings: Any, address: str, is_public: bool
) -> None:
    settings.PUBLIC_URL = address

    assert sharing_media.media_is_public() is is_public
    assert bool(sharing_media.why_not_public()) is not is_public
