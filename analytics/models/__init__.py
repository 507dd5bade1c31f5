"""Clicks as they came, and the rollups that pages read."""

from analytics.models.click import Click
from analytics.models.rollup import DailyRollup, SharerRollup

__all__ = ["Click", "DailyRollup", "SharerRollup"]
