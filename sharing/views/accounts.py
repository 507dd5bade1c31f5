"""A member's accounts on the networks: connect, confirm, disconnect."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.models import User
from common.redirects import next_path, own_path
from common.throttle import allow
from notifications.notifying import see
from sharing import connecting
from sharing.configured import UnknownNetwork, network_called, publisher_for
from sharing.connect_form import ConnectForm
from sharing.connections import known_answers, permissions, read_connections
from sharing.connectors.base import Connector, OAuth2Connector
from sharing.connectors.errors import ConnectorError, Mistyped
from sharing.models import Account, ConnectAttempt
from sharing.services import translated
from sharing.views.connect_policy import may_leave_to_connect
from tenants.door import MemberRequest, door
from tenants.scoping import acting_for

ATTEMPTS = 30  # an hour: enough for a forgotten password, too few to guess one


@require_safe
@door()
def accounts(request: MemberRequest) -> HttpResponse:
    connections = read_connections(request.membership, timezone.now())
    shown = [one.account.pk for network in connections for one in network.linked]
    see(tenant_id=request.tenant.pk, member=request.membership.pk, about__in=shown)
    context = {"connections": connections, "nav_active": "accounts"}
    page = render(request, "sharing/accounts.html", context)
    return may_leave_to_connect(request, page)


@require_safe
@door()
def welcome_accounts(request: MemberRequest) -> HttpResponse:
    """The last step of the welcome; it may be left out."""
    context = {"connections": read_connections(request.membership, timezone.now())}
    page = render(request, "sharing/welcome_accounts.html", context)
    return may_leave_to_connect(request, page)


# -- Connect ----------------------------------------------------------------------------


@require_POST
@door()
def connect(request: MemberRequest, network: str) -> HttpResponse:
    fallback = reverse("sharing:accounts", args=[request.tenant.slug])
    return leave_to_connect(request, network, next_path(request) or fallback)


def leave_to_connect(
    request: MemberRequest, network: str, return_to: str
) -> HttpResponse:
    """Send the browser to the network's consent page, or to our form before it."""
    if offered(request, network).asks_to_connect:
        ask = reverse("sharing:connect_ask", args=[request.tenant.slug, network])
        return lead(request, f"{ask}?{urlencode({'next': return_to})}")
    try:
        url = connecting.begin(
            by=request.membership,
            network=network,
            session_key=session_key(request),
            now=timezone.now(),
            return_to=return_to,
        )
    except UnknownNetwork:
        raise Http404 from None
    return lead(request, url)


def lead(request: MemberRequest, url: str) -> HttpResponse:
    if request.htmx:
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


def offered(request: MemberRequest, network: str) -> Connector:
    try:
        return publisher_for(network, request.tenant.pk)
    except UnknownNetwork:
        raise Http404 from None


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@door(transaction=False)
def connect_ask(request: MemberRequest, network: str) -> HttpResponse:
    """Ask what has to be typed before connecting: a server, or a name and a password."""
    with acting_for(request.tenant):
        connector = offered(request, network)
        known = known_answers(request.membership, connector)
    if not connector.asks_to_connect:
        raise Http404
    form = ConnectForm(connector, request.POST or None, known)
    if form.is_valid():
        try:
            return go_on(request, connector, form.answers)
        except ConnectorError as error:
            field = error.field if isinstance(error, Mistyped) else ""
            form.add_error(field or None, translated(error.sentence))
    context = {
        "form": form,
        "network": connector,
        "leaves": isinstance(connector, OAuth2Connector),
        "permissions": permissions(connector),
        "next": next_path(request),
        "back_url": reverse("sharing:accounts", args=[request.tenant.slug]),
        "nav_active": "accounts",
    }
    status = 422 if form.errors else 200
    return render(request, "sharing/connect_ask.html", context, status=status)


def go_on(
    request: MemberRequest, network: Connector, answers: dict[str, str]
) -> HttpResponse:
    """Lead on to the network's consent page, or to ours when the member is signed in."""
    by = request.membership
    if not allow("connect", str(by.pk), limit=ATTEMPTS, seconds=3600):
        raise Mistyped(connecting.TOO_OFTEN)
    fallback = reverse("sharing:accounts", args=[request.tenant.slug])
    dance: dict[str, Any] = {
        "by": by,
        "network": network.slug,
        "session_key": session_key(request),
        "now": timezone.now(),
        "return_to": next_path(request) or fallback,
        "answers": answers,
    }
    if not isinstance(network, OAuth2Connector):
        attempt = connecting.sign_in(**dance)
        return redirect("sharing:confirm", request.tenant.slug, attempt.pk)
    return leave(request, network, connecting.begin(**dance))


