"""The composer: write in your own words, see what will stand there, share."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_POST

from content_library.models import Item, SuggestedText
from guidelines.services import acknowledge_all
from sharing.composer import (
    Composer,
    add_words,
    open_composer,
    visible_item,
    words_of,
)
from sharing.forms import ALL, typed
from sharing.models import Publication, Share
from sharing.scheduling import choose
from sharing.services import (
    LONGEST_TEXT,
    ShareRefused,
    find_pressed,
    find_twin,
    save_draft,
    share_item,
    shared_since,
)
from sharing.views.accounts import leave_to_connect
from sharing.views.connect_policy import may_leave_to_connect
from tenants.door import MemberRequest, door


@require_http_methods(["GET", "HEAD", "POST"])
@door()
def compose(request: MemberRequest, item_id: UUID) -> HttpResponse:
    item = find_item(request, item_id)
    if request.method == "POST":
        return answer(request, item)
    by, now = request.membership, timezone.now()
    composer = open_composer(by, item, now, initial=brought(request, item))
    return show(request, composer)


def find_item(request: MemberRequest, item_id: UUID) -> Item:
    item = visible_item(request.membership, item_id, timezone.now())
    if item is None:
        raise Http404
    return item


def brought(request: MemberRequest, item: Item) -> dict[str, Any]:
    """Return what the link brought along: a suggestion, or a refused text to mend."""
    if suggestion := find_suggestion(item, request.GET.get("text", "")):
        return {"text": suggestion.text}
    publication = find_own(request, item, request.GET.get("again", ""))
    if publication is None or publication.account is None:
        return {}
    return {"text": words_of(publication), "account": [str(publication.account_id)]}


def find_suggestion(item: Item, pk: str) -> SuggestedText | None:
    texts = SuggestedText.objects.for_tenant(item.tenant_id).filter(item=item)
    return texts.filter(pk=pk).first() if is_uuid(pk) else None


def find_own(request: MemberRequest, item: Item, pk: str) -> Publication | None:
    if not is_uuid(pk):
        return None
    mine = Publication.objects.for_tenant(request.tenant).filter(
        membership=request.membership, item=item
    )
    return mine.filter(pk=pk).select_related("link", "account").first()


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


# -- One press --------------------------------------------------------------------------


def answer(request: MemberRequest, item: Item) -> HttpResponse:
    """Share, or do what another button of the form asks for."""
    by, now = request.membership, timezone.now()
    key = request.POST.get("key", "")
    key = "" if "\0" in key else key[:80]
    since = shared_since(by, item, key)
    if pressed := [share for share in since if share.idempotency_key == key]:
        return shared(request, pressed[0])
    composer = open_composer(by, item, now, data=request.POST)
    if "use" in request.POST:
        return insert(request, composer, request.POST["use"])
    if "connect" in request.POST:
        save_draft(by=by, item=item, texts=typed(composer.form))
        back = reverse("sharing:compose", args=[request.tenant.slug, item.pk])
        return leave_to_connect(request, request.POST["connect"], back)
    if asked := request.POST.get("ask", ""):
        return leave_to_answer(request, composer, asked)
    if is_stray_enter(request):
        chosen = chosen_in(request)
        save_draft(by=by, item=item, texts=typed(composer.form))
        return show(request, open_composer(by, item, now, initial=chosen))
    share = press(request, composer, since)
    if share is None:
        save_draft(by=by, item=item, texts=typed(composer.form))
        return show(request, composer, status=422)
    return shared(request, share)


def leave_to_answer(
    request: MemberRequest, composer: Composer, account_pk: str
) -> HttpResponse:
    """Lead to a page with what a network asks, for browsers without our script."""
    save_draft(by=request.membership, item=composer.item, texts=typed(composer.form))
    if account_pk not in composer.form.accounts:
        raise Http404
    place = [request.tenant.slug, composer.item.pk, account_pk]
    chosen = urlencode(chosen_in(request), doseq=True)
    return redirect(f"{reverse('sharing:share_form', args=place)}?{chosen}")


def chosen_in(request: MemberRequest) -> dict[str, Any]:
    """Return where it is to be shared, as the form says."""
    return {name: request.POST.getlist(name) for name in ("account", "by_hand")}


def is_stray_enter(request: MemberRequest) -> bool:
    """Enter in a box presses the form's first button: that alone shares nothing."""
    by_time = request.POST.get("day") or request.POST.get("time")
    return request.POST.get("share") == "enter" and not by_time


