"""``/t/<slug>/guidelines/…``"""

from django.urls import path

from guidelines import views

app_name = "guidelines"
urlpatterns = [
    path("guidelines/", views.guidelines, name="guidelines"),
    path("guidelines/acknowledge/", views.acknowledge, name="acknowledge"),
    path("guidelines/welcome/", views.welcome, name="welcome"),
    path("guidelines/new/", views.write, name="new"),
    path("guidelines/<uuid:guideline_id>/edit/", views.write, name="edit"),
    path("guidelines/versions/<uuid:version_id>/", views.version, name="version"),
]
