"""Pages of numbers, under ``/t/<slug>/``."""

from django.urls import path

from analytics import views

app_name = "analytics"

urlpatterns = [
    path("dashboard/", views.dashboard, name="dashboard"),
    path("dashboard/export.csv", views.dashboard_csv, name="dashboard_csv"),
    path("dashboard/definitions/", views.definitions_page, name="definitions"),
    path("shares/", views.my_shares, name="my_shares"),
]
