"""Numbers in the REST API: items with their clicks, and the managers' overview."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.item_clicks import Clicks, clicks_of
from content_library.api import Items
from content_library.api_shapes import ItemShape
from content_library.models import Item


class ClicksShape(serializers.Serializer[Clicks]):
    raw = serializers.IntegerField(help_text="Every hit on a tracked link.")
    machine = serializers.IntegerField(help_text="Suspected machines.")
    human = serializers.IntegerField(help_text="Likely people, each once in 24 hours.")
    confirmed = serializers.IntegerField(
        allow_null=True, help_text="Confirmed by the target; null: not measured."
    )


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
        kwargs["context"] = self.get_serializer_context() | {"clicks": clicks}
        return super().get_serializer(*args, **kwargs)

    @extend_schema(summary="The clicks of one item", responses=ClicksShape)
    @action(detail=True)
    def clicks(self, request: Request, pk: UUID) -> Response:
        """All networks and days together. The four tiers are never added up."""
        item = self.get_object()
        found = clicks_of(self.tenant, [item.pk]).get(item.pk, Clicks())
        return Response(ClicksShape(found).data)
