"""Sign-in by e-mail link, and what a person says about themselves."""

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.forms import MagicForm, ProfileForm
from accounts.magic import LinkClosed, find_link, request_link, use_link
from common.forms import typed
from common.redirects import next_path, own_path
from common.throttle import allow

QUARTER = 15 * 60


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def magic(request: HttpRequest) -> HttpResponse:
    """Ask for a link; the answer is the same whether or not the address is known."""
    form = MagicForm(typed(request), initial={"next": next_path(request)})
    if form.is_valid():
        email = form.cleaned_data["email"]
        if not may_ask(request, email):
            form.add_error(
                None, _("That was asked for often. Wait a quarter of an hour.")
            )
            context = {"form": form}
            return render(request, "accounts/magic_request.html", context, status=429)
        path = own_path(form.cleaned_data["next"])
        request_link(
            email=email,
            next_path=path,
            language=get_language() or "",
            now=timezone.now(),
        )
        return render(request, "accounts/magic_sent.html")
    status = 422 if form.is_bound else 200
    return render(request, "accounts/magic_request.html", {"form": form}, status=status)


def may_ask(request: HttpRequest, email: str) -> bool:
    address = get_adapter().get_client_ip(request)
    return allow("magic-ip", address, limit=30, seconds=QUARTER) and allow(
        "magic-email", email.lower(), limit=5, seconds=QUARTER
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def magic_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show one button, as mail programs open links by themselves; the press signs in."""
    now = timezone.now()
    try:
        if request.method != "POST":
            find_link(token, now)
            return render(request, "accounts/magic_confirm.html")
        link = use_link(token, now)
    except LinkClosed:
        return render(request, "accounts/magic_expired.html", status=410)
    login(request, link.user)
    return redirect(own_path(link.next_path) or "home")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Name and language of the person, in every workplace."""
    form = ProfileForm(typed(request), instance=request.user)
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("accounts:profile")
    status = 422 if form.is_bound else 200
    return render(request, "accounts/profile.html", {"form": form}, status=status)


def closed(request: HttpRequest, **kwargs: str) -> HttpResponse:
    """Pages of allauth that we do not offer.

    An e-mail address is what an invitation trusts: changing it oneself, unverified,
    would let somebody wait in the place of a colleague who is yet to be invited.
    """
    raise Http404
