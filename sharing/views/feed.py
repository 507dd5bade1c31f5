"""The feed: what is worth sharing today."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from content_library.models import Topic
from sharing import feed as reading
from sharing.configured import offered_networks
from sharing.views.connect_policy import may_leave_to_connect
from tenants.door import MemberRequest, door


@require_safe
@door()
def feed(request: MemberRequest) -> HttpResponse:
    now = timezone.now()
    topics = reading.topics_in_use(request.tenant, now)
    wish = wish_of(request, topics)
    page = reading.read_page(request.membership, wish, now)
    context = {
        "page": page,
        "networks": offered_networks(request.tenant.pk),
        "more_url": "",
    }
    if page.more:
        context["more_url"] = address(request, wish, before=page.more)
    if request.htmx:
        response = render(request, "sharing/_feed_cards.html", context | {"new": True})
    else:
        context |= around(request, wish, topics, now)
        response = render(request, "sharing/feed.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return may_leave_to_connect(request, response)


def wish_of(request: MemberRequest, topics: list[Topic]) -> reading.Wish:
    """Read the filters; a topic that is not in this tenant's use is not found."""
    chosen = request.GET.get("topic", "")
    known = {str(topic.pk): topic for topic in topics}
    if chosen and chosen not in known:
        raise Http404
    return reading.Wish(
        topic=known.get(chosen),
        unshared=request.GET.get("show") == "new",
        cursor=request.GET.get("before", "").replace("\0", ""),
    )


def around(
    request: MemberRequest, wish: reading.Wish, topics: list[Topic], now: Any
) -> dict[str, Any]:
    """Return what a whole page has beyond the cards."""
    hour = timezone.localtime(now).hour
    accounts = reading.own_accounts(request.membership)
    return {
        "nav_active": "feed",
        "greeting": reading.greeting(hour, request.user.first_name),
        "chips": chips(request, wish, topics),
        "unshared_url": address(request, reading.Wish(wish.topic, not wish.unshared)),
        "wish": wish,
        "connections": connections(request.tenant.pk, accounts),
    }


def chips(
    request: MemberRequest, wish: reading.Wish, topics: list[Topic]
) -> list[dict[str, Any]]:
    """Return a chip per topic; each keeps what the other filter says."""
    return [
        {
            "text": topic.name,
            "active": topic == wish.topic,
            "url": address(request, reading.Wish(topic, wish.unshared)),
        }
        for topic in topics
    ]


def connections(tenant_id: UUID, accounts: list[Any]) -> list[dict[str, Any]]:
    """Return each offered network with the member's first account on it, if any."""
    by_network: dict[str, Any] = {}
    for account in accounts:
        by_network.setdefault(account.network, account)
    return [
        {"network": network, "account": by_network.get(network.slug)}
        for network in offered_networks(tenant_id)
    ]


def address(request: MemberRequest, wish: reading.Wish, before: str = "") -> str:
    wanted = {}
    if wish.unshared:
        wanted["show"] = "new"
    if wish.topic:
        wanted["topic"] = str(wish.topic.pk)
    if before:
        wanted["before"] = before
    path = reverse("sharing:feed", args=[request.tenant.slug])
    return f"{path}?{urlencode(wanted)}" if wanted else path
