"""From an item's files to the post that shows them, on networks that check each byte."""

from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image

from sharing import services
from sharing.models import Account, Publication, Reason, State
from sharing.sandbox import Sandbox
from sharing.tokens import seal
from tenants.models import Membership
from tenants.scoping import acting_for
from tests.content_library.conftest import image_bytes
from tests.content_library.files import PDF, a_film, an_animation
from tests.sandbox.walking import connect
from tests.sharing.conftest import make_account
from tests.sharing.test_publishing import make_due, publish

from .conftest import GiveMedia

pytestmark = pytest.mark.django_db


@pytest.fixture
def sandbox(settings: Any) -> Any:
    with Sandbox() as running:
        settings.NETWORKS_ENVIRON = {
            f"NETWORK_{network}_{name}": value
            for network in ("X", "LINKEDIN")
            for name, value in (
                ("CLIENT_ID", "demo-client"),
                ("CLIENT_SECRET", "demo-secret"),
                ("BASE_URL", running.url),
                ("MODE", "api"),
            )
        }
        yield running


def connected(sandbox: Sandbox, member: Membership, network: str) -> Account:
    """An account of the sandbox's, with the tokens it gave."""
    tokens, profile = connect(sandbox, network)
    account = make_account(
        member, network, remote_id=profile.remote_id, scopes=list(tokens.scopes)
    )
    sealed = seal(account, tokens)
    account.access_token = sealed.access_token
    account.refresh_token = sealed.refresh_token
    with acting_for(member.tenant_id):
        account.save()
    return account


def go_out(account: Account, by: Membership, give: GiveMedia, *files: bytes) -> Any:
    """Share an item with these files; return what came of it."""
    item, _kept = give(by, *files, alt="Cables in the sea")
    item.source_url = "https://acme.example/cables"
    with acting_for(by.tenant_id):
        item.save()
        share = services.share_item(
            by=by,
            item=item,
            parts=[services.Part(account, "Look at this")],
            idempotency_key="k1",
            now=timezone.now(),
        )
        return publish(share.publications.get())


def afterwards(publication: Publication, sandbox: Sandbox) -> Publication:
    """What comes of it once the network has had its time with the file."""
    assert (publication.state, publication.reason) == (State.READY, Reason.MEDIA)
    sandbox.advance(5)
    make_due(publication)
    return publish(publication)


def shown(sandbox: Sandbox) -> list[tuple[str, bytes]]:
    (post,) = sandbox.posts()
    files = sandbox.world.store.files
    return [(one["kind"], files.get(one["file"]).body) for one in post.media]


@pytest.mark.parametrize("network", ["linkedin", "x"])
def test_pictures_stand_in_the_post_and_the_link_in_its_text(
    sandbox: Sandbox, ana: Membership, give_media: GiveMedia, network: str
) -> None:
    account = connected(sandbox, ana, network)
    pictures = image_bytes((400, 300), "JPEG"), image_bytes((300, 400), "PNG")

    out = go_out(account, ana, give_media, *pictures)

    assert out.state == State.PUBLISHED
    sizes = [Image.open(BytesIO(body)).size for _kind, body in shown(sandbox)]
    assert sizes == [(400, 300), (300, 400)]
    (post,) = sandbox.posts()
    assert {one["alt"] for one in post.media} == {"Cables in the sea"}
    assert post.text.startswith("Look at this\n\nhttp")
    assert post.card == {}


@pytest.mark.parametrize("network", ["linkedin", "x"])
def test_a_film_goes_out_when_the_network_has_looked_at_it(
    sandbox: Sandbox,
    ana: Membership,
    give_media: GiveMedia,
    network: str,
) -> None:
    account = connected(sandbox, ana, network)
    film = a_film(seconds=120)  # one network takes none below 75 KB

    waiting = go_out(account, ana, give_media, film)
    out = afterwards(waiting, sandbox)

    assert out.state == State.PUBLISHED
    ((kind, body),) = shown(sandbox)
    assert kind == "video"
    assert body[4:8] == b"ftyp"
    assert out.prepared == {}


def test_a_document_stands_in_the_post(
    sandbox: Sandbox, ana: Membership, give_media: GiveMedia
) -> None:
    account = connected(sandbox, ana, "linkedin")

    out = go_out(account, ana, give_media, PDF)

    assert out.state == State.PUBLISHED
    ((kind, body),) = shown(sandbox)
    assert (kind, body) == ("document", PDF)


def test_a_gif_that_moves_goes_out_moving(
    sandbox: Sandbox, ana: Membership, give_media: GiveMedia
) -> None:
    account = connected(sandbox, ana, "x")

    out = afterwards(go_out(account, ana, give_media, an_animation()), sandbox)

    assert out.state == State.PUBLISHED
    ((_kind, body),) = shown(sandbox)
    assert getattr(Image.open(BytesIO(body)), "n_frames", 1) == 3
