"""Members read the guidelines and say so; curators write them."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
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
from common.redirects import next_path
from guidelines import reading, services, starter
from guidelines.forms import (
    GuidelineEditor,
    GuidelineText,
    rearranged,
    text_of,
    typed_text,
)
from guidelines.models import Guideline, GuidelineVersion
from tenants.door import MemberRequest, door
from tenants.models import Role

AFTER_WELCOME = "sharing:welcome_accounts"  # of an app above, so by name alone
CARDS = 5
ONE_ROW = GuidelineText(rules=(services.RuleText(""),))


# -- Members ------------------------------------------------------------------------------


@door()
@require_safe
def guidelines(request: MemberRequest) -> HttpResponse:
    """What holds now, as pairs of do and don't."""
    sections = reading.sections(request.membership)
    is_curator = request.membership.is_curator
    context = {
        "nav_active": "guidelines",
        "sections": sections,
        "unread": [section for section in sections if section.read_at is None],
        "unpublished": reading.unpublished(request.tenant) if is_curator else [],
        "next": next_path(request),
    }
    return render(request, "guidelines/guidelines.html", context)


@door()
@require_safe
def version(request: MemberRequest, version_id: UUID) -> HttpResponse:
    """One version as it stood; a draft is for those who write it."""
    versions = GuidelineVersion.objects.for_tenant(request.tenant)
    if not request.membership.is_curator:
        versions = versions.exclude(published_at=None)
    found = get_object_or_404(versions.select_related("guideline"), pk=version_id)
    holding = services.current_versions(request.tenant)
    context = {
        "nav_active": "guidelines",
        "version": found,
        "rules": found.rules.order_by("position"),
        "holds": found in holding,
    }
    return render(request, "guidelines/version.html", context)


@door()
@require_POST
def acknowledge(request: MemberRequest) -> HttpResponse:
    """Note that the member has read what was shown, and go back where they came from."""
    acknowledge_shown(request)
    page, way_back = own_page(request), next_path(request)
    if not services.unacknowledged(request.membership):
        messages.success(request, _("Thank you. You are ready to share."))
        return redirect(way_back or page)
    messages.info(request, _("There is something new to read since you opened this."))
    return redirect(f"{page}?{urlencode({'next': way_back})}" if way_back else page)


@door()
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: MemberRequest) -> HttpResponse:
    """A step of the welcome: the rules as cards, and one button."""
    if request.method == "POST":
        acknowledge_shown(request)
        return redirect(after_welcome(request))
    unread = services.unacknowledged(request.membership)
    current = [v for v in services.current_versions(request.tenant) if v in unread]
    if not current:
        return redirect(after_welcome(request))
    rules = [rule for version in current for rule in version.rules.all()]
    context = {"current": current, "rules": rules[:CARDS], "more": rules[CARDS:]}
    return render(request, "guidelines/welcome.html", context)


def acknowledge_shown(request: MemberRequest) -> None:
    """Acknowledge what stood on the page, not what was published a moment later."""
    shown = request.POST.getlist("version")
    current = services.current_versions(request.tenant)
    services.acknowledge_all(
        by=request.membership,
        versions=[version for version in current if str(version.pk) in shown],
        now=timezone.now(),
    )


def own_page(request: MemberRequest) -> str:
    return reverse("guidelines:guidelines", args=[request.tenant.slug])


def after_welcome(request: MemberRequest) -> str:
    """Return the welcome's next step."""
    return reverse(AFTER_WELCOME, args=[request.tenant.slug])


# -- Curators -----------------------------------------------------------------------------


@door(Role.CURATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: MemberRequest, guideline_id: UUID | None = None) -> HttpResponse:
    """Write a new guideline, or the draft of one; publish it when it is good."""
    guideline, text, source = what_stands(request, guideline_id)
    editor = open_editor(request, guideline, text)
    if editor.is_bound and editor.is_valid(request.tenant):
        return save(request, editor, guideline)
    context = {"nav_active": "guidelines", "editor": editor, "source": source}
    status = 422 if editor.is_bound else 200
    return render(request, "guidelines/write.html", context, status=status)


def open_editor(
    request: MemberRequest, guideline: Guideline | None, text: GuidelineText
) -> GuidelineEditor:
    """Return the editor as it is sent; a row's own button only moves what was typed."""
    stands, change = text.fingerprint(), request.POST.get("change", "")
    if not change:
        return GuidelineEditor(
            typed(request), text=text, stands=stands, guideline=guideline
        )
    return GuidelineEditor(
        None,
        text=rearranged(typed_text(request.POST), change),
        stands=stands,
        guideline=guideline,
        based_on=request.POST.get("based_on", ""),
    )


def what_stands(
    request: MemberRequest, guideline_id: UUID | None
) -> tuple[Guideline | None, GuidelineText, GuidelineVersion | None]:
    """Return the guideline, its newest text, and the version that text is from."""
    if guideline_id is None:
        first = not Guideline.objects.for_tenant(request.tenant).exists()
        return None, starter.text() if first else ONE_ROW, None
    guidelines = Guideline.objects.for_tenant(request.tenant)
    guideline = get_object_or_404(guidelines, pk=guideline_id)
    version = reading.latest_version(guideline)
    return guideline, text_of(version), version


def save(
    request: MemberRequest, editor: GuidelineEditor, guideline: Guideline | None
) -> HttpResponse:
    publish = editor.publishes
    saved = services.write_guideline(
        by=request.membership,
        guideline=guideline,
        publish=publish,
        now=timezone.now(),
        **editor.content(),
    )
    if publish:
        messages.success(request, _("Published. Everybody is asked to read it once."))
        return redirect(own_page(request))
    messages.success(request, _("Draft saved. Nobody else sees it yet."))
    return redirect("guidelines:edit", request.tenant.slug, saved.guideline_id)
