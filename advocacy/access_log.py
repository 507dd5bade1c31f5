"""gunicorn's log of requests, without what nobody needs to keep.

No secret of an address, no query, and no visitor: the proxy in front knows addresses,
here a line about ``/l/<code>`` must not say who read the link.
"""

from typing import Any

from gunicorn.glogging import Logger

from common.discretion import HideSecrets, without_query


class AccessLog(Logger):
    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.addFilter(HideSecrets())

    def atoms(self, *request: Any) -> dict[str, Any]:
        """Return the parts that the format names: h address, r request, f referer."""
        atoms: dict[str, Any] = super().atoms(*request)
        kept = {name: without_query(atoms[name] or "-") for name in ("r", "U", "f")}
        return atoms | kept | {"h": "-", "q": "-"}
