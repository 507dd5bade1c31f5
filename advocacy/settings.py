"""All settings, read from the environment; ``.env.example`` lists them in this order."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from kombu import Queue

from advocacy import env

BASE_DIR = Path(__file__).resolve().parent.parent

# -- Where it runs ----------------------------------------------------------

DEBUG = False
DEMO = env.boolean("DEMO")
PUBLIC_URL = env.text("PUBLIC_URL").rstrip("/")
SECRET_KEY = env.text("SECRET_KEY")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", urlsplit(PUBLIC_URL).hostname or "")
SECURE = PUBLIC_URL.startswith("https://")

if len(SECRET_KEY) < 40:
    raise ImproperlyConfigured("SECRET_KEY must be at least 40 random characters")

# -- Stores -------------------------------------------------------------------

DATABASES = {
    # The role of the application: owns no table, so row-level security binds it.
    "default": env.database(env.text("DATABASE_URL")) | {"TEST": {"MIRROR": "owner"}},
    # The role that owns the tables: migrations only.
    "owner": env.database(env.text("DATABASE_OWNER_URL", env.text("DATABASE_URL"))),
}
REDIS_URL = env.text("REDIS_URL")
_REDIS = {
    "LOCATION": REDIS_URL,
    "KEY_PREFIX": "advocacy",
    # A silent server must not hold up a page that can do without it.
    "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
}
CACHES = {
    # Limits on guessing: without Redis each process counts by itself.
    "default": {"BACKEND": "common.caching.ForgivingCache", **_REDIS},
    # Beside the bells in the broker: whoever rings has to know that it is away.
    "bells": {"BACKEND": "django.core.cache.backends.redis.RedisCache", **_REDIS},
}
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(BASE_DIR / "media")))
SPOOL_DIR = Path(env.text("SPOOL_DIR", str(BASE_DIR / ".local" / "spool")))

# -- Secrets at rest ------------------------------------------------------------

# ``id:base64-of-32-bytes`` parted by commas; the first writes, all of them read.
TOKEN_KEYS = env.text("TOKEN_KEYS")

# -- Celery -----------------------------------------------------------------------

CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", REDIS_URL)
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_PREFETCH_MULTIPLIER = 10
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Connections live as long as CONN_MAX_AGE says, not as long as one task.
CELERY_DB_REUSE_MAX = 2**31
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = (
    None  # for ever: sharing/without_broker.py sees to the rest
)
CELERY_IMPORTS = ["sharing.without_broker"]
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    # A press must not hang when Redis is away: the sweep rings later.
    "socket_connect_timeout": 2,
    "socket_timeout": 10,
    "max_retries": 1,
}
CELERY_TASK_PUBLISH_RETRY = False
# A queue of its own, so that thousands of bells cannot keep the sweep waiting.
CELERY_TASK_ROUTES = {"sharing.sweep": {"queue": "sweeps"}}
CELERY_TASK_QUEUES = [Queue("celery"), Queue("sweeps")]

# -- Publishing ---------------------------------------------------------------------

PUBLISHING_LEASE_SECONDS = env.integer("PUBLISHING_LEASE_SECONDS", 60, minimum=1)
PUBLISHING_SWEEP_SECONDS = env.integer("PUBLISHING_SWEEP_SECONDS", 5, minimum=1)
PUBLISHING_SETTLE_SECONDS = env.integer("PUBLISHING_SETTLE_SECONDS", 60, minimum=1)
PUBLISHING_ASK_AFTER_SECONDS = env.integer(
    "PUBLISHING_ASK_AFTER_SECONDS", 900, minimum=1
)
PUBLISHING_RETRY_LADDER = env.integers("PUBLISHING_RETRY_LADDER", "10,60,300,1800,7200")
PUBLISHING_PROBE_SECONDS = env.integer("PUBLISHING_PROBE_SECONDS", 30, minimum=1)
# Only ./dev chaos and tests break the machine on purpose: sharing/failpoints.py.
FAILPOINTS = env.text("FAILPOINTS", "")
if FAILPOINTS and not (DEMO or env.boolean("TESTING")):
    raise ImproperlyConfigured("FAILPOINTS is for tests and demos only")

# -- Sweeps: each may run late, twice or not at all without harm ------------------

CELERY_BEAT_SCHEDULE = {
    "sweep publications": {
        "task": "sharing.sweep",
        "schedule": PUBLISHING_SWEEP_SECONDS,
    },
    "ingest clicks": {"task": "analytics.ingest_clicks", "schedule": 2},
    "ship orphaned clicks": {"task": "analytics.ship_orphans", "schedule": 15},
    "roll up": {"task": "analytics.roll_up", "schedule": 10},
    "mail missed invitations": {"task": "tenants.mail_due_invitations", "schedule": 60},
    "mail unseen notices": {"task": "notifications.mail_unseen", "schedule": 30},
    "forget notices": {"task": "notifications.keep_house", "schedule": 6 * 60 * 60},
    "keep house": {"task": "analytics.keep_house", "schedule": 6 * 60 * 60},
    "forget media": {"task": "sharing.forget_media", "schedule": 60 * 60},
    "forget visits": {"task": "accounts.keep_house", "schedule": 60 * 60},
}

# -- E-mail -----------------------------------------------------------------------------

MAIL_DIR = env.text("MAIL_DIR", "")
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.boolean("EMAIL_USE_TLS")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "advocacy@localhost")
if MAIL_DIR:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = MAIL_DIR

# -- Applications ---------------------------------------------------------------------------

INSTALLED_APPS = [
    "analytics",
    "sharing",
    "content_library",
    "guidelines",
    "notifications",
    "tenants",
    "accounts",
    "common",
    "allauth",
    "allauth.account",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "csp",
    "django.contrib.postgres",
    "django.forms",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]
if DEMO:
    INSTALLED_APPS.insert(0, "demo")
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "common.middleware.PermissionsPolicyMiddleware",
    "common.middleware.KeepNowhereMiddleware",
    "csp.middleware.CSPMiddleware",
    "common.middleware.BodyLimitMiddleware",
    "common.middleware.ApiErrorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "common.middleware.LargeBodyMiddleware",
    "accounts.middleware.PreferredLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "advocacy.urls"
WSGI_APPLICATION = "advocacy.wsgi.application"
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
                "tenants.context.frame",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- People and sign-in ------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
# The address is unique in any spelling: constraint user_email_unique.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts.adapter.ByInvitationAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = "accounts.models.display_name"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True  # the adapter rings for them, and mails nobody
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

# -- What a browser may do ------------------------------------------------------------------------

BEHIND_TLS_PROXY = env.boolean("BEHIND_TLS_PROXY")
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS_PROXY else None
)
# The proxy adds the visitor's address last; limits count visitors, not the proxy.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BEHIND_TLS_PROXY else 0
SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
MAX_BODY_BYTES = 12 * 1024 * 1024
# What a curator may upload for an item; several files may come in one form.
MEDIA_VIDEO_MAX_MB = env.integer("MEDIA_VIDEO_MAX_MB", 500, minimum=1)
MEDIA_DOCUMENT_MAX_MB = env.integer("MEDIA_DOCUMENT_MAX_MB", 100, minimum=1)
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "common.uploading.WaitOnDisk",
]
MAX_UPLOAD_BYTES = (max(MEDIA_VIDEO_MAX_MB, MEDIA_DOCUMENT_MAX_MB) + 12) * 1024 * 1024

# -- Language, time, static files ---------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("da", _("Danish")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "language"
USE_TZ = True
FORMAT_MODULE_PATH = "common.formats"
TIME_ZONE = "Europe/Copenhagen"
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
TESTING = env.boolean("TESTING")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = TESTING

# -- REST API --------------------------------------------------------------------------------------------

# Each token's share; abuse is slowed, a busy programme is not.
API_REQUESTS_PER_MINUTE = env.integer("API_REQUESTS_PER_MINUTE", 6000, minimum=1)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["tenants.api_auth.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["tenants.api_auth.IsMember"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["common.parsing.JSONBody"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_THROTTLE_CLASSES": ["tenants.api_throttle.PerToken"],
    "DEFAULT_PAGINATION_CLASS": "common.pagination.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "common.api.problem",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Advocacy API",
    "VERSION": "1",
    "SERVERS": [{"url": PUBLIC_URL}],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "common.schema.add_problems",
    ],
    "ENUM_NAME_OVERRIDES": {
        "AccountState": "sharing.models.account.Account.State",
        "ItemKind": "content_library.models.item.Item.Kind",
        "MediaKind": "content_library.models.media.ItemMedia.Kind",
        "ItemState": "content_library.models.item.Item.State",
        "PublicationMode": "sharing.models.publication.Publication.Mode",
        "PublicationState": "sharing.models.publication.State",
        "Role": "tenants.models.membership.Role",
    },
}

# -- Logs ----------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"},
    },
    "filters": {"discreet": {"()": "common.discretion.HideSecrets"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["discreet"],
        }
    },
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
}

# -- Networks: NETWORK_<SLUG>_CLIENT_ID, _CLIENT_SECRET, _BASE_URL, and options ------------------------------

NETWORKS_ENVIRON = {
    key: value for key, value in os.environ.items() if key.startswith("NETWORK_")
}
# Offer those that work without an app of ours, unless NETWORK_<SLUG>_ENABLED says no.
NETWORKS_WITHOUT_APP = env.boolean("NETWORKS_WITHOUT_APP", True)