def leave(request: MemberRequest, network: Connector, url: str) -> HttpResponse:
    """Go to a server that the form's page could not know of: its policy forbids a redirect."""
    host = urlsplit(url).netloc
    context = {"network": network, "url": url, "host": host}
    response = render(request, "sharing/connect_leave.html", context)
    response["Refresh"] = f"0; url={url}"
    return response


@require_GET
@login_required
def callback(request: HttpRequest, network: str) -> HttpResponse:
    """The network sends the member back: take its answer, then ask for consent here."""
    called(network)
    assert isinstance(request.user, User)  # noqa: S101 (login_required saw to it)
    params, session, now = request.GET.dict(), session_key(request), timezone.now()
    state, user = params.get("state", ""), request.user
    try:
        attempt = connecting.find_attempt(network, state, session, user, now)
        connecting.answer_callback(
            network=network, params=params, session_key=session, user=user, now=now
        )
    except connecting.AttemptInvalid as stale:
        return ended(request, network, stale.sentence)
    except ConnectorError as error:
        missing = getattr(error, "missing", ())
        return ended(request, network, error.sentence, attempt, missing)
    except UnknownNetwork:
        raise Http404 from None
    return redirect("sharing:confirm", attempt.tenant.slug, attempt.pk)


def called(network: str) -> None:
    """404 for what sends nobody back; whether it is offered the state's tenant tells."""
    try:
        is_known = isinstance(network_called(network), OAuth2Connector)
    except UnknownNetwork:
        is_known = False
    if not is_known:
        raise Http404


def ended(
    request: HttpRequest,
    network: str,
    sentence: str,
    attempt: ConnectAttempt | None = None,
    missing: Sequence[str] = (),
) -> HttpResponse:
    """A page that says why nothing was connected, and leads back to where it began."""
    connector = network_called(network)
    context = {
        "network": connector,
        "permissions": permissions(connector, missing),
        "sentence": translated(sentence),
        "back_url": own_path(attempt.return_to if attempt else "") or "/",
    }
    if attempt:
        context["tenant"] = attempt.tenant
    return render(request, "sharing/connect_ended.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@door()
def confirm(request: MemberRequest, attempt_id: UUID) -> HttpResponse:
    """Show whom the member links to what; nothing is linked before they say yes."""
    by, now = request.membership, timezone.now()
    attempt = connecting.open_attempt(by, attempt_id, now)
    if attempt is None:
        messages.warning(request, translated(connecting.AttemptInvalid.sentence))
        return redirect("sharing:accounts", request.tenant.slug)
    network = network_called(attempt.network, attempt.tenant_id)
    if request.method != "POST":
        context = {
            "attempt": attempt,
            "network": network,
            "permissions": permissions(
                network, connecting.held_by(attempt).tokens.scopes
            ),
            "nav_active": "accounts",
        }
        return render(request, "sharing/confirm.html", context)
    return decide(request, attempt)


def decide(request: MemberRequest, attempt: ConnectAttempt) -> HttpResponse:
    by, now = request.membership, timezone.now()
    label = network_called(attempt.network).label
    if request.POST.get("answer") != "yes":
        connecting.decline(attempt=attempt, now=now)
        messages.info(request, _("Nothing was connected."))
        return HttpResponseRedirect(way_back(request, attempt))
    try:
        connecting.confirm(attempt=attempt, by=by, now=now)
    except ConnectorError as error:
        return ended(request, attempt.network, error.sentence, attempt)
    messages.success(request, _("%(network)s is connected.") % {"network": label})
    return HttpResponseRedirect(way_back(request, attempt))


# -- Disconnect -------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@door(transaction=False)
def disconnect(request: MemberRequest, account_id: UUID) -> HttpResponse:
    """Ask once more, then forget the account; the network is told outside a transaction."""
    with acting_for(request.tenant):
        account = find_own(request, account_id)
    network = label_of(account)
    if request.method != "POST":
        context = {"account": account, "network": network, "nav_active": "accounts"}
        return render(request, "sharing/disconnect.html", context)
    connecting.disconnect(account=account, by=request.membership, now=timezone.now())
    messages.success(request, _("%(network)s is disconnected.") % {"network": network})
    return redirect("sharing:accounts", request.tenant.slug)


def find_own(request: MemberRequest, account_id: UUID) -> Account:
    mine = Account.objects.for_tenant(request.tenant).connected()
    account = mine.filter(membership=request.membership, pk=account_id).first()
    if account is None:
        raise Http404
    return account


def label_of(account: Account) -> str:
    try:
        return network_called(account.network).label
    except UnknownNetwork:
        return account.network


# -- Ways back --------------------------------------------------------------------------


def way_back(request: MemberRequest, attempt: ConnectAttempt) -> str:
    fallback = reverse("sharing:accounts", args=[request.tenant.slug])
    return own_path(attempt.return_to) or fallback


def session_key(request: HttpRequest) -> str:
    return request.session.session_key or ""
