"""What is worth sharing: items, their media, topics and suggested texts."""

from content_library.models.item import Item, ItemTopic, Shelf, SuggestedText
from content_library.models.media import ItemMedia
from content_library.models.topic import Topic

__all__ = ["Item", "ItemMedia", "ItemTopic", "Shelf", "SuggestedText", "Topic"]
