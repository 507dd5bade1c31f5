"""``/t/<slug>/library/…`` and the items' pictures."""

from django.urls import path

from content_library import media_views, views

app_name = "content_library"

ITEM = "library/<uuid:item_id>/"

urlpatterns = [
    path("library/", views.library, name="library"),
    path("library/files/", media_views.upload, name="upload"),
    path("library/new/", views.edit, name="new"),
    path(ITEM, views.edit, name="edit"),
    path(f"{ITEM}approve/", views.approve, name="approve"),
    path(f"{ITEM}archive/", views.archive, name="archive"),
    path(f"{ITEM}delete/", views.delete, name="delete"),
    path("media/<uuid:item_id>/", views.media, name="media"),
    path("files/<uuid:media_id>/", media_views.file, name="file"),
    path("files/<uuid:media_id>/preview/", media_views.preview, name="preview"),
]
