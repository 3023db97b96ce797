"""Every setting, from the environment (or a `.env` beside `manage.py`). Documented in docs/operations.md, which a test checks."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from catalog.logs import LOGGING  # noqa: F401  a setting like any other
from config.wrapping_keys import read_wrapping_key, require_wrapping_key

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

# --- secrets: a missing one stops the start -----------------------------------------------------------------------------
SECRET_KEY: str = env("SECRET_KEY")
CANGLANG_KEK: bytes = require_wrapping_key(
    "CANGLANG_KEK", value=env("CANGLANG_KEK", default=""), path=env("CANGLANG_KEK_FILE", default="")
)
# The key before it, given only while `manage.py rewrap_keys` puts everything under the present one.
CANGLANG_KEK_OLD: bytes = (
    read_wrapping_key(
        "CANGLANG_KEK_OLD", value=env("CANGLANG_KEK_OLD", default=""), path=env("CANGLANG_KEK_OLD_FILE", default="")
    )
    or b""
)
# Where copies of the database lie, in the operator's words, separated by semicolons: a key that was destroyed survives in them.
BACKUPS: list[str] = [place.strip() for place in env("BACKUPS", default="").split(";") if place.strip()]

# --- where it runs --------------------------------------------------------------------------------------------------------
DEBUG: bool = env.bool("DEBUG", default=False)
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])
BEHIND_TLS: bool = env.bool("BEHIND_TLS", default=False)
DATA_DIR = Path(env("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "rest_framework",
    "knox",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "tree_queries",
    "catalog",
    "privacy",
    "access",
    "config",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.pages.interruptions.KeepWhatWasTyped",
    "axes.middleware.AxesMiddleware",
]
CSRF_FAILURE_VIEW = "config.pages.interruptions.csrf_failure"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "catalog.pages.navigation.frame",
            ],
        },
    },
]

FORM_RENDERER = "catalog.pages.rendering.PageRenderer"

# --- database: SQLite until DATABASE_URL says otherwise ---------------------------------------------------------------------
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'canglang.sqlite3'}")
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        # A deferred transaction that turns writer half-way fails at once with "database is locked"; an immediate one waits.
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
    # Threads of a live server share one file in tests: an in-memory database cannot lock between connections.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
DATABASES["default"]["ATOMIC_REQUESTS"] = False

# --- jobs: an in-memory broker inside the one worker process until BROKER_URL says otherwise --------------------------------
CELERY_BROKER_URL: str = env("BROKER_URL", default="memory://")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Nobody steers workers over the broker: cancelling is a flag of the job's row. Without the control queue, which RabbitMQ gives to one
# connection only, a worker can start while the broker still holds its killed predecessor's.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 12 * 3600} if CELERY_BROKER_URL.startswith("redis") else {}
CELERY_TASK_DEFAULT_QUEUE: str = env("JOB_QUEUE", default="canglang")
JOB_LEASE_SECONDS: float = env.float("JOB_LEASE_SECONDS", default=60.0)
JOB_RELAY_SECONDS: float = env.float("JOB_RELAY_SECONDS", default=0.5)
JOB_MAX_ATTEMPTS: int = env.int("JOB_MAX_ATTEMPTS", default=3)

# --- sources: what the operator lets the web reach ---------------------------------------------------------------------------
# name=/path,other=/path
SOURCE_ROOTS: dict[str, str] = env.dict("SOURCE_ROOTS", default={})
# name=postgresql://host:port/database,other=mysql://host:port/database — no user and no password: those are a steward's, sealed.
SOURCE_HOSTS: dict[str, str] = env.dict("SOURCE_HOSTS", default={})


def organizations_of(named: dict[str, str], places: dict[str, str]) -> dict[str, list[str]]:
    """Whose a root or host is: name=code:code, by the organisations' codes; whoever lies below one counts as it. A name that is not
    here is everybody's, so one that was mistyped would open to all what was meant for few: it stops the start."""
    if unknown := named.keys() - places.keys():
        raise ImproperlyConfigured(
            f"Organisations are named for a root or host that is not there: {', '.join(unknown)}."
        )
    return {name: codes.split(":") for name, codes in named.items()}


