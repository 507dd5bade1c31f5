"""The files of items: members look at them, curators upload them."""

from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from common.files import send_file
from common.middleware import takes_files
from content_library import item_media
from content_library.media_form import MediaRow
from content_library.models import Item, ItemMedia
from content_library.public_files import opened
from content_library.uploads import BadFile
from content_library.uploads.kinds import content_type_of
from tenants.door import MemberRequest, door
from tenants.models import Role

ONE_YEAR = 60 * 60 * 24 * 365


@door()
@require_safe
def file(request: MemberRequest, media_id: UUID) -> HttpResponseBase:
    """A picture, a video in the parts that its player asks for, or a document."""
    media = find_media(request, media_id)
    response = sent(request, media, media.file.name or "")
    if media.kind == ItemMedia.Kind.DOCUMENT:
        response.headers["Content-Disposition"] = "attachment"
    return response


@door()
@require_safe
def preview(request: MemberRequest, media_id: UUID) -> HttpResponseBase:
    """A small picture of the file."""
    media = find_media(request, media_id)
    return sent(request, media, media.preview.name or "")


@takes_files
@door(Role.CURATOR, transaction=False)
@require_POST
def upload(request: MemberRequest) -> HttpResponse:
    """Keep one file for an item that is being written; its row for the form comes back."""
    sent_file = request.FILES.get("file")
    if sent_file is None:
        return refusal(_("Choose a file first."))
    try:
        media = item_media.keep_upload(by=request.membership, upload=sent_file)
    except BadFile as bad:
        return refusal(str(bad.sentence))
    context = {"row": MediaRow(media), "tenant": request.tenant}
    return render(request, "content_library/_media_row.html", context)


def refusal(sentence: str) -> HttpResponse:
    return HttpResponse(sentence, status=422, content_type="text/plain; charset=utf-8")


# -- Steps ----------------------------------------------------------------------------------


def find_media(request: MemberRequest, media_id: UUID) -> ItemMedia:
    """Return the file of an item that the member may see; curators see new uploads too."""
    rows = ItemMedia.objects.for_tenant(request.tenant).filter(removed_at=None)
    media = get_object_or_404(rows, pk=media_id)
    if media.item_id is None:
        if not request.membership.is_curator:
            raise Http404
        return media
    items = Item.objects.for_tenant(request.tenant)
    visible = items.visible_to(request.membership, timezone.now())
    get_object_or_404(visible, pk=media.item_id)
    return media


def sent(request: MemberRequest, media: ItemMedia, name: str) -> HttpResponseBase:
    response = send_file(request, *opened(name), content_type_of(name))
    lasting = request.GET.get("v") == media.version
    response.headers["Cache-Control"] = (
        f"private, max-age={ONE_YEAR}, immutable" if lasting else "private, no-cache"
    )
    return response
