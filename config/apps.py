"""The deployment as an app: what only the top floor can put together is registered when Django has started."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config.pages import entries  # noqa: PLC0415  models must be loaded first

        entries.register()