SOURCE_ROOT_ORGANIZATIONS = organizations_of(env.dict("SOURCE_ROOT_ORGANIZATIONS", default={}), SOURCE_ROOTS)
SOURCE_HOST_ORGANIZATIONS = organizations_of(env.dict("SOURCE_HOST_ORGANIZATIONS", default={}), SOURCE_HOSTS)
UPLOAD_MAX_BYTES: int = env.int("UPLOAD_MAX_BYTES", default=512 * 1024 * 1024)
SCAN_ALSO: list[str] = env.list("SCAN_ALSO", default=[])
SCAN_TEXT_BUDGET_SECONDS: float = env.float("SCAN_TEXT_BUDGET_SECONDS", default=600.0)
SCAN_CHECKPOINT_SECONDS: float = env.float("SCAN_CHECKPOINT_SECONDS", default=30.0)
SCAN_CHECKPOINT_DAYS: float = env.float("SCAN_CHECKPOINT_DAYS", default=7.0)
# Turning pseudonyms back: how many at most in one request, and how long it waits.
REIDENTIFY_MAX_VALUES: int = env.int("REIDENTIFY_MAX_VALUES", default=100)
REIDENTIFY_HOURS: float = env.float("REIDENTIFY_HOURS", default=24.0)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # an application asks for the fields of a wide table one by one
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["catalog.uploads.SealedUploadHandler"]

# --- people -----------------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "catalog.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_ENABLE_ADMIN = False
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "config.api.locked_out"
# Only the demo sets this; without it no demo account can be created.
DEMO_PASSWORD: str = env("DEMO_PASSWORD", default="canglang-demo")

# --- language and time --------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# --- transport ------------------------------------------------------------------------------------------------------------------
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 3600  # OWASP ASVS 5.0, level 2: a working day, then sign in again
SESSION_COOKIE_SECURE = BEHIND_TLS
CSRF_COOKIE_SECURE = BEHIND_TLS
SECURE_SSL_REDIRECT = BEHIND_TLS
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "static_build"
STATIC_ROOT.mkdir(exist_ok=True)  # whitenoise asks for it before anything is collected
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True

# --- API --------------------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "catalog.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["catalog.api.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "catalog.api.pagination.Pages",
    "PAGE_SIZE": 25,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "catalog.api.errors.answer_exception",
    # `?format=` is a filter of the catalogue, not a choice of renderer.
    "URL_FORMAT_OVERRIDE": None,
    # Behind the operator's proxy the last address but one is the client's; without one nobody's header is believed.
    "NUM_PROXIES": 1 if BEHIND_TLS else 0,
    "DEFAULT_THROTTLE_RATES": {"sign_in": "30/min"},
}
REST_KNOX = {"TOKEN_TTL": timedelta(hours=10), "AUTH_HEADER_PREFIX": "Token"}
SPECTACULAR_SETTINGS = {
    "TITLE": "Canglang API",
    "VERSION": "1.0.0",
    "DESCRIPTION": "Catalogue, scan, protect, apply, assess, decide, release. See docs/api.md.",
    "SERVE_INCLUDE_SCHEMA": False,
    "OAS_VERSION": "3.1.0",
    "SWAGGER_UI_DIST": "SIDECAR",
    # No badge of a validator on the Internet.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": r"/api/v[0-9]+/",
    # One name for each set of codes, whatever the field is called in which it stands.
    "ENUM_NAME_OVERRIDES": {
        "ApplicationState": "access.models.STATE_CHOICES",
        "DatasetState": "catalog.datasets.models.DatasetState",
        "DatasetPrice": "catalog.datasets.models.Price",
        "FieldRole": "privacy.models.FieldRole",
        "FindingState": "privacy.models.FindingState",
        "Grade": "catalog.datasets.models.Grade",
        "JobState": "catalog.jobs.models.JobState",
        "KeyAct": "access.key_models.KeyAct",
        "KeyRequestState": "access.key_models.KeyRequestState",
        "LinkKind": "catalog.datasets.lineage.LinkKind",
        "OfferState": "access.models.OfferState",
        "OrganizationKind": "catalog.people.models.OrganizationKind",
        "OwnRuleState": "privacy.models.OwnRuleState",
        "PlacedSourceKind": "catalog.api.serializers.sources.PLACED_KINDS",
        "ReidentificationState": "access.reidentification_models.ReidentificationState",
        "Purpose": "access.api.serializers.offers.PURPOSES",
        "ReleaseMode": "access.models.ReleaseMode",
        "RightKind": "catalog.datasets.models.RightKind",
        "Role": "catalog.people.models.Role",
        "ScanMode": "privacy.models.ScanMode",
        "ShareMode": "catalog.datasets.models.ShareMode",
        "SourceKind": "catalog.datasets.models.SourceKind",
        "SubjectKind": "catalog.datasets.models.SubjectKind",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "catalog.api.schema.describe_operations",
    ],
}
