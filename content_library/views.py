"""Curators keep the library; members see its pictures."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from common.forms import typed
from common.middleware import takes_files
from common.redirects import next_path
from content_library import services
from content_library.forms import ItemEditor, LibraryQuery
from content_library.models import Item, Shelf
from content_library.reading import read_library
from tenants.door import MemberRequest, door
from tenants.models import Role

ONE_YEAR = 60 * 60 * 24 * 365


@door(Role.CURATOR)
@require_safe
def library(request: MemberRequest) -> HttpResponse:
    """The items of one shelf, newest change first."""
    query = LibraryQuery(request.GET)
    asked = query.cleaned_data if query.is_valid() else {}
    words = asked.get("q", "")
    found = read_library(
        request.tenant,
        timezone.now(),
        shelf=asked.get("shelf", ""),
        words=words,
        page_number=request.GET.get("page", ""),
    )
    context = {
        "nav_active": "library",
        "library": found,
        "words": words,
        "tabs": tabs(found.shelf, found.counts, words),
        "here": request.get_full_path(),
    }
    return render(request, "content_library/library.html", context)


def tabs(current: Shelf, counts: Any, words: str) -> list[dict[str, Any]]:
    """Return a tab per shelf; each keeps what is searched for."""
    kept = {"q": words} if words else {}
    return [
        {
            "url": f"?{urlencode({'shelf': shelf.value, **kept})}",
            "label": shelf.label,
            "count": counts[shelf],
            "active": shelf == current,
        }
        for shelf in Shelf
    ]


@takes_files
@door(Role.CURATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: MemberRequest, item_id: UUID | None = None) -> HttpResponse:
    """Write a new item or change one; the picture of a refused form has to come again."""
    item = find_item(request, item_id) if item_id else None
    editor = ItemEditor(
        typed(request), request.FILES or None, by=request.membership, item=item
    )
    if editor.saves and editor.is_valid():
        try:
            return saved(request, editor)
        except ValidationError as refusal:
            editor.refuse(refusal)
    context = {"nav_active": "library", "editor": editor, "item": item}
    if item:
        context["shelf"] = item.shelf(timezone.now())
    status = 422 if editor.saves or editor.media.errors else 200
    return render(request, "content_library/edit.html", context, status=status)


def saved(request: MemberRequest, editor: ItemEditor) -> HttpResponse:
    item = services.save_item(
        by=request.membership,
        content=editor.content(),
        now=timezone.now(),
        item=editor.item,
        picture=editor.form.cleaned_data["picture"],
        remove_picture=editor.form.cleaned_data["remove_picture"],
        approve=editor.approves,
    )
    return to_shelf(request, item)


@door(Role.CURATOR)
@require_POST
def approve(request: MemberRequest, item_id: UUID) -> HttpResponse:
    item = find_item(request, item_id)
    try:
        item = services.approve_item(
            by=request.membership, item=item, now=timezone.now()
        )
    except ValidationError:
        messages.error(request, _("Its window is over. Choose a later end first."))
        return redirect("content_library:edit", request.tenant.slug, item.pk)
    return to_shelf(request, item)


@door(Role.CURATOR)
@require_POST
def archive(request: MemberRequest, item_id: UUID) -> HttpResponse:
    item = find_item(request, item_id)
    try:
        services.archive_item(by=request.membership, item=item)
    except services.NotApproved:
        messages.error(request, _("A draft is not archived. Delete it instead."))
    else:
        messages.success(request, _("Archived. What was shared stays where it is."))
    return redirect(next_path(request) or shelf_page(request, Shelf.ARCHIVED))


@door(Role.CURATOR)
@require_POST
def delete(request: MemberRequest, item_id: UUID) -> HttpResponse:
    item = find_item(request, item_id)
    try:
        services.delete_draft(by=request.membership, item=item)
    except services.NotADraft:
        messages.error(request, _("Only drafts are deleted. Archive it instead."))
        return redirect("content_library:edit", request.tenant.slug, item.pk)
    messages.success(request, _("Draft deleted."))
    return redirect(next_path(request) or shelf_page(request, Shelf.DRAFT))


@door()
@require_safe
def media(request: MemberRequest, item_id: UUID) -> HttpResponse:
    """An item's picture, for members only. Its address changes with the picture."""
    items = Item.objects.for_tenant(request.tenant).exclude(image="")
    visible = items.visible_to(request.membership, timezone.now())
    item = get_object_or_404(visible, pk=item_id)
    try:
        with item.image.open("rb") as file:
            response = HttpResponse(file.read(), content_type="image/jpeg")
    except FileNotFoundError:
        raise Http404 from None
    lasting = request.GET.get("v") == item.picture_version
    response["Cache-Control"] = (
        f"private, max-age={ONE_YEAR}, immutable" if lasting else "private, no-cache"
    )
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return response


# -- Steps ----------------------------------------------------------------------------------


def find_item(request: MemberRequest, item_id: UUID) -> Item:
    return get_object_or_404(Item.objects.for_tenant(request.tenant), pk=item_id)


def shelf_page(request: MemberRequest, shelf: Shelf) -> str:
    page = reverse("content_library:library", args=[request.tenant.slug])
    return f"{page}?shelf={shelf.value}"


def to_shelf(request: MemberRequest, item: Item) -> HttpResponse:
    """Say what became of the item and show the shelf where it now stands."""
    shelf = item.shelf(timezone.now())
    sentence = {
        Shelf.DRAFT: _("Draft saved. Members do not see it yet."),
        Shelf.LIVE: _("It is live: members can share it now."),
        Shelf.SCHEDULED: _("Approved. Members see it when its window begins."),
        Shelf.EXPIRED: _("Saved. Its window is over, so members do not see it."),
        Shelf.ARCHIVED: _("Saved in the archive. Members do not see it."),
    }[shelf]
    messages.success(request, sentence)
    return redirect(shelf_page(request, shelf))
