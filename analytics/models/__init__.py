"""Clicks as they came, and the rollups that pages read."""

from analytics.models.click import Click
from analytics.models.rollup import DailyRollup, LinkRollup, RollupMark, SharerRollup

__all__ = ["Click", "DailyRollup", "LinkRollup", "RollupMark", "SharerRollup"]
