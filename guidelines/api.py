"""The guidelines in the REST API: read what holds, and say that you have."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from guidelines.models import Acknowledgement, GuidelineVersion, Rule
from guidelines.services import acknowledge, current_versions
from tenants.api import TenantAPI


class RuleShape(serializers.ModelSerializer):
    class Meta:
        model = Rule
        fields = ["do", "dont", "example"]


class GuidelineShape(serializers.ModelSerializer):
    title = serializers.CharField(source="guideline.title")
    guideline = serializers.UUIDField(source="guideline_id")
    rules = RuleShape(many=True)
    acknowledged_at = serializers.SerializerMethodField()

    class Meta:
        model = GuidelineVersion
        fields = [
            "id",
            "guideline",
            "title",
            "number",
            "introduction",
            "rules",
            "published_at",
            "acknowledged_at",
        ]

    def get_acknowledged_at(self, version: GuidelineVersion) -> datetime | None:
        moment = self.context["acknowledged"].get(version.pk)
        return timezone.localtime(moment) if moment else None


@extend_schema_view(list=extend_schema(summary="The guidelines that hold"))
class Guidelines(TenantAPI, ListModelMixin, GenericViewSet):
    """The newest published version of each guideline; ``id`` is the version's."""

    queryset = GuidelineVersion.objects.none()
    serializer_class = GuidelineShape

    def get_queryset(self) -> Any:
        return current_versions(self.tenant)

    def get_serializer_context(self) -> dict[str, Any]:
        context = dict(super().get_serializer_context())
        if not getattr(self, "swagger_fake_view", False):
            rows = Acknowledgement.objects.for_tenant(self.tenant).filter(
                membership=self.membership
            )
            context["acknowledged"] = dict(rows.values_list("version_id", "at"))
        return context

    @extend_schema(request=None, summary="Say that you have read a version")
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: UUID) -> Response:
        """Once per version is enough; again changes nothing."""
        rules = Rule.objects.for_tenant(self.tenant).order_by("position")
        published = (
            GuidelineVersion.objects.for_tenant(self.tenant)
            .exclude(published_at=None)
            .select_related("guideline")
            .prefetch_related(Prefetch("rules", rules))
        )
        version = get_object_or_404(published, pk=pk)
        acknowledge(by=self.membership, version=version, now=timezone.now())
        return Response(self.get_serializer(version).data)
