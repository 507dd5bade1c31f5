"""The demo's people as the network sandbox knows them, so that their tokens work there."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from content_library.models import Item
from sharing.configured import connector_for
from sharing.connectors.types import Posted
from sharing.models import Account
from sharing.sandbox.people import named
from sharing.sandbox.store import Grant, Store, StoredPost

NETWORKS = {"linkedin": 0.9, "x": 0.35}  # how many of those who share are there
LIFETIME = {"linkedin": timedelta(days=60), "x": timedelta(hours=2)}


@dataclass(frozen=True)
class Consent:
    """What a consent on the network's page would have given."""

    remote_id: str
    handle: str
    access: str
    refresh: str | None
    expires_at: datetime
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class Past:
    """A post of the past."""

    text: str
    remote_id: str
    url: str


class Sandbox:
    """Writes consents and posts where the sandbox will find them when it starts."""

    def __init__(self, folder: Path | None, now: datetime) -> None:
        self.store = Store(folder)
        self.now = now

    def consent(self, network: str, name: str) -> Consent:
        person, connector = named(name), connector_for(network)
        ends, refreshable = self.now + LIFETIME[network], connector.refreshable
        client_id = connector.credentials.client_id
        grant = Grant(
            network=network,
            client_id=client_id,
            person=person.name,
            scopes=connector.scopes,
            access=secrets.token_urlsafe(48),
            expires=ends.timestamp(),
            family=secrets.token_hex(8),
            refresh=secrets.token_urlsafe(48) if refreshable else "",
            refresh_expires=(self.now + timedelta(days=180)).timestamp(),
        )
        self.store.add_grant(grant)
        remote_id = person.number(network)
        handle = person.handle
        if network == "linkedin":
            remote_id, handle = f"urn:li:person:{person.subject(client_id)}", ""
        return Consent(
            remote_id,
            handle,
            grant.access,
            grant.refresh or None,
            ends,
            connector.scopes,
        )

    def post(
        self, account: Account, text: str, link: str, item: Item, moment: datetime
    ) -> Past:
        """Put a post of the past on the network."""
        connector = connector_for(account.network)
        text = connector.compose(text, link, item.source_url)
        number = str(int(moment.timestamp() * 1000) << 20 | secrets.randbits(18))
        remote_id = (
            f"urn:li:share:{number}" if account.network == "linkedin" else number
        )
        card = {"source": link, "title": item.title, "description": item.summary}
        self.store.add_post(
            StoredPost(
                network=account.network,
                id=remote_id,
                person=named(account.name).name,
                author=account.remote_id,
                text=text,
                at=moment.timestamp(),
                fingerprint=hashlib.sha256(f"{text}{link}".encode()).hexdigest(),
                card=card if account.network == "linkedin" else {},
            )
        )
        posted = Posted(remote_id, connector.permalink(remote_id, account.handle))
        return Past(text, posted.remote_id, posted.url)
