"""The member's own queue. It has no place for anybody else's."""

import json
from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from sharing import services
from sharing.models import Share
from sharing.pacing import Pace, find_rules
from sharing.queue import Entry, Queue, read_queue
from sharing.scheduling import choose
from sharing.services import ShareRefused
from sharing.time_form import TimeForm
from sharing.timetable import Timetable
from sharing.views.connect_policy import may_leave_to_connect
from tenants.door import MemberRequest, door


@require_safe
@door()
def queue(request: MemberRequest) -> HttpResponse:
    """Show it; asks again by itself, and is answered only when something changed."""
    found = read_queue(request.membership, timezone.now())
    if request.GET.get("seen") == found.signature:
        return HttpResponse(status=204)
    return show(request, found)


def show(
    request: MemberRequest,
    found: Queue,
    status: int = 200,
    moving: Share | None = None,
    form: TimeForm | None = None,
) -> HttpResponse:
    context = {
        "queue": with_times(request, found, moving, form),
        "is_update": "seen" in request.GET,
        "nav_active": "my_shares",
    }
    page = "_queue" if request.htmx else "queue"
    response = render(request, f"sharing/{page}.html", context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    if request.htmx:
        show_messages(request, response)
    return may_leave_to_connect(request, response)


def show_messages(request: MemberRequest, response: HttpResponse) -> None:
    """A fragment has no place for messages: the newest becomes a toast."""
    for message in messages.get_messages(request):
        tone = "good" if message.level == messages.SUCCESS else "warn"
        toast = {"text": str(message), "tone": tone}
        response["HX-Trigger"] = json.dumps({"toast": toast})


def with_times(
    request: MemberRequest, found: Queue, moving: Share | None, form: TimeForm | None
) -> Queue:
    """Give each share that can be moved its form; one of them may have come back."""
    by, rules = request.membership, find_rules(request.tenant.pk)

    def with_time(entry: Entry) -> Entry:
        if not entry.can_move:
            return entry
        share, item = entry.share, entry.steps[0].publication.item
        came_back = form if moving is not None and moving.pk == share.pk else None
        fresh = TimeForm(initial=time_of(share), auto_id=auto_id(share))
        pace = Pace(rules, by, found.now, besides=share)
        timetable = Timetable(pace, item, found.now)
        return replace(entry, form=came_back or fresh, timetable=timetable)

    return replace(found, entries=[with_time(entry) for entry in found.entries])


def auto_id(share: Share) -> str:
    return f"move-{share.pk}-%s"


def time_of(share: Share) -> dict[str, object]:
    local = share.scheduled_local
    if local is None:
        return {}
    return {"day": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}"}


@require_POST
@door()
def move(request: MemberRequest, share_id: UUID) -> HttpResponse:
    """Let a share of the member go out at another time."""
    by, now = request.membership, timezone.now()
    shares = Share.objects.for_tenant(request.tenant).filter(membership=by)
    share = shares.select_related("item").filter(pk=share_id).first()
    if share is None:
        raise Http404
    data = request.POST.copy()
    data.setdefault("share", "later")
    form = TimeForm(data, auto_id=auto_id(share))
    done = form.is_valid() and moved(request, share, form)
    if form.errors:
        return show(request, read_queue(by, now), 422, share, form)
    if done:
        messages.success(request, _("Moved."))
    else:
        messages.warning(
            request, _("It is already going out, so its time cannot be changed.")
        )
    return redirect(reverse("sharing:queue", args=[request.tenant.slug]))


def moved(request: MemberRequest, share: Share, form: TimeForm) -> bool:
    """Move it; when the time is refused, say so in the form."""
    local, by = form.local, request.membership
    if local is None:
        return False
    to = choose(local, by.tenant.time_zone).at
    try:
        return services.move_share(
            share=share, by=by, now=timezone.now(), to=to, local=local
        )
    except ShareRefused as refused:
        form.offer = refused.offer
        for sentence in refused.errors["scheduled_at"]:
            form.add_error("day", sentence)
        return False
