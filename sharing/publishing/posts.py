"""What goes to the network: frozen at the press, the same bytes at each attempt."""

from sharing.connectors.connector import Connector
from sharing.connectors.types import Post
from sharing.media import card_picture, fitted
from sharing.models import Publication


def frozen_post(publication: Publication, connector: Connector) -> Post:
    """Return the post exactly as it was accepted, with what was prepared for it.

    Reads files, and rows where it has any: call it outside a transaction. Raises
    ``Refused`` when one of its files is gone.
    """
    card, tenant_id = publication.card, publication.tenant_id
    shows = connector.shows_card and not publication.media
    return Post(
        text=publication.text,
        link=card.get("link"),
        title=card.get("title", ""),
        description=card.get("description", ""),
        thumbnail=card_picture(tenant_id, card.get("image", ""), card.get("alt", ""))
        if shows
        else None,
        media=fitted(connector, tenant_id, publication.media),
        options=publication.options,
        made=publication.prepared,
        key=str(publication.pk),
    )
