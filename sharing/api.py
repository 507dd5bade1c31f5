"""Sharing in the REST API: the feed, own accounts, shares and publications.

A member sees only what is their own; the rest answers as if it did not exist.
"""

from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.viewsets import GenericViewSet

from common.api import Conflict
from content_library.api import visible_items, with_parts
from content_library.models import Item
from sharing import services
from sharing.api_shapes import (
    AccountShape,
    Answer,
    FeedItemShape,
    NewShare,
    PublicationFilters,
    PublicationShape,
    ShareFilters,
    ShareShape,
)
from sharing.configured import mode_of, network_called
from sharing.handing_off import Handed, declare_posted
from sharing.models import Account, Publication, Share, State
from tenants.api import TenantAPI

KEY = "Idempotency-Key"
LONGEST_KEY = 80
KEY_PARAMETER = OpenApiParameter(
    KEY,
    {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "example": "press-42"},
    OpenApiParameter.HEADER,
    required=True,
    description="Yours, one per intent. The same key gives the same share back.",
)


@extend_schema_view(list=extend_schema(summary="What can be shared now, newest first"))
class Feed(TenantAPI, ListModelMixin, GenericViewSet):
    """Approved items in their window, as the member's feed page shows them."""

    queryset = Item.objects.none()
    serializer_class = FeedItemShape

    def get_queryset(self) -> Any:
        mine = Share.objects.for_tenant(self.tenant).filter(
            membership=self.membership, item=OuterRef("pk")
        )
        items = Item.objects.for_tenant(self.tenant).shareable(timezone.now())
        items = with_parts(items, self.tenant).annotate(shared=Exists(mine))
        return items.order_by("-live_from", "-pk")


@extend_schema_view(
    list=extend_schema(summary="Your accounts on networks"),
    retrieve=extend_schema(summary="One of your accounts"),
)
class Accounts(TenantAPI, ListModelMixin, RetrieveModelMixin, GenericViewSet):
    """Accounts are connected and disconnected on the accounts page."""

    queryset = Account.objects.none()
    serializer_class = AccountShape

    def get_queryset(self) -> Any:
        accounts = Account.objects.for_tenant(self.tenant).connected()
        return accounts.filter(membership=self.membership).order_by("network", "pk")


def own_publications(view: TenantAPI) -> Any:
    publications = Publication.objects.for_tenant(view.tenant).select_related("link")
    return publications.filter(membership=view.membership)


@extend_schema_view(
    list=extend_schema(summary="Your shares, newest first", parameters=[ShareFilters]),
    retrieve=extend_schema(summary="One of your shares"),
)
class Shares(TenantAPI, ListModelMixin, RetrieveModelMixin, GenericViewSet):
    """A share is one press: one item, and a publication for each account."""

    queryset = Share.objects.none()
    serializer_class = ShareShape

    def get_queryset(self) -> Any:
        parts = own_publications(self).order_by("created_at", "pk")
        shares = Share.objects.for_tenant(self.tenant).filter(
            membership=self.membership
        )
        if self.action == "list" and (asked := ShareFilters.read(self.request)):
            shares = shares.filter(item=asked["item"])
        shares = shares.prefetch_related(Prefetch("publications", parts))
        return shares.order_by("-created_at", "-pk")

    @extend_schema(
        summary="Share an item",
        request=NewShare,
        parameters=[KEY_PARAMETER],
        responses={201: ShareShape, 200: ShareShape},
    )
    def create(self, request: Request) -> Response:
        """Each publication goes out soon after, or at ``scheduled_at``; watch its state.

        A key that was used before gives the share that it made, with 200, whatever the
        body says now.
        """
        key = read_key(request)
        share = services.find_pressed(self.membership, key) or self.press(request, key)
        body = self.get_serializer(self.get_queryset().get(pk=share.pk)).data
        address = reverse("api:share-detail", args=[share.pk], request=request)
        status = 201 if share.is_new else 200
        return Response(body, status=status, headers={"Location": address})

    def press(self, request: Request, key: str) -> Share:
        """Validate the body and share, as the composer does."""
        accounts = Account.objects.for_tenant(self.tenant).connected()
        mine = accounts.filter(membership=self.membership)
        context = {
            "items": visible_items(self.membership),
            "accounts": {account.pk: account for account in mine},
            "tenant_id": self.tenant.pk,
        }
        form = NewShare(data=request.data, context=context)
        form.is_valid(raise_exception=True)
        asked, tenant_id = form.validated_data, self.tenant.pk
        wanted = asked["publications"]
        try:
            return services.share_item(
                by=self.membership,
                item=asked["item"],
                parts=[services.Part(**one) for one in wanted if "account" in one],
                by_hand=[
                    Handed(
                        network_called(slug, tenant_id),
                        mode_of(slug, tenant_id),
                        one["text"],
                    )
                    for one in wanted
                    if (slug := one.get("network"))
                ],
                idempotency_key=key,
                now=timezone.now(),
                scheduled_at=asked["scheduled_at"],
            )
        except services.ShareRefused as refused:
            raise ValidationError(renamed(refused.errors, wanted)) from None

    @extend_schema(request=None, summary="Stop what is not going out yet")
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: UUID) -> Response:
        """409 when nothing of it can be stopped any more. Again changes nothing."""
        share = self.get_object()
        stopped = services.cancel_share(share=share, by=self.membership)
        share = self.get_object()
        states = {publication.state for publication in share.publications.all()}
        if not stopped and State.CANCELLED not in states:
            raise Conflict(_("It is already going out, or settled; nothing waits."))
        return Response(self.get_serializer(share).data)


