"""Call a network no more often than it lets us: counted in PostgreSQL, by its clock.

A window is counted for whom the network counts: the app, a tenant's part of it, or the
social account, whichever tenants have connected it. Everything here runs inside the
caller's transaction and holds the rows it counts in until that ends, so call it last:
the app's row is everybody's. Rows are locked in the order of their keys, always.
"""

from sharing.budgets.heeding import exhaust, heed, learn
from sharing.budgets.reserving import (
    TAKING,
    forget,
    give_back,
    reserve,
    wanted_values,
)
from sharing.budgets.windows import Window, windows_of

__all__ = [
    "TAKING",
    "Window",
    "exhaust",
    "forget",
    "give_back",
    "heed",
    "learn",
    "reserve",
    "wanted_values",
    "windows_of",
]
