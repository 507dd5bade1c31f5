"""Danish as it is written here: 4. maj 2026 kl. 14.30. The rest is Django's."""

TIME_FORMAT = "H.i"
DATETIME_FORMAT = r"j. F Y \k\l. H.i"
SHORT_DATETIME_FORMAT = r"d.m.Y \k\l. H.i"
