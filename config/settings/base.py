"""Settings shared by every installation. The only module that reads the environment."""

import secrets
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import django_stubs_ext
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from config.settings.environment import database, evaluator, mailer, read
from core.keyfiles import read_or_make

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_DIR: Path = read("AUSLOBUNG_DATA_DIR")
if not DATA_DIR.is_absolute():
    DATA_DIR = BASE_DIR / DATA_DIR
for _folder in (DATA_DIR, DATA_DIR / "keys"):
    _folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _secret_key() -> str:
    """Read the key from the environment, else from the data folder, where it is made once."""
    given: str = read("AUSLOBUNG_SECRET_KEY")
    if given:
        return given
    path = DATA_DIR / "keys" / "secret_key"
    return read_or_make(path, lambda: secrets.token_urlsafe(64).encode()).decode("ascii").strip()


# -- this installation --------------------------------------------------------------------------
SECRET_KEY = _secret_key()
DEBUG = False
DEMO: bool = read("AUSLOBUNG_DEMO")
INSTANCE_NAME: str = read("AUSLOBUNG_INSTANCE_NAME")
INSTANCE_NOTICE: str = read("AUSLOBUNG_NOTICE")
BASE_URL: str = read("AUSLOBUNG_BASE_URL").rstrip("/")
_base = urlsplit(BASE_URL)
ALLOWED_HOSTS = [_base.hostname or "localhost"]
CSRF_TRUSTED_ORIGINS = [f"{_base.scheme}://{_base.netloc}"]
TRUSTED_PROXIES: int = read("AUSLOBUNG_TRUSTED_PROXIES")
UPLOAD_GRACE_SECONDS: int = read("AUSLOBUNG_UPLOAD_GRACE_SECONDS")
# An empty path is the current folder, which nobody means.
OPENING_KEY_DIR: Path = Path(read("AUSLOBUNG_OPENING_KEY_DIR"))
if Path() == OPENING_KEY_DIR:
    OPENING_KEY_DIR = DATA_DIR / "opening-keys"
UPLOAD_MAX_BYTES: int = read("AUSLOBUNG_UPLOAD_MAX_MB") * 1_000_000
CLAMD_ADDRESS: str = read("AUSLOBUNG_CLAMD_ADDRESS")
SCAN_PATIENCE = timedelta(minutes=read("AUSLOBUNG_SCAN_PATIENCE_MINUTES"))
TSA_URL: str = read("AUSLOBUNG_TSA_URL")
TSA_CERTIFICATES: str = read("AUSLOBUNG_TSA_CERTIFICATES")
EVALUATION_TIMEOUT: int = read("AUSLOBUNG_EVALUATION_TIMEOUT")
EVALUATION_MEMORY_BYTES: int = read("AUSLOBUNG_EVALUATION_MEMORY_MB") * 1_000_000
EVALUATION_WORKERS: int = read("AUSLOBUNG_WORKERS")
# All that the process which reads the ground truth is told by its environment.
EVALUATION_ENVIRONMENT: dict[str, str] = evaluator(DATA_DIR)
SIGNUP: str = read("AUSLOBUNG_SIGNUP")

