"""Numbers in the REST API: items with their clicks, and the managers' overview."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api_shapes import ClicksShape, OverviewFilters, OverviewShape
from analytics.dashboard import TeamNotShown, overview
from analytics.item_clicks import Clicks, clicks_of
from content_library.api import Items
from content_library.api_shapes import ItemShape
from content_library.models import Item
from tenants.api import TenantAPI
from tenants.models import Role


class ItemWithClicksShape(ItemShape):
    clicks = serializers.SerializerMethodField()

    class Meta(ItemShape.Meta):
        fields = [*ItemShape.Meta.fields, "clicks"]

    @extend_schema_field(ClicksShape)
    def get_clicks(self, item: Item) -> Any:
        return ClicksShape(self.context["clicks"].get(item.pk, Clicks())).data


class ItemsWithClicks(Items):
    """Curators see and change all items; other members read those past draft."""

    serializer_class = ItemWithClicksShape

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Fetch the clicks of all the rows that are to be shown at once."""
        rows = args[0] if kwargs.get("many") else args[:1]
        clicks = clicks_of(self.tenant, [row.pk for row in rows]) if rows else {}
        kwargs["context"] = {**self.get_serializer_context(), "clicks": clicks}
        return super().get_serializer(*args, **kwargs)

    @extend_schema(summary="The clicks of one item", responses=ClicksShape)
    @action(detail=True)
    def clicks(self, request: Request, pk: UUID) -> Response:
        """All networks and days together. The four tiers are never added up."""
        item = self.get_object()
        found = clicks_of(self.tenant, [item.pk]).get(item.pk, Clicks())
        return Response(ClicksShape(found).data)


class OverviewAPI(TenantAPI):
    """The numbers of the managers' dashboard."""

    roles = (Role.MANAGER,)

    @extend_schema(
        summary="What works, what does not, what is the response",
        parameters=[OverviewFilters],
        responses=OverviewShape,
    )
    def get(self, request: Request) -> Response:
        """Managers only. Never tells of fewer people than the smallest group."""
        asked = OverviewFilters.read(request)
        try:
            found = overview(self.tenant, asked["days"], asked.get("team"))
        except TeamNotShown:
            sentence = _("There is no such team, or it is too small to be shown.")
            raise ValidationError({"team": [sentence]}) from None
        return Response(OverviewShape(found).data)
