"""What a network asks about a post, drawn for one account when it is chosen."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from common.throttle import allow
from content_library.models import Item
from sharing.asking import Asked, ask
from sharing.composer import open_composer
from sharing.configured import UnknownNetwork, connector_for
from sharing.connectors.base import Connector
from sharing.models import Account
from sharing.options import options_in
from sharing.services import Part, find_draft, with_files
from sharing.views.compose import find_item, show
from tenants.door import MemberRequest, door
from tenants.scoping import acting_for

OFTEN = 15  # times in a minute: networks themselves allow some twenty


@require_http_methods(["GET", "HEAD", "POST"])
@door(transaction=False)
def share_form(request: MemberRequest, item_id: UUID, account_id: UUID) -> HttpResponse:
    """Draw the form: as a fragment for the composer, or in a composer of its own."""
    with acting_for(request.tenant):
        item = find_item(request, item_id)
        account, connector = find_asking(request, account_id)
        part = with_files(Part(account, ""), item)
        sent = request.POST if request.method == "POST" else None
        values = sent if sent is not None else find_draft(request.membership, item)
    given, tell = options_in(values, account.pk), bool(sent and sent.get("tell"))
    if part.attached.problem:
        asked = Asked(account, connector, problem=part.attached.problem)
    elif not allow("ask", str(account.pk), limit=OFTEN, seconds=60):
        said = _("You have opened this very often. Wait a minute and try again.")
        asked = Asked(account, connector, problem=said)
    else:
        asked = ask(account, connector, part.attached.files, given, tell=tell)
    if sent is not None:
        context = {"asked": asked, "item": item, "swapped": True}
        return render(request, "sharing/_share_form.html", context)
    return page(request, item, asked)


def page(request: MemberRequest, item: Item, asked: Asked) -> HttpResponse:
    """The composer with the form in it, for browsers without our script."""
    with acting_for(request.tenant):
        pk = str(asked.account.pk)
        chosen = {
            "account": [*request.GET.getlist("account"), pk],
            "by_hand": request.GET.getlist("by_hand"),
        }
        composer = open_composer(
            request.membership, item, timezone.now(), initial=chosen
        )
        composer.asked[pk] = asked
        return show(request, composer)


def find_asking(request: MemberRequest, pk: UUID) -> tuple[Account, Connector]:
    """Return the member's own account on a network that asks, or 404."""
    mine = Account.objects.for_tenant(request.tenant).filter(
        membership=request.membership, pk=pk
    )
    account = mine.with_clock().first()
    if account is None or not account.is_connected:
        raise Http404
    try:
        connector = connector_for(account.network, request.tenant.pk)
    except UnknownNetwork:
        raise Http404 from None
    if not connector.asks:
        raise Http404
    return account, connector
