"""What became of a share, and what its member may do about it."""

from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from common.redirects import next_path
from notifications.notifying import see
from sharing import services
from sharing.composer import art
from sharing.models import Publication, Share
from sharing.progress import Step, network_of, read_progress
from sharing.views.connect_policy import may_leave_to_connect
from tenants.door import MemberRequest, door


@require_safe
@door()
def shared(request: MemberRequest, share_id: UUID) -> HttpResponse:
    """Tell how far a share has come; asks again by itself until nothing moves."""
    shares = Share.objects.for_tenant(request.tenant).filter(
        membership=request.membership
    )
    share = shares.select_related("item").filter(pk=share_id).first()
    if share is None:
        raise Http404
    progress = read_progress(share, timezone.now())
    if progress.is_settled:
        # Whoever is here needs no notice, and no mail, about it.
        see(tenant_id=share.tenant_id, member=request.membership.pk, about=share.pk)
    if request.GET.get("seen") == progress.signature:
        return HttpResponse(status=204)
    page = "_shared" if request.htmx else "shared"
    context = {
        "progress": progress,
        "item": share.item,
        "art": art(share.item),
        "is_update": "seen" in request.GET,
        "in_dialog": is_in_dialog(request),
        "nav_active": "feed",
    }
    response = render(request, f"sharing/{page}.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return may_leave_to_connect(request, response)


def is_in_dialog(request: MemberRequest) -> bool:
    """A fragment for the page that shows a share already is not one for the feed's dialog."""
    page = urlsplit(request.htmx.current_url or "").path
    return bool(request.htmx) and page != request.path


# -- Actions ----------------------------------------------------------------------------


def find_own(request: MemberRequest, publication_id: UUID) -> Publication:
    """Return the member's own publication, or 404."""
    mine = Publication.objects.for_tenant(request.tenant).filter(
        membership=request.membership, pk=publication_id
    )
    publication = mine.select_related("account").first()
    if publication is None:
        raise Http404
    return publication


@require_POST
@door()
def cancel(request: MemberRequest, publication_id: UUID) -> HttpResponse:
    publication = find_own(request, publication_id)
    done = services.cancel_publication(publication=publication, by=request.membership)
    too_late = _("It is already going out, so it cannot be cancelled any more.")
    return back(request, publication, _("Cancelled.") if done else too_late, done)


@require_POST
@door()
def answer(request: MemberRequest, publication_id: UUID) -> HttpResponse:
    """The member looked at the network: is the post there?"""
    publication = find_own(request, publication_id)
    out = {"yes": True, "no": False}.get(request.POST.get("out", ""))
    if out is None:
        sentence = _("Tell us whether the post is there: yes or no.")
        return back(request, publication, sentence, False)
    done = services.answer_unsure(
        publication=publication, by=request.membership, out=out
    )
    again = _("It goes out again.")
    sentence = (
        _("Thank you, noted as published.") if out else later_or(publication, again)
    )
    return back(request, publication, sentence if done else settled(), done)


@require_POST
@door()
def retry(request: MemberRequest, publication_id: UUID) -> HttpResponse:
    publication = find_own(request, publication_id)
    done = services.retry(publication=publication, by=request.membership)
    sentence = later_or(publication, _("We are trying again.")) if done else settled()
    return back(request, publication, sentence, done)


def later_or(publication: Publication, at_once: str) -> str:
    """Say what a press means: at once, or after quiet hours."""
    return Step(publication, network_of(publication)).goes_out or at_once


def settled() -> str:
    return _("Nothing to do: this has been settled in the meantime.")


def back(
    request: MemberRequest, publication: Publication, sentence: str, done: bool
) -> HttpResponse:
    """Say what happened and return to where the button was."""
    progress = reverse(
        "sharing:shared", args=[request.tenant.slug, publication.share_id]
    )
    path = next_path(request)
    if request.htmx and not path:
        return HttpResponseRedirect(progress)
    messages.add_message(
        request, messages.SUCCESS if done else messages.WARNING, sentence
    )
    return HttpResponseRedirect(path or progress)
