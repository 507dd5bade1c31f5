"""What the REST API says of items, and what it takes."""

from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError as Invalid
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework import serializers

from common import networks
from common.api_fields import Choice, Filters, Moment, Text
from content_library.addresses import clean_address
from content_library.forms import MOST_TEXTS
from content_library.models import Item, ItemMedia, SuggestedText, Topic
from content_library.models.item import ItemQuerySet
from content_library.services import Content, Suggestion
from content_library.topics import LONGEST as LONGEST_TOPIC
from content_library.topics import MOST as MOST_TOPICS


class TopicShape(serializers.ModelSerializer[Topic]):
    class Meta:
        model = Topic
        fields = ["id", "name"]


class SuggestedTextShape(serializers.ModelSerializer[SuggestedText]):
    class Meta:
        model = SuggestedText
        fields = ["network", "text"]


class MediaShape(serializers.Serializer[dict[str, Any]]):
    """A file of an item; members who are signed in see it at ``url``."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(ItemMedia.Kind.choices)
    content_type = serializers.CharField()
    name = serializers.CharField()
    alt = serializers.CharField()
    size = serializers.IntegerField(help_text="In bytes.")
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    seconds = serializers.FloatField(allow_null=True)
    url = serializers.SerializerMethodField()

    def get_url(self, media: dict[str, Any]) -> str:
        slug = self.context["view"].tenant.slug
        address = reverse("content_library:file", args=[slug, media["id"]])
        return f"{settings.PUBLIC_URL}{address}?v={media['version']}"


class ItemShape(serializers.ModelSerializer[Item]):
    """Read ``with_parts``, or each item costs two queries."""

    topics = serializers.SlugRelatedField("name", many=True, read_only=True)  # type: ignore[var-annotated]
    suggested_texts = SuggestedTextShape(many=True, read_only=True)
    image_url = serializers.SerializerMethodField()
    media = MediaShape(source="files", many=True, read_only=True)

    class Meta:
        model = Item
        fields: ClassVar[list[str]] = [
            "id",
            "kind",
            "state",
            "title",
            "summary",
            "why",
            "source_url",
            "source_name",
            "image_url",
            "media",
            "topics",
            "suggested_texts",
            "starts_at",
            "ends_at",
            "created_at",
            "approved_at",
        ]

    def get_image_url(self, item: Item) -> str | None:
        """Return where members who are signed in see the picture."""
        if not item.image:
            return None
        slug = self.context["view"].tenant.slug
        address = reverse("content_library:media", args=[slug, item.pk])
        return f"{settings.PUBLIC_URL}{address}?v={item.picture_version}"


# -- What comes in -----------------------------------------------------------------------


class NewSuggestedText(serializers.Serializer[Any]):
    network = Text(
        default="",
        allow_blank=True,
        max_length=32,
        help_text="A network's short name; empty for all networks.",
    )
    text = Text(max_length=3000)

    def validate_network(self, network: str) -> str:
        if network and network not in dict(networks.choices()):
            raise serializers.ValidationError(_("There is no such network."))
        return network


class NewItem(serializers.Serializer[Any]):
    """What the curators' form asks, with the same bounds."""

    kind = Choice(Item.Kind.choices, required=False)
    title = Text(max_length=200)
    summary = Text(max_length=1000, required=False, allow_blank=True)
    why = Text(
        max_length=300,
        required=False,
        allow_blank=True,
        help_text="One line on what the people you know get out of it.",
    )
    source_url = Text(
        required=False,
        allow_blank=True,
        help_text="An http or https address; an item without one has media.",
    )
    source_name = Text(max_length=80, required=False, allow_blank=True)
    topics = serializers.ListField(
        child=Text(max_length=LONGEST_TOPIC),
        max_length=MOST_TOPICS,
        required=False,
        help_text="Names; new ones become topics.",
    )
    suggested_texts = NewSuggestedText(  # type: ignore[call-arg]  # of the list
        many=True, required=False, max_length=MOST_TEXTS
    )
    starts_at = Moment(required=False, allow_null=True)
    ends_at = Moment(required=False, allow_null=True)

    def validate_source_url(self, address: str) -> str:
        try:
            return address and clean_address(address)
        except Invalid as error:
            raise serializers.ValidationError(error.messages) from None

    def content(self, item: Item | None) -> Content:
        """Return what to write; of ``item`` is kept what no body changes."""
        parts = {key: self.validated_data[key] for key in self.validated_data}
        parts.pop("kind", None)
        if "suggested_texts" in parts:
            parts["suggested_texts"] = [
                Suggestion(**suggestion) for suggestion in parts["suggested_texts"]
            ]
        if item is not None:
            parts = self.kept(item) | parts
        return Content(**parts)

    def kept(self, item: Item) -> dict[str, Any]:
        return {"image_alt": item.image_alt}  # it belongs to the picture


class ChangedItem(NewItem):
    """Of an item, what is to change. (DRF's ``partial`` would loosen nested fields too.)"""

    title = Text(max_length=200, required=False)

    def kept(self, item: Item) -> dict[str, Any]:
        return present(item)


def present(item: Item) -> dict[str, Any]:
    """Return the item's content as ``Content`` takes it."""
    columns = ("title", "summary", "why", "source_url", "source_name", "image_alt")
    texts = item.suggested_texts.order_by("position", "pk")
    return {
        **{name: getattr(item, name) for name in columns},
        "starts_at": item.starts_at,
        "ends_at": item.ends_at,
        "topics": [topic.name for topic in item.topics.all()],
        "suggested_texts": [Suggestion(row.text, row.network) for row in texts],
    }


class ItemFilters(Filters):
    state = Choice(Item.State.choices, required=False, help_text="One of these:")
    topic = Text(required=False, max_length=60, help_text="A topic's name.")
    updated_since = Moment(
        required=False, help_text="Only what changed at or after it."
    )

    @staticmethod
    def apply(items: ItemQuerySet, asked: dict[str, Any]) -> ItemQuerySet:
        if "state" in asked:
            items = items.filter(state=asked["state"])
        if "topic" in asked:
            items = items.filter(topics__name__iexact=asked["topic"])
        if "updated_since" in asked:
            items = items.filter(updated_at__gte=asked["updated_since"])
        return items


class TopicFilters(Filters):
    name = Text(
        required=False,
        max_length=LONGEST_TOPIC,
        help_text="Only the topic of this name.",
    )
