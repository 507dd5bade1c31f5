from django.apps import AppConfig

from common import networks
from sharing import checks  # noqa: F401  registers itself
from sharing.networks import all_networks


class SharingConfig(AppConfig):
    name = "sharing"

    def ready(self) -> None:
        for slug, connector in all_networks().items():
            networks.register(slug, str(connector.label))
