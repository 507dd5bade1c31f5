"""Where networks call us: no session, no form of ours; each call carries its own proof."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from sharing import hooks
from sharing.telling import label_of


@csrf_exempt
@never_cache
@require_POST
def hook(request: HttpRequest, network: str, kind: str) -> HttpResponse:
    """Take a call; a network reads no more of the answer than its status."""
    if not hooks.takes(network, kind):
        raise Http404
    length = request.headers.get("Content-Length") or "0"
    if not length.isdecimal() or int(length) > hooks.MOST_BYTES:
        return JsonResponse({"error": "too large"}, status=413)
    heard = hooks.take(network, kind, request.headers, request.body)
    if not heard.is_proven:
        return JsonResponse({"error": "not signed for this app"}, status=403)
    if heard.asks_deletion:
        return JsonResponse(hooks.receipt(network, timezone.now()))
    return JsonResponse({})


@never_cache
@require_safe
def receipt(request: HttpRequest, network: str, code: str) -> HttpResponse:
    """Tell whoever has the code that what was kept of them is deleted."""
    moment = hooks.confirmed_at(network, code)
    if moment is None:
        raise Http404
    context = {"network": label_of(network), "moment": moment}
    return render(request, "sharing/deletion_receipt.html", context)
