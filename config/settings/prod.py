"""Production: TLS, strict cookies, and a refusal to start with unsafe values."""

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config.settings.base import *  # noqa: F403  (settings modules are layered by design)
from config.settings.base import BASE_URL, DEMO, SECRET_KEY, TRUSTED_PROXIES

DEBUG = False

if DEMO:
    message = "AUSLOBUNG_DEMO is set. Demo mode signs anyone in as anyone: unset it in production."
    raise ImproperlyConfigured(message)
if len(SECRET_KEY) < 50 or "insecure" in SECRET_KEY:
    message = "AUSLOBUNG_SECRET_KEY is too short or a default value. Unset it to have one made."
    raise ImproperlyConfigured(message)
if urlsplit(BASE_URL).scheme != "https":
    message = "AUSLOBUNG_BASE_URL must start with https:// in production."
    raise ImproperlyConfigured(message)

SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
LANGUAGE_COOKIE_SECURE = True
PAGE_KEPT_SECONDS = 30
