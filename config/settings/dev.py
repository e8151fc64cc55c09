"""Development and demo on one machine: readable errors, plain logs, no TLS."""

from config.settings.base import *  # noqa: F403  (settings modules are layered by design)
from config.settings.base import ALLOWED_HOSTS, DEMO, LOGGING, STATIC_ROOT, STORAGES

# The demo shows the product: its own error pages, not those for developers.
DEBUG = not DEMO
ALLOWED_HOSTS = [*ALLOWED_HOSTS, "localhost", "127.0.0.1", "[::1]"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
# Nothing is collected here; WhiteNoise would warn of the missing folder at each start.
STATIC_ROOT.mkdir(exist_ok=True)
# A passkey needs a secure origin; localhost without TLS is one for development only.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
LOGGING["formatters"] = {"json": {"format": "%(levelname)s %(name)s %(message)s"}}
