"""The addresses of the REST API, below ``/api/v1/``."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from advocacy.api_docs import docs, schema
from analytics.api import ItemsWithClicks, OverviewAPI
from content_library.api import Topics
from guidelines.api import Guidelines
from sharing.api import Accounts, Feed, Publications, Shares
from tenants.api import Me

router = SimpleRouter(use_regex_path=False)
router.register("accounts", Accounts, "account")
router.register("feed", Feed, "feed")
router.register("guidelines", Guidelines, "guideline")
router.register("items", ItemsWithClicks, "item")
router.register("publications", Publications, "publication")
router.register("shares", Shares, "share")
router.register("topics", Topics, "topic")

app_name = "api"
urlpatterns = [
    path("", include(router.urls)),
    path("analytics/overview/", OverviewAPI.as_view(), name="overview"),
    path("me/", Me.as_view(), name="me"),
    path("schema/", schema, name="schema"),
    path("docs/", docs, name="docs"),
]
