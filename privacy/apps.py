"""The privacy app: what is personal in the data and how it is protected."""

from django.apps import AppConfig
from django.conf import settings

from privacy.detection.rules import look_also_for


class PrivacyConfig(AppConfig):
    name = "privacy"

    def ready(self) -> None:
        look_also_for(settings.SCAN_ALSO)
        from privacy import combining, policies, trial_workers, workers  # noqa: F401, PLC0415  add permissions and handlers; models must be loaded first
        from privacy.pages import entries  # noqa: F401, PLC0415  adds links and work lists to the frame
        from privacy.services import columns  # noqa: F401, PLC0415  adds what the catalogue calls when columns change
