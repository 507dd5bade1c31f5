"""The member's pages, under ``/t/<slug>/``; and the networks' way back, outside."""

from django.urls import path

from sharing.views import (
    accounts,
    compose,
    feed,
    handoff,
    hooks,
    networks,
    publications,
    queue,
    rules,
    share_form,
)

app_name = "sharing"

ITEM = "items/<uuid:item_id>/share/"
PUBLICATION = "publications/<uuid:publication_id>/"

urlpatterns = [
    path("", feed.feed, name="feed"),
    path(ITEM, compose.compose, name="compose"),
    path(f"{ITEM}preview/", compose.preview, name="preview"),
    path(f"{ITEM}draft/", compose.draft, name="draft"),
    path(f"{ITEM}ask/<uuid:account_id>/", share_form.share_form, name="share_form"),
    path("shared/<uuid:share_id>/", publications.shared, name="shared"),
    path("queue/", queue.queue, name="queue"),
    path("queue/<uuid:share_id>/move/", queue.move, name="share_move"),
    path(f"{PUBLICATION}post/", handoff.handoff, name="handoff"),
    path(f"{PUBLICATION}posted/", handoff.posted, name="posted"),
    path(f"{PUBLICATION}cancel/", publications.cancel, name="publication_cancel"),
    path(f"{PUBLICATION}answer/", publications.answer, name="publication_answer"),
    path(f"{PUBLICATION}retry/", publications.retry, name="publication_retry"),
    path("settings/sharing/", rules.rules, name="rules"),
    path("settings/networks/", networks.networks, name="networks"),
    path("settings/networks/<str:network>/", networks.network, name="network"),
    path("settings/networks/<str:network>/test/", networks.test, name="network_test"),
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts/<str:network>/connect/", accounts.connect, name="connect"),
    path("accounts/<str:network>/ask/", accounts.connect_ask, name="connect_ask"),
    path("accounts/confirm/<uuid:attempt_id>/", accounts.confirm, name="confirm"),
    path(
        "accounts/<uuid:account_id>/disconnect/",
        accounts.disconnect,
        name="disconnect",
    ),
    path("welcome/accounts/", accounts.welcome_accounts, name="welcome_accounts"),
]

callback_patterns = [
    path("connect/<str:network>/callback/", accounts.callback, name="connect_callback"),
    path("connect/<str:network>/hooks/<str:kind>/", hooks.hook, name="network_hook"),
    path(
        "connect/<str:network>/forgotten/<str:code>/",
        hooks.receipt,
        name="deletion_receipt",
    ),
]
