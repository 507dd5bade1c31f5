"""``./dev chaos``: break everything while people press Share, then count the posts."""
