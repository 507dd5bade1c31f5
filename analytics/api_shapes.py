"""What the REST API says of clicks and of the managers' overview."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from analytics.dashboard import PERIODS, Overview
from analytics.definitions import ALL, Definition
from analytics.item_clicks import Clicks
from common.api_fields import Choice, Filters, Id


class ClicksShape(serializers.Serializer[Clicks]):
    raw = serializers.IntegerField(help_text="Every hit on a tracked link.")
    machine = serializers.IntegerField(help_text="Suspected machines.")
    human = serializers.IntegerField(help_text="Likely people, each once a day.")
    confirmed = serializers.IntegerField(
        allow_null=True, help_text="Confirmed by the target; null: not measured."
    )


class SumsShape(serializers.Serializer[Any]):
    shares = serializers.IntegerField(source="sums.shares")
    clicks = ClicksShape(source="sums.clicks")


class DayShape(SumsShape):
    day = serializers.DateField(help_text="The first of the `step` days.")


class NetworkShape(SumsShape):
    network = serializers.CharField(source="slug")


class PeopleShape(serializers.Serializer[Any]):
    members = serializers.IntegerField()
    sharers = serializers.IntegerField(help_text="Who shared in the last 28 days.")


class GroupShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class TeamSumsShape(SumsShape):
    team = GroupShape(source="group")
    people = PeopleShape(source="group")


class RankedShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = serializers.CharField()
    shares = serializers.IntegerField()
    human = serializers.IntegerField()
    human_per_share = serializers.FloatField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)


class DefinitionShape(serializers.Serializer[Definition]):
    key = serializers.CharField()
    name = serializers.CharField()
    text = serializers.CharField()
    origin = serializers.CharField()


class OverviewShape(serializers.Serializer[Overview]):
    first = serializers.DateField()
    last = serializers.DateField()
    team = GroupShape(allow_null=True)
    people = PeopleShape(allow_null=True, help_text="Null: too few to say.")
    shares = serializers.IntegerField(source="total.shares")
    clicks = ClicksShape(source="total.clicks")
    items_shared = serializers.IntegerField()
    median_clicks_per_share = serializers.FloatField(allow_null=True)
    step = serializers.IntegerField(help_text="Days in each entry of `by_day`.")
    by_day = DayShape(many=True)
    by_network = NetworkShape(many=True)
    by_team = TeamSumsShape(many=True, help_text="The teams that may be shown.")
    hidden_teams = serializers.IntegerField(
        source="groups.hidden", help_text="Teams too small to be shown, or hiding one."
    )
    best_items = RankedShape(many=True, source="lists.items")
    best_topics = RankedShape(many=True, source="lists.topics")
    neglected_items = RankedShape(many=True, source="lists.neglected")
    expiring_items = RankedShape(many=True, source="lists.expiring")
    definitions = serializers.SerializerMethodField()

    @extend_schema_field(DefinitionShape(many=True))
    def get_definitions(self, overview: Overview) -> Any:
        return [DefinitionShape(definition).data for definition in ALL]


class OverviewFilters(Filters):
    days = Choice(PERIODS, default=PERIODS[0], help_text="The period, up to today:")
    team = Id(required=False, help_text="Only this team, if it may be shown.")
