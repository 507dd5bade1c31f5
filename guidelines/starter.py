"""A first set of rules to change into one's own words."""

from django.utils.translation import gettext as _

from guidelines.forms import GuidelineText
from guidelines.services import RuleText


def text() -> GuidelineText:
    """Return five rules: say who you are, be yourself, keep secrets, be kind, ask."""
    return GuidelineText(
        title=_("How we share"),
        introduction=_(
            "Sharing is voluntary, and it is yours: your account, your words. "
            "These few points keep you and the rest of us safe."
        ),
        rules=(
            RuleText(
                do=_("Say that you work here when you write about us."),
                dont=_("Praise us as if you were a neutral stranger."),
                example=_("“At work we have just tried something new…”"),
            ),
            RuleText(
                do=_("Write in your own words, about what you know."),
                dont=_("Copy a text that does not sound like you."),
                example=_("“What surprised me most was how quiet it is.”"),
            ),
            RuleText(
                do=_("Share what is already public."),
                dont=_("Mention customers, figures or plans that are not out yet."),
                example=_("An item in the feed is always cleared for sharing."),
            ),
            RuleText(
                do=_("Ask before you show a colleague or a customer."),
                dont=_("Post a picture of somebody who has not said yes."),
                example=_("“May I use this photo of us on LinkedIn?”"),
            ),
            RuleText(
                do=_("Answer calmly, or let it be and ask for help."),
                dont=_("Argue with angry comments late in the evening."),
                example=_("“Good point. I will ask a colleague who knows.”"),
            ),
        ),
    )
