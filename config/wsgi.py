"""The WSGI entry point: `gunicorn config.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

from catalog.ledger.triggers import require_protected_ledger

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

from catalog.rewrapping import require_right_key  # noqa: E402  # its models need the apps, which are loaded above

# A web server runs no system checks of its own: an unprotected ledger must stop the start, not be found out later.
require_protected_ledger()
# Nor does it open anything sealed until somebody asks for it: the wrong wrapping key must not be found out then.
require_right_key()
