"""What is worth sharing: items, their topics and suggested texts."""

from content_library.models.item import Item, ItemTopic, Shelf, SuggestedText
from content_library.models.topic import Topic

__all__ = ["Item", "ItemTopic", "Shelf", "SuggestedText", "Topic"]
