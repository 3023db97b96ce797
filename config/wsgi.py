"""The WSGI entry point: `gunicorn config.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

from catalog.ledger.triggers import require_protected_ledger

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()
# A web server runs no system checks of its own: an unprotected ledger must stop the start, not be found out later.
require_protected_ledger()
