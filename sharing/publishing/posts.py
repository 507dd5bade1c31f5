"""What goes to the network: frozen at the press, the same bytes at each attempt."""

from sharing.connectors.connector import Connector
from sharing.connectors.types import Post
from sharing.models import Publication


def frozen_post(publication: Publication, connector: Connector) -> Post:
    """Return the post exactly as it was accepted, with what was prepared for it."""
    card = publication.card
    return Post(
        text=publication.text,
        link=card.get("link"),
        title=card.get("title", ""),
        description=card.get("description", ""),
        options=publication.options,
        made=publication.prepared,
        key=str(publication.pk),
    )