def renamed(errors: services.Errors, wanted: list[Any]) -> services.Errors:
    """Name each error after its place in the body, where both kinds stand in one list."""
    places = {
        "publications": [
            number for number, one in enumerate(wanted) if "account" in one
        ],
        "by_hand": [number for number, one in enumerate(wanted) if "network" in one],
    }
    found = {}
    for key, sentences in errors.items():
        head, _dot, rest = key.partition(".")
        number, _dot, field = rest.partition(".")
        if head in places and number:
            key = f"publications.{places[head][int(number)]}.{field}"
        found[key] = sentences
    return found


def read_key(request: Request) -> str:
    """Return the caller's name for this press, or say what is wrong with it."""
    key = request.headers.get(KEY, "").strip()
    if not key:
        wrong = _("Send an Idempotency-Key header: your own name for this press.")
    elif len(key) > LONGEST_KEY or not key.isprintable():
        wrong = _("An Idempotency-Key has at most 80 characters, all printable.")
    else:
        return key
    raise ValidationError({KEY: [wrong]})


@extend_schema_view(
    list=extend_schema(
        summary="Your publications, newest first", parameters=[PublicationFilters]
    ),
    retrieve=extend_schema(summary="One of your publications"),
)
class Publications(TenantAPI, ListModelMixin, RetrieveModelMixin, GenericViewSet):
    """One text on its way to one account."""

    queryset = Publication.objects.none()
    serializer_class = PublicationShape

    def get_queryset(self) -> Any:
        publications = own_publications(self)
        if self.action != "list":
            return publications
        asked = PublicationFilters.read(self.request)
        if "state" in asked:
            publications = publications.filter(state__in=asked["state"])
        if "share" in asked:
            publications = publications.filter(share=asked["share"])
        if "updated_since" in asked:
            since = publications.filter(updated_at__gte=asked["updated_since"])
            return since.order_by("updated_at", "pk")
        return publications.order_by("-created_at", "-pk")

    def changed(self, done: bool, otherwise: str) -> Response:
        if not done:
            raise Conflict(otherwise)
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=None, summary="Stop it before it goes out")
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: UUID) -> Response:
        """409 when it is already going out, or settled."""
        publication = self.get_object()
        done = publication.state == State.CANCELLED or services.cancel_publication(
            publication=publication, by=self.membership
        )
        return self.changed(done, _("It is already going out, or settled."))

    @extend_schema(request=None, summary="Send again what is known not to be out")
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: UUID) -> Response:
        """Only in the state ``needs_user``, and not when it may be out."""
        done = services.retry(publication=self.get_object(), by=self.membership)
        return self.changed(done, _("It does not wait for you to send it again."))

    @extend_schema(request=Answer, summary="Say whether an unconfirmed post is out")
    @action(detail=True, methods=["post"])
    def answer(self, request: Request, pk: UUID) -> Response:
        """Only in the state ``needs_user`` for the reason ``unconfirmed``, or ``handed_off``."""
        form = Answer(data=request.data)
        form.is_valid(raise_exception=True)
        publication, out = self.get_object(), form.validated_data["out"]
        tell = (
            declare_posted if publication.account_id is None else services.answer_unsure
        )
        done = tell(publication=publication, by=self.membership, out=out)
        return self.changed(done, _("It does not wait for your answer."))
