"""What TikTok's codes mean, and what a person is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sharing.connectors import errors
from sharing.connectors.rates import DAY, Scope
from sharing.connectors.text import _

MINUTE = 60.0

SEES = _("See your name and picture, so that you know which account is linked")
READS_PROFILE = _("See your user name, to show you where your post is")
POSTS = _("Post in your name, each time you press Share")
UPLOADS = _("Put videos in your TikTok inbox, where you finish them")
READS = _("Look up the videos you shared from here and their numbers")

AUDIT = _("TikTok's audit")
AUDIT_HELP = _("Until TikTok has passed the app, posts are for their authors alone.")
IS_UNAUDITED = _("Not yet audited: posts are private")
IS_AUDITED = _("Audited: members choose who can watch")
IS_INBOX = _("Inbox: members finish posts in the TikTok app")

NO_SCOPE = _("TikTok needs your permission for this. Please connect it again.")
NO_PRODUCT = _("TikTok does not let this app do this. Please tell an administrator.")
UNAUDITED = _(
    "TikTok has not audited this app yet, so posts are for you alone and your TikTok account has to be private. An administrator can change this."
)
UNVERIFIED = _(
    "TikTok fetches pictures from this site and does not know it yet. An administrator has to verify the domain at TikTok."
)
NO_ADDRESS = _(
    "TikTok fetches pictures from a public address, and this installation has none. Share a video instead, or tell an administrator."
)
CHOOSE_PRIVACY = _(
    "TikTok does not offer this audience for your account any more. Share it again and choose who can watch."
)
TOO_OFTEN = _(
    "You have posted as often as TikTok allows in a day. We will try again tomorrow."
)
BANNED = _("TikTok does not let this account post at the moment. Look in the app why.")
INBOX_FULL = _(
    "Your TikTok inbox holds as many uploads as TikTok allows. Finish some in the app, then share this again."
)
TOO_MANY_PEOPLE = _(
    "More people have posted through this app today than TikTok allows. We will try again tomorrow."
)
BUSY = _("%(network)s asked us to wait. We will try again.")
NOT_TAKEN = _("TikTok did not accept this post. Change the text or the file.")
CANNOT_POST_NOW = _("TikTok says that you cannot post at the moment. Try again later.")
TOO_LONG = _(
    "This video runs %(seconds)s seconds; TikTok takes at most %(most)s from your account."
)
SPAM = _("TikTok took this for spam and did not publish it.")
SPAM_TEXT = _("TikTok took the text for spam. Write it in another way and share again.")
FINISH = _(
    "Finish it in the TikTok app: it lies in your inbox. Tap the notification there."
)
NOT_PUBLISHED = _("TikTok did not publish this.")

FAILED = {
    "file_format_check_failed": _(
        "TikTok cannot read this file. Use an MP4 video with H.264."
    ),
    "duration_check_failed": _(
        "This video is too long or too short for TikTok. Use another one."
    ),
    "frame_rate_check_failed": _(
        "TikTok takes videos with 23 to 60 pictures a second. Use another one."
    ),
    "picture_size_check_failed": _(
        "TikTok takes videos of 360 to 4096 pixels on each side. Use another one."
    ),
    "internal": _(
        "TikTok had a fault of its own and published nothing. Share it again."
    ),
    "video_pull_failed": _("TikTok could not fetch the video. Share it again."),
    "photo_pull_failed": _(
        "TikTok could not fetch the pictures. Share it again; if that does not help, tell an administrator."
    ),
    "publish_cancelled": _("This post was cancelled at TikTok."),
    "auth_removed": _(
        "You took back the permission to post while TikTok worked on this. Connect your account and share it again."
    ),
    "spam_risk_too_many_posts": _(
        "You have posted as often as TikTok allows in a day. Share it again tomorrow."
    ),
    "spam_risk_user_banned_from_posting": BANNED,
    "spam_risk_text": SPAM_TEXT,
    "spam_risk": SPAM,
}


@dataclass(frozen=True)
class Meaning:
    """The error that a code stands for."""

    kind: type[errors.ConnectorError]
    sentence: str
    reason: str = ""
    after: float | None = None
    scope: Scope | None = None

    @property
    def details(self) -> dict[str, Any]:
        told = {"reason": self.reason, "after": self.after, "scope": self.scope}
        return {name: value for name, value in told.items() if value}


_LATER, _NO, _OPERATOR = errors.TryLater, errors.Refused, errors.OperatorAction

MEANINGS = {
    "access_token_invalid": Meaning(
        errors.Disconnected,
        _("Your connection to %(network)s has ended. Please connect it again."),
    ),
    "scope_not_authorized": Meaning(errors.Disconnected, NO_SCOPE, "scope_missing"),
    "scope_permission_missed": Meaning(_OPERATOR, NO_PRODUCT, "product"),
    "invalid_param": Meaning(_NO, NOT_TAKEN),
    "invalid_params": Meaning(_NO, NOT_TAKEN),
    "app_version_check_failed": Meaning(_OPERATOR, NO_PRODUCT, "app"),
    "unaudited_client_can_only_post_to_private_accounts": Meaning(
        _OPERATOR, UNAUDITED, "unaudited"
    ),
    "url_ownership_unverified": Meaning(_OPERATOR, UNVERIFIED, "domain"),
    "privacy_level_option_mismatch": Meaning(_NO, CHOOSE_PRIVACY, "options"),
    "spam_risk_too_many_posts": Meaning(
        _LATER, TOO_OFTEN, "rate_limited", float(DAY), Scope.ACCOUNT
    ),
    "spam_risk_user_banned_from_posting": Meaning(_NO, BANNED, "banned"),
    "spam_risk_too_many_pending_share": Meaning(_NO, INBOX_FULL, "inbox_full"),
    "spam_risk": Meaning(_NO, SPAM, "spam"),
    "spam_risk_text": Meaning(_NO, SPAM_TEXT, "spam"),
    "reached_active_user_cap": Meaning(
        _LATER, TOO_MANY_PEOPLE, "rate_limited", float(DAY), Scope.APP
    ),
    "rate_limit_exceeded": Meaning(_LATER, BUSY, "rate_limited", MINUTE, Scope.ACCOUNT),
}
