"""The catalogue app: what there is, whose it is, what happened to it."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"

    def ready(self) -> None:
        from catalog import checks, workers  # noqa: F401, PLC0415  registering is the import; models must be loaded first
        from catalog.datasets import policies  # noqa: F401, PLC0415  adds its permissions to the rule set
        from catalog.jobs import relay  # noqa: F401, PLC0415  connects to the worker's signals
        from catalog.pages import entries  # noqa: PLC0415

        entries.register()