# -- applications --------------------------------------------------------------------------------
INSTALLED_APPS = [
    "config.apps.ConfigConfig",
    "scoring",
    "submissions",
    "competition",
    "accounts",
    "core",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "django_tasks_db",
    "rules",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "core.middleware.response_headers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "core.middleware.maintenance_page",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "accounts.middleware.require_second_factor",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.middleware.domain_errors",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["core.templatetags.components"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.context.instance",
                "accounts.context.navigation",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# -- data ----------------------------------------------------------------------------------------
DATABASES = {"default": database(read("AUSLOBUNG_DATABASE_URL"), DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# A table, so that rate limits hold across processes.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}
# How old the public pages may be that core.kept_pages keeps for visitors; 0: made anew each time.
PAGE_KEPT_SECONDS = 0
TASKS = {
    "default": {
        "BACKEND": "django_tasks_db.DatabaseBackend",
        "QUEUES": ["default", "evaluations", "mails"],
    }
}


def _local_storage(folder: str) -> dict[str, object]:
    return {
        "BACKEND": "core.storage.DurableFileSystemStorage",
        "OPTIONS": {
            "location": DATA_DIR / "files" / folder,
            "base_url": None,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    }


def _s3_storage(prefix: str, bucket: str, access: str, secret: str) -> dict[str, object]:
    return {
        "BACKEND": "core.storage.PrivateS3Storage",
        "OPTIONS": {
            "bucket_name": read(bucket),
            "access_key": read(access),
            "secret_key": read(secret),
            "endpoint_url": read("AUSLOBUNG_S3_ENDPOINT") or None,
            "public_endpoint_url": read("AUSLOBUNG_S3_PUBLIC_ENDPOINT") or None,
            "region_name": read("AUSLOBUNG_S3_REGION"),
            "location": prefix,
            "addressing_style": "path",
            "signature_version": "s3v4",
            "default_acl": None,
            "file_overwrite": False,
            "querystring_auth": True,
            "querystring_expire": 60,
        },
    }


STORAGE_KIND: str = read("AUSLOBUNG_STORAGE")
_web_role = (
    "AUSLOBUNG_S3_BUCKET",
    "AUSLOBUNG_S3_ACCESS_KEY",
    "AUSLOBUNG_S3_SECRET_KEY",
)
_truth_role = (
    "AUSLOBUNG_S3_TRUTH_BUCKET",
    "AUSLOBUNG_S3_TRUTH_ACCESS_KEY",
    "AUSLOBUNG_S3_TRUTH_SECRET_KEY",
)
STORAGES: dict[str, dict[str, object]] = {
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
for _alias in ("default", "resources", "submissions", "exports"):
    STORAGES[_alias] = (
        _s3_storage(_alias, *_web_role) if STORAGE_KIND == "s3" else _local_storage(_alias)
    )
# Ground truth has an alias of its own and, with S3, credentials that the web role does not hold.
STORAGES["ground_truth"] = (
    _s3_storage("ground-truth", *_truth_role)
    if STORAGE_KIND == "s3"
    else _local_storage("ground_truth")
)

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("vendor/kern", BASE_DIR / "node_modules" / "@kern-ux" / "native" / "dist"),
]
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000
DATA_UPLOAD_MAX_NUMBER_FILES = 20

# -- languages and time --------------------------------------------------------------------------
LANGUAGE_CODE = "de"
LANGUAGES = [("de", _("German")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
USE_TZ = True
TIME_ZONE: str = read("AUSLOBUNG_TIME_ZONE")
FORMAT_MODULE_PATH = ["config.formats"]

# -- mail ----------------------------------------------------------------------------------------
MAILERS = {"default": mailer(read("AUSLOBUNG_EMAIL_URL"), DATA_DIR)}
DEFAULT_FROM_EMAIL: str = read("AUSLOBUNG_MAIL_FROM")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
MAIL_REPLY_TO: str = read("AUSLOBUNG_MAIL_REPLY_TO")

# -- accounts ------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "accounts:start"
LOGOUT_REDIRECT_URL = "home"
# Limits by address count the reader's address, not the proxy's.
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
# The code sent by mail proves the address; a password is optional, now or later.
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1"]
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.SignupForm"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
# Mail of public bodies is often slow: spam filters hold it back for minutes.
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 900
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = False
MFA_TOTP_ISSUER = INSTANCE_NAME
MFA_RECOVERY_CODES_SHOW_ONCE = True
USERSESSIONS_TRACK_ACTIVITY = False
SESSION_COOKIE_AGE = int(timedelta(hours=8).total_seconds())
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "core.errors.csrf_failure"

# -- browser-side security -----------------------------------------------------------------------
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    # KERN's icons are data: addresses inside its style sheet.
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    # The page that uploads may reach the store as well (core.policy).
    "connect-src": [CSP.SELF],
    "frame-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "object-src": [CSP.NONE],
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# -- logs ----------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "core.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": read("AUSLOBUNG_LOG_LEVEL")},
}
SILENCED_SYSTEM_CHECKS: list[str] = []
