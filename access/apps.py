"""The access app: who asks to use the data, on what terms, and what they get."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "access"

    def ready(self) -> None:
        from access import workers  # noqa: F401, PLC0415  registers the handlers; models must be loaded first
        from access.pages import entries  # noqa: F401, PLC0415  puts the pages in the navigation
