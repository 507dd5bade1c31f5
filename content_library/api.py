"""The library in the REST API: items for curators to write, for all to read; topics."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar
from uuid import UUID

from django.core.exceptions import ValidationError as Invalid
from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import (
    DestroyModelMixin,
    ListModelMixin,
    RetrieveModelMixin,
)
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from common.api import Conflict
from content_library import services
from content_library.api_shapes import (
    ChangedItem,
    ItemFilters,
    ItemShape,
    NewItem,
    TopicFilters,
    TopicShape,
)
from content_library.models import Item, SuggestedText, Topic
from content_library.models.item import ItemQuerySet
from content_library.showing import shown_media
from tenants.api import TenantAPI
from tenants.models import Membership, Role, Tenant


def with_parts(items: ItemQuerySet, tenant: Tenant) -> ItemQuerySet:
    """Fetch what ``ItemShape`` reads, in two queries however many items."""
    topics = Topic.objects.for_tenant(tenant).order_by("name", "pk")
    texts = SuggestedText.objects.for_tenant(tenant).order_by("position", "pk")
    parts: list[Prefetch[Any]] = [
        Prefetch("topics", topics),
        Prefetch("suggested_texts", texts),
    ]
    return items.annotate(files=shown_media(tenant)).prefetch_related(*parts)


def visible_items(membership: Membership) -> ItemQuerySet:
    """Return what the member may read, as the pages have it."""
    items = Item.objects.for_tenant(membership.tenant_id)
    return items.visible_to(membership, timezone.now())


@contextmanager
def field_errors() -> Iterator[None]:
    """Let a service's refusal by field become the API's."""
    try:
        yield
    except Invalid as error:
        raise ValidationError(
            error.message_dict if hasattr(error, "error_dict") else error.messages
        ) from None


@extend_schema_view(
    list=extend_schema(summary="Items, newest first", parameters=[ItemFilters]),
    retrieve=extend_schema(summary="One item"),
    destroy=extend_schema(summary="Delete a draft"),
)
class Items(
    TenantAPI, ListModelMixin, RetrieveModelMixin, DestroyModelMixin, GenericViewSet
):
    """Curators see and change all items; other members read those past draft."""

    queryset = Item.objects.none()
    serializer_class: type[serializers.BaseSerializer[Any]] = ItemShape
    filters: ClassVar[type[ItemFilters]] = ItemFilters
    action_roles = dict.fromkeys(
        ("create", "update", "partial_update", "destroy", "approve", "archive"),
        (Role.CURATOR,),
    )

    def get_queryset(self) -> ItemQuerySet:
        items = with_parts(visible_items(self.membership), self.tenant)
        if self.action == "list":
            items = self.filters.apply(items, self.filters.read(self.request))
        return items.order_by("-created_at", "-pk")

    def shown(self, item: Item) -> Any:
        return self.get_serializer(self.get_queryset().get(pk=item.pk)).data

    def save(self, item: Item | None, body: type[NewItem] = NewItem) -> Item:
        """Validate the body and write the item, as the curators' form does."""
        item = services.lock(item) if item else None
        form = body(data=self.request.data)
        form.is_valid(raise_exception=True)
        with field_errors():
            return services.save_item(
                by=self.membership,
                content=form.content(item),
                now=timezone.now(),
                item=item,
            )

    @extend_schema(summary="Write a draft", request=NewItem)
    def create(self, request: Request) -> Response:
        return Response(self.shown(self.save(None)), status=201)

    @extend_schema(summary="Write an item anew", request=NewItem)
    def update(self, request: Request, pk: UUID) -> Response:
        """What the body leaves out becomes empty. A live item stays live."""
        return Response(self.shown(self.save(self.get_object())))

    @extend_schema(summary="Change some of an item", request=ChangedItem)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """What the body leaves out stays. A live item stays live."""
        return Response(self.shown(self.save(self.get_object(), ChangedItem)))

    def perform_destroy(self, item: Item) -> None:
        try:
            services.delete_draft(by=self.membership, item=item)
        except services.NotADraft:
            raise Conflict(
                _("Only drafts can be deleted. Archive this item instead.")
            ) from None

    @extend_schema(request=None, summary="Let members share it")
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: UUID) -> Response:
        """Approving again changes nothing."""
        with field_errors():
            item = services.approve_item(
                by=self.membership, item=self.get_object(), now=timezone.now()
            )
        return Response(self.shown(item))

    @extend_schema(request=None, summary="Take it out of the feed")
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, pk: UUID) -> Response:
        """What was shared stays. Archiving again changes nothing."""
        try:
            item = services.archive_item(by=self.membership, item=self.get_object())
        except services.NotApproved:
            raise Conflict(_("A draft is not archived; delete it instead.")) from None
        return Response(self.shown(item))


@extend_schema_view(list=extend_schema(summary="Topics", parameters=[TopicFilters]))
class Topics(TenantAPI, ListModelMixin, GenericViewSet):
    """The subjects of the tenant's items. Writing an item makes new ones."""

    queryset = Topic.objects.none()
    serializer_class = TopicShape

    def get_queryset(self) -> Any:
        topics = Topic.objects.for_tenant(self.tenant)
        name = TopicFilters.read(self.request).get("name")
        if name:
            topics = topics.filter(name__iexact=name)
        return topics.order_by("name", "pk")
