"""Two organisations whose members are linked to the sandbox; printed as JSON."""

import json
import sys
import urllib.request
from datetime import datetime
from io import BytesIO
from typing import Any

import django

django.setup()

from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.utils import timezone  # noqa: E402  (needs the settings)
from PIL import Image  # noqa: E402

from content_library.item_media import Chosen, arrange, keep_upload  # noqa: E402
from content_library.models import Item  # noqa: E402
from sharing.connectors.types import Tokens  # noqa: E402
from sharing.models import Account  # noqa: E402
from sharing.tokens import seal  # noqa: E402
from tenants.models import Membership, Role, Tenant  # noqa: E402
from tenants.people import create_member, create_tenant  # noqa: E402
from tenants.scoping import acting_for  # noqa: E402
from tenants.tokens import create_api_token  # noqa: E402

NETWORKS = ("linkedin", "x")
ITEMS = 12


def main(sandbox: str, members: int) -> None:
    """Print, for each tenant, its curator, its members and its items."""
    world = [
        organisation(slug, name, sandbox, members)
        for slug, name in (("acme", "Acme"), ("globex", "Globex"))
    ]
    sys.stdout.write(json.dumps(world))


def organisation(slug: str, name: str, sandbox: str, members: int) -> dict[str, Any]:
    tenant = create_tenant(slug=slug, name=name)
    curator = person(tenant, 0, Role.CURATOR)
    people = [person(tenant, number) for number in range(1, members + 1)]
    with acting_for(tenant):
        return {
            "curator": key_of(curator),
            "items": [make_item(curator, number) for number in range(ITEMS)],
            "members": [
                {
                    "token": key_of(one),
                    "accounts": [str(link(one, net, sandbox)) for net in NETWORKS],
                }
                for one in people
            ],
        }


def person(tenant: Tenant, number: int, *roles: Role) -> Membership:
    return create_member(
        tenant=tenant,
        email=f"p{number}@{tenant.slug}.example",
        name=f"{tenant.name} Person {number}",
        roles=roles or (Role.EMPLOYEE,),
    )


def key_of(membership: Membership) -> str:
    return create_api_token(membership=membership, name="chaos")


def make_item(curator: Membership, number: int) -> str:
    """Every third one has pictures of its own: they are uploaded while all breaks."""
    tenant = curator.tenant
    item = Item.objects.create(
        tenant=tenant,
        title=f"Worth sharing, number {number}",
        summary="Forty kilometres of cable in nine days.",
        source_url=f"https://{tenant.slug}.example/{number}",
        state=Item.State.APPROVED,
        approved_at=timezone.now(),
    )
    if number % 3 == 0:
        kept = [keep_upload(by=curator, upload=picture(hue)) for hue in (20, 200)]
        arrange(item, [Chosen(one.pk, "A field") for one in kept], timezone.now())
    return str(item.pk)


def picture(hue: int) -> SimpleUploadedFile:
    file = BytesIO()
    Image.new("RGB", (600, 400), (hue, 120, 90)).save(file, "JPEG")
    return SimpleUploadedFile("picture.jpg", file.getvalue())


def link(membership: Membership, network: str, sandbox: str) -> Any:
    """Connect an account as the consent page would have done."""
    grant = consent(sandbox, network, membership.user.name)
    account = Account(
        tenant_id=membership.tenant_id,
        membership=membership,
        network=network,
        remote_id=grant["remote_id"],
        handle=grant["handle"],
        name=grant["name"],
        scopes=grant["scopes"],
        connected_at=timezone.now(),
        expires_at=datetime.fromisoformat(grant["expires_at"]),
    )
    sealed = seal(account, Tokens(grant["access_token"], grant["refresh_token"]))
    account.access_token = sealed.access_token
    account.refresh_token = sealed.refresh_token
    account.save(force_insert=True)
    return account.pk


def consent(sandbox: str, network: str, name: str) -> Any:
    wish = json.dumps({"network": network, "person": name}).encode()
    with urllib.request.urlopen(f"{sandbox}/_sandbox/tokens", wish) as answer:  # noqa: S310
        return json.load(answer)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
