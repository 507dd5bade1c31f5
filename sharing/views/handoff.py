"""What a member posts themselves: text, link and files at hand, and what came of it."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from common.redirects import next_path
from sharing.configured import UnknownNetwork, network_called
from sharing.handing_off import HandOff, declare_posted, is_asked
from sharing.models import Publication
from tenants.door import MemberRequest, door


@require_safe
@door()
def handoff(request: MemberRequest, publication_id: UUID) -> HttpResponse:
    """The same as on the share's page, for the queue and for the phone."""
    publication = find_own(request, publication_id)
    if not is_asked(publication, timezone.now()):
        return redirect("sharing:shared", request.tenant.slug, publication.share_id)
    network = network_called(publication.network, request.tenant.pk)
    context = {
        "hand_off": HandOff(publication, network, request.tenant.slug),
        "nav_active": "my_shares",
    }
    return render(request, "sharing/handoff.html", context)


@require_POST
@door()
def posted(request: MemberRequest, publication_id: UUID) -> HttpResponse:
    """Yes, no, or later: then it stays in the queue for a while."""
    publication = find_own(request, publication_id)
    queue = reverse("sharing:queue", args=[request.tenant.slug])
    out = {"yes": True, "no": False}.get(request.POST.get("out", ""))
    if out is None:
        messages.info(request, _("It stays in your queue until you have posted it."))
        return HttpResponseRedirect(queue)
    if declare_posted(publication=publication, by=request.membership, out=out):
        thanks = _("Thank you, noted as published.")
        messages.success(
            request, thanks if out else _("All right, it is off your list.")
        )
    else:
        settled = _("Nothing to do: this has been settled in the meantime.")
        messages.warning(request, settled)
    page = reverse("sharing:shared", args=[request.tenant.slug, publication.share_id])
    return HttpResponseRedirect(next_path(request) or page)


def find_own(request: MemberRequest, publication_id: UUID) -> Publication:
    """Return what the member posts by hand themselves, or 404."""
    mine = Publication.objects.for_tenant(request.tenant).filter(
        membership=request.membership, pk=publication_id, account=None
    )
    publication = mine.select_related("link", "item", "share").first()
    if publication is None or not is_known(publication):
        raise Http404
    return publication


def is_known(publication: Publication) -> bool:
    try:
        network_called(publication.network)
    except UnknownNetwork:
        return False
    return True
