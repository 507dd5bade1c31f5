"""What the REST API says of shares, publications and accounts, and what it takes."""

from datetime import datetime
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from common.api_fields import Filters, Id, Moment, Text
from content_library.api import ItemShape
from content_library.models import Item
from sharing.handing_off import by_hand
from sharing.models import Account, Publication, Share, State
from sharing.options import LONGEST, MOST
from sharing.scheduling import choose
from sharing.services import LONGEST_TEXT
from sharing.time_form import YEARS

MOST_ACCOUNTS = 20


class FeedItemShape(ItemShape):
    shared = serializers.BooleanField(help_text="Whether you have shared it already.")

    class Meta(ItemShape.Meta):
        fields: ClassVar[list[str]] = [*ItemShape.Meta.fields, "shared"]


class AccountShape(serializers.ModelSerializer[Account]):
    class Meta:
        model = Account
        fields = ["id", "network", "handle", "name", "state", "connected_at"]


class PublicationShape(serializers.ModelSerializer[Publication]):
    share = serializers.UUIDField(source="share_id")
    item = serializers.UUIDField(source="item_id")
    account = serializers.UUIDField(source="account_id", allow_null=True)
    tracked_url = serializers.URLField(source="link.url")
    remote_id = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()

    class Meta:
        model = Publication
        fields = [
            "id",
            "share",
            "item",
            "network",
            "account",
            "mode",
            "state",
            "reason",
            "text",
            "tracked_url",
            "remote_id",
            "url",
            "not_before",
            "attempts",
            "published_at",
        ]

    def get_remote_id(self, publication: Publication) -> str | None:
        """Return the post's id on the network, once it is known."""
        return publication.remote_id or None

    def get_url(self, publication: Publication) -> str | None:
        """Return where the post stands, once it is known."""
        return publication.url or None


class ShareShape(serializers.ModelSerializer[Share]):
    item = serializers.UUIDField(source="item_id")
    scheduled_zone = serializers.SerializerMethodField()
    scheduled_local = serializers.SerializerMethodField()
    publications = PublicationShape(many=True)

    class Meta:
        model = Share
        fields = [
            "id",
            "item",
            "created_at",
            "scheduled_at",
            "scheduled_zone",
            "scheduled_local",
            "publications",
        ]

    def get_scheduled_zone(self, share: Share) -> str | None:
        """Return the time zone in which the time was chosen; null for "now"."""
        return share.scheduled_zone or None

    def get_scheduled_local(self, share: Share) -> str | None:
        """Return what the clock shows there then, without an offset; null for "now"."""
        local = share.scheduled_local
        return local.isoformat(timespec="seconds") if local else None


# -- What comes in -----------------------------------------------------------------------


class NewPublication(serializers.Serializer[Any]):
    account = Id(help_text="One of your accounts; or name a network.", required=False)
    network = serializers.CharField(
        required=False,
        max_length=32,
        help_text="In place of an account: a network where you post by hand.",
    )
    text = Text(
        help_text="Your own words; the tracked link is added where it is missing.",
        allow_blank=True,
        max_length=LONGEST_TEXT,
        trim_whitespace=False,
    )
    options = serializers.DictField(
        child=serializers.CharField(max_length=LONGEST, allow_blank=True),
        required=False,
        help_text="What the network asks with each post, by field; see its page.",
    )

    def validate_options(self, options: dict[str, str]) -> dict[str, str]:
        if len(options) > MOST or any(len(name) > LONGEST for name in options):
            raise serializers.ValidationError(_("No network asks that much."))
        return options

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        if ("account" in said) == ("network" in said):
            wrong = _("Name one of your accounts, or a network where you post by hand.")
            raise serializers.ValidationError({"account": [wrong]})
        return said

    def validate_network(self, slug: str) -> str:
        """Whether it is used by hand here is told with the words for it."""
        if by_hand(self.context["tenant_id"], slug, "") is None:
            wrong = _("Nobody posts by hand on this network here.")
            raise serializers.ValidationError(wrong)
        return slug

    def validate_account(self, pk: Any) -> Account:
        account = self.context["accounts"].get(pk)
        if account is None:
            raise serializers.ValidationError(_("You have no such account."))
        return account


class WallOrMoment(Moment):
    """A moment; or a wall time, which holds as in the composer when the clocks change."""

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is not None:
            return super().enforce_timezone(value)
        if value.year not in YEARS:
            self.fail("far")
        return choose(value, str(timezone.get_current_timezone())).at


class NewShare(serializers.Serializer[Any]):
    """``context`` brings the ``items`` and ``accounts`` that the member may name."""

    item = Id(help_text="An item of your feed.")
    publications = NewPublication(  # type: ignore[call-arg]  # of the list, with ``many``
        many=True, allow_empty=True, max_length=MOST_ACCOUNTS
    )
    scheduled_at = WallOrMoment(
        required=False,
        allow_null=True,
        default=None,
        help_text=(
            "When to publish; null or nothing: now. Without an offset it is what the "
            "clock shows in the tenant's time zone."
        ),
    )

    def validate_item(self, pk: Any) -> Item:
        item = self.context["items"].filter(pk=pk).first()
        if item is None:
            raise serializers.ValidationError(_("There is no such item."))
        return item


class Answer(serializers.Serializer[Any]):
    out = serializers.BooleanField(
        help_text="True: the post is there. False: it is not; send it again."
    )


class PublicationFilters(Filters):
    state = serializers.MultipleChoiceField(
        choices=State.choices,
        required=False,
        help_text="One of these; may be given several times:",
        error_messages={
            "invalid_choice": _("This is not one of the words that are known here.")
        },
    )
    share = Id(required=False, help_text="Only the publications of this share.")
    updated_since = Moment(
        required=False,
        help_text="Only what changed at or after it, oldest change first.",
    )


class ShareFilters(Filters):
    item = Id(required=False, help_text="Only the shares of this item.")