def press(
    request: MemberRequest, composer: Composer, since: Sequence[Share]
) -> Share | None:
    """Share what the form holds; when it is refused, say so in the form."""
    by, form, now = request.membership, composer.form, timezone.now()
    if not form.is_valid():
        if "key" in form.errors:
            form.renew_key()
        return None
    unread = list(composer.unread)
    if form.cleaned_data.get("read"):
        # Only what stood on the page: a newer version is asked for again.
        shown = request.POST.getlist("version")
        seen = [version for version in unread if str(version.pk) in shown]
        acknowledge_all(by=by, versions=seen, now=now)
        unread = [version for version in unread if version not in seen]
    parts, by_hand, local = form.parts(), form.handed(), form.local
    if twin := find_twin(since, composer.item, parts, local, by_hand):
        save_draft(by=by, item=composer.item, texts={})
        return twin
    try:
        return share_item(
            by=by,
            item=composer.item,
            parts=parts,
            idempotency_key=form.cleaned_data["key"],
            now=now,
            scheduled_at=choose(local, by.tenant.time_zone).at if local else None,
            scheduled_local=local,
            by_hand=by_hand,
            unread=unread,
        )
    except ShareRefused as refused:
        form.refuse(refused, parts)
        return None


def insert(request: MemberRequest, composer: Composer, pk: str) -> HttpResponse:
    """Put a suggestion into the box, for browsers without our script."""
    by, item, texts = request.membership, composer.item, typed(composer.form)
    if suggestion := find_suggestion(item, pk):
        texts[ALL] = add_words(texts[ALL], suggestion.text, composer.suggestions)
    save_draft(by=by, item=item, texts=texts)
    chosen = chosen_in(request)
    return show(request, open_composer(by, item, timezone.now(), initial=chosen))


def shared(request: MemberRequest, share: Share) -> HttpResponse:
    url = reverse("sharing:shared", args=[request.tenant.slug, share.pk])
    return redirect(url)


def show(request: MemberRequest, composer: Composer, status: int = 200) -> HttpResponse:
    page = "_compose" if request.htmx else "compose"
    context = {
        "composer": composer,
        "nav_active": "feed",
        "in_dialog": bool(request.htmx),
        "heading": "h3" if request.htmx else "h2",
    }
    response = render(request, f"sharing/{page}.html", context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return may_leave_to_connect(request, response)


# -- While typing -----------------------------------------------------------------------


@require_POST
@door()
def preview(request: MemberRequest, item_id: UUID) -> HttpResponse:
    """Show what each network would get, counted by its own rule."""
    item = find_item(request, item_id)
    composer = open_composer(
        request.membership, item, timezone.now(), data=request.POST
    )
    context = {"composer": composer, "swapped": True}
    return render(request, "sharing/_previews.html", context)


@require_POST
@door()
def draft(request: MemberRequest, item_id: UUID) -> HttpResponse:
    """Keep what is typed so far."""
    item, by, now = find_item(request, item_id), request.membership, timezone.now()
    if find_pressed(by, request.POST.get("key", "").replace("\0", "")[:80]):
        return HttpResponse(status=204)
    composer = open_composer(by, item, now, data=request.POST)
    texts = typed(composer.form)
    too_long = any(len(text) > LONGEST_TEXT for text in texts.values())
    if not too_long:
        save_draft(by=by, item=item, texts=texts)
    context = {"saved_at": now, "too_long": too_long, "empty": not any(texts.values())}
    return render(request, "sharing/_draft_state.html", context)
