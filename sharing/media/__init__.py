"""An item's files on their way to a network: chosen, judged, made to fit, opened."""

from sharing.media.fitted import (
    as_kept,
    card_picture,
    chosen,
    facts,
    facts_of,
    fit,
    fitted,
)
from sharing.media.forgetting import forget_media
from sharing.media.reach import media_is_public, why_not_fetched, why_not_public

__all__ = [
    "as_kept",
    "card_picture",
    "chosen",
    "facts",
    "facts_of",
    "fit",
    "fitted",
    "forget_media",
    "media_is_public",
    "why_not_fetched",
    "why_not_public",
]
