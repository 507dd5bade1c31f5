"""What TikTok wants asked before a post: the points its audit goes through."""

from __future__ import annotations

from collections.abc import Sequence

from sharing.connectors import media
from sharing.connectors.forms import ON, Bar, Choice, Condition, Field, Kind, Note
from sharing.connectors.text import Sentence, _
from sharing.networks.tiktok.api import Creator

SELF_ONLY = "SELF_ONLY"
AUDIENCES = {
    "PUBLIC_TO_EVERYONE": _("Everyone"),
    "MUTUAL_FOLLOW_FRIENDS": _("Friends: followers you follow back"),
    "FOLLOWER_OF_CREATOR": _("Your followers"),
    SELF_ONLY: _("Only you"),
}
TERMS = "https://www.tiktok.com/legal/page/global"

_WHO = _("Who can watch this")
_CHOOSE = _("Choose who can watch this.")
_ONLY_YOU = _(
    "TikTok has not audited this app yet, so posts are for you alone. You can change that in the TikTok app."
)
_COMMENT, _DUET, _STITCH = _("Allow comments"), _("Allow Duet"), _("Allow Stitch")
_OFF = _("Switched off in your TikTok settings.")
_DISCLOSE = _("This promotes a brand, a product or a service")
_DISCLOSE_HELP = _(
    "Turn it on if you promote yourself, your employer or somebody else in return for something of value."
)
_SAY_WHOM = _("Say whom it promotes: your brand, somebody else, or both.")
_OWN = _("Your brand")
_OWN_HELP = _("You promote yourself or your own business, your employer included.")
_BRANDED = _("Branded content")
_BRANDED_HELP = _("You are paid, or given something, by another brand.")
_NOT_ALONE = _("Branded content cannot be for you alone.")
_PROMOTIONAL = {
    media.Kind.VIDEO: _("Your video will be labelled “Promotional content”."),
    media.Kind.IMAGE: _("Your photos will be labelled “Promotional content”."),
}
_PARTNERSHIP = {
    media.Kind.VIDEO: _("Your video will be labelled “Paid partnership”."),
    media.Kind.IMAGE: _("Your photos will be labelled “Paid partnership”."),
}
_AGREE = _("By posting, you agree to TikTok's %(music)s.")
_AGREE_BRANDED = _("By posting, you agree to TikTok's %(branded)s and %(music)s.")
_MUSIC = (
    "music",
    _("Music Usage Confirmation"),
    f"{TERMS}/music-usage-confirmation/en",
)
_POLICY = ("branded", _("Branded Content Policy"), f"{TERMS}/bc-policy/en")
_INBOX = _(
    "TikTok puts this into the inbox of your app. You finish it there and choose who can watch."
)

IS_BRANDED: Condition = (("branded", ON),)


def kind_of(files: Sequence[media.Facts]) -> media.Kind:
    is_video = not files or files[0].kind == media.Kind.VIDEO
    return media.Kind.VIDEO if is_video else media.Kind.IMAGE


def fields_for(
    files: Sequence[media.Facts], creator: Creator | None, is_unaudited: bool
) -> tuple[Field, ...]:
    """The questions; without a creator, as for somebody who may do everything."""
    comment_off = creator is not None and creator.comment_off
    fields = [
        audience_field(creator, is_unaudited),
        switch("comment", _COMMENT, is_off=comment_off),
    ]
    if kind_of(files) == media.Kind.VIDEO:
        duet_off = creator is not None and creator.duet_off
        stitch_off = creator is not None and creator.stitch_off
        fields.append(switch("duet", _DUET, is_off=duet_off))
        fields.append(switch("stitch", _STITCH, is_off=stitch_off))
    return (*fields, *DISCLOSURE)


def audience_field(creator: Creator | None, is_unaudited: bool) -> Field:
    offered = tuple(AUDIENCES) if creator is None else creator.audiences
    choices = []
    for value in offered:
        bar = None
        if is_unaudited and value != SELF_ONLY:
            bar = Bar(Sentence(_ONLY_YOU))
        elif value == SELF_ONLY:
            bar = Bar(Sentence(_NOT_ALONE), (("disclosure", ON), *IS_BRANDED))
        choices.append(Choice(value, Sentence(AUDIENCES.get(value, value)), bar))
    return Field(
        "privacy",
        Sentence(_WHO),
        Kind.CHOICE,
        tuple(choices),
        required=True,
        missing=Sentence(_CHOOSE),
        help=Sentence(_ONLY_YOU) if is_unaudited else "",
    )


def switch(name: str, label: str, is_off: bool) -> Field:
    bar = Bar(Sentence(_OFF)) if is_off else None
    return Field(name, Sentence(label), Kind.SWITCH, bar=bar)


DISCLOSURE = (
    Field(
        "disclosure",
        Sentence(_DISCLOSE),
        Kind.SWITCH,
        help=Sentence(_DISCLOSE_HELP),
        wants_one_of=("own_brand", "branded"),
        missing=Sentence(_SAY_WHOM),
    ),
    Field(
        "own_brand",
        Sentence(_OWN),
        Kind.SWITCH,
        help=Sentence(_OWN_HELP),
        shown_with=(("disclosure", ON),),
    ),
    Field(
        "branded",
        Sentence(_BRANDED),
        Kind.SWITCH,
        help=Sentence(_BRANDED_HELP),
        bar=Bar(Sentence(_NOT_ALONE), (("privacy", SELF_ONLY),)),
        shown_with=(("disclosure", ON),),
    ),
)


def notes_for(files: Sequence[media.Facts]) -> tuple[Note, ...]:
    kind = kind_of(files)
    own: Condition = (("own_brand", ON), ("branded", ""))
    return (
        Note(Sentence(_PROMOTIONAL[kind]), shown_with=own),
        Note(Sentence(_PARTNERSHIP[kind]), shown_with=IS_BRANDED),
    )


CONSENT = (
    Note(_AGREE, (_MUSIC,), (("branded", ""),)),
    Note(_AGREE_BRANDED, (_POLICY, _MUSIC), IS_BRANDED),
)
INBOX = Note(Sentence(_INBOX))
