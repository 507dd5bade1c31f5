"""Files from strangers, judged and made fit to be kept: pictures, videos, documents."""

from content_library.uploads.kinds import BadFile
from content_library.uploads.taking import Taken, take

__all__ = ["BadFile", "Taken", "take"]
