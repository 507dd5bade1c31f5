"""Few and precise guidelines, in versions, and who has seen which."""

from guidelines.models.acknowledgement import Acknowledgement
from guidelines.models.guideline import Guideline, GuidelineVersion, Rule

__all__ = ["Acknowledgement", "Guideline", "GuidelineVersion", "Rule"]
