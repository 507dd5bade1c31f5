"""From the bell to the network's answer: the one call, and what it teaches."""

import logging
from uuid import UUID

from django.db import transaction

from sharing import budgets, circuit, failpoints
from sharing.connectors import errors
from sharing.connectors.text import Sentence
from sharing.connectors.types import Tokens
from sharing.models import Publication
from sharing.publishing.claiming import Work, claim, next_by_turns
from sharing.publishing.marking import put_off, start_sending
from sharing.publishing.moving import BROKE
from sharing.publishing.outcomes import Outcome, record
from sharing.publishing.preparing import come_back, prepare
from sharing.publishing.seats import seats
from sharing.telling import tell_admins
from tenants.scoping import acting_for

log = logging.getLogger(__name__)


def publish(tenant_id: UUID | str, publication_id: UUID | str) -> bool:
    """Claim, prepare and send one publication; harmless when it is rung twice.

    Returns whether it was its turn.
    """
    work = claim(tenant_id, publication_id)
    return finish(work) is not None


def publish_next(
    tenant_id: UUID | str, publication_id: UUID | str
) -> Publication | None:
    """Send what is next by the tenants' turns, as a rule not what the bell names.

    There are as many bells as publications, so each gets its turn. Returns what was
    taken; None when nothing may go at the moment.
    """
    return finish(next_by_turns() or claim(tenant_id, publication_id))


def publish_by_turns() -> Publication | None:
    """Send one publication, where nobody rings; None when nothing is due."""
    return finish(next_by_turns())


def publish_passed_over() -> Publication | None:
    """Send something that could not go because its network had no seat left.

    As many bells may have been heard in vain as there were threads: whoever is through
    goes on until nothing is due.
    """
    sent = publish_by_turns() if seats.was_passed_over() else None
    if sent is not None:
        seats.pass_over()
    return sent


def finish(work: Work | None) -> Publication | None:
    """Carry out what was claimed, if anything was, and return it."""
    if work is None:
        return None
    try:
        carry_out(work)
    finally:
        seats.give_back(work.publication.network)
    return work.publication


def carry_out(work: Work) -> None:
    """Prepare, send, and write down what came of it."""
    failpoints.at("after_claim")
    if wait := circuit.gate(work.app):
        put_off(work.publication, wait.reason, wait.until)
        return
    try:
        tokens, not_yet = prepare(work)
    except errors.Stopped:
        circuit.not_called(work.app)
        return
    except errors.ConnectorError as error:
        circuit.not_called(work.app)
        record(work.publication, error)
        heed(work, error)
        return
    if not_yet:
        circuit.not_called(work.app)
        come_back(work.publication, not_yet)
        return
    failpoints.at("before_sending")
    if not start_sending(work):
        circuit.not_called(work.app)
        return
    failpoints.at("after_sending_commit")
    outcome = send(work, tokens)
    failpoints.at("after_send")
    record(work.publication, outcome)
    failpoints.at("after_record")
    heed(work, outcome)


def send(work: Work, tokens: Tokens) -> Outcome:
    """Call the network once. Whatever is not proof of failure comes back as ``Unknown``."""
    profile_id = work.account.remote_id
    try:
        return work.connector.publish(
            tokens, profile_id, work.post, deadline=work.deadline
        )
    except errors.ConnectorError as error:
        return error
    except Exception:
        # A fault of ours after the mark: nobody knows how far it came.
        log.exception("publication %s broke while sending", work.publication.pk)
        return errors.Unknown(Sentence(BROKE))


def heed(work: Work, outcome: Outcome) -> None:
    """Let budgets and breaker learn from the answer; the post's own fate stands already."""
    app = work.app
    with transaction.atomic():
        budgets.heed(work.windows, outcome, since=work.publication.sending_at)
    circuit.note(app, circuit.classify(outcome))
    if isinstance(outcome, errors.OperatorAction):
        with acting_for(work.publication.tenant_id):
            if circuit.pause(app, outcome.sentence):
                tell_of_pause(work.publication, outcome.sentence)


def tell_of_pause(publication: Publication, sentence: str) -> None:
    tell_admins(
        tenant_id=publication.tenant_id,
        network=publication.network,
        sentence=sentence,
        key=f"paused:{publication.network}:{publication.pk}:{publication.token}",
    )
