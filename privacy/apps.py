"""The privacy app: what is personal in the data and how it is protected."""

from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "privacy"

    def ready(self) -> None:
        from privacy import policies, workers  # noqa: F401, PLC0415  add permissions and handlers; models must be loaded first
        from privacy.pages import entries  # noqa: F401, PLC0415  adds links and work lists to the frame
