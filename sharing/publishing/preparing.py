"""CLAIMED: all that a network wants before it is asked to publish, and may be done again.

Uploads take longer than a lease and may break off anywhere: each step is written down
with the lease renewed, so that whoever has the row next goes on from there.
"""

import logging
import time
from dataclasses import replace

from psycopg2.extras import Json

from sharing import failpoints
from sharing.connectors import errors
from sharing.connectors.progress import Progress
from sharing.connectors.text import Sentence, _
from sharing.connectors.types import NotYet, Tokens
from sharing.models import Publication, Reason
from sharing.publishing.claiming import Work, held_until
from sharing.publishing.moving import lease
from sharing.publishing.outcomes import record
from sharing.telling import label_of
from sharing.tokens import usable_tokens
from tenants.scoping import one_statement

log = logging.getLogger(__name__)

UNHINTED, SOONEST, LATEST = 10.0, 1.0, 600.0  # seconds

_WORKING = _(
    "%(network)s is preparing your pictures or video. It goes out when they are ready."
)

KEEP = """
UPDATE sharing_publication SET
    prepared = %s, lease_until = statement_timestamp() + %s,
    updated_at = statement_timestamp()
WHERE tenant_id = %s AND id = %s AND state = 'claimed' AND token = %s
  AND lease_until > statement_timestamp()
RETURNING id
"""


def prepare(work: Work) -> tuple[Tokens, NotYet | None]:
    """Return the tokens to send with, and whether the network still prepares something.

    Whatever goes wrong here is proof of nothing sent.
    """
    try:
        tokens = usable_tokens(work.account, work.connector)
        return tokens, make_ready(work, tokens)
    except errors.Unknown as silence:
        raise errors.TryLater(sentence=silence.sentence, reason="no_answer") from None
    except errors.ConnectorError:
        raise
    except Exception:
        log.exception("publication %s broke before sending", work.publication.pk)
        raise errors.TryLater from None


def make_ready(work: Work, tokens: Tokens) -> NotYet | None:
    """Let the connector upload what it has to; ``work`` then holds the post to send."""
    progress = Progress(work.publication.prepared, lambda made: keep(work, made),
                        work.deadline)  # fmt: skip
    not_yet = work.connector.prepare(
        tokens, work.account.remote_id, work.post, progress
    )
    work.post = replace(work.post, made=dict(progress.made))
    return not_yet


def keep(work: Work, made: dict[str, str]) -> float | None:
    """Write down what was made and hold the row anew; None when it is not ours any more."""
    publication, started = work.publication, time.monotonic()
    values = (Json(made), lease(), publication.tenant_id, publication.pk,
              publication.token)  # fmt: skip
    if not one_statement(publication.tenant_id, KEEP, values):
        return None
    publication.prepared = made
    work.started = started
    failpoints.at("in_preparation")
    return held_until(started)


def come_back(publication: Publication, not_yet: NotYet) -> bool:
    """CLAIMED -> READY until the network has worked on it; NEEDS_USER after a day."""
    hint = UNHINTED if not_yet.after is None else not_yet.after
    sentence = Sentence(_WORKING, network=label_of(publication.network))
    pause = min(max(hint, SOONEST), LATEST)
    return record(
        publication,
        errors.TryLater(after=pause, reason=Reason.MEDIA, sentence=sentence),
    )
