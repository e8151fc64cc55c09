"""Tests: everything in memory or a temporary folder, tasks run at once."""

import atexit
import os
import shutil
import tempfile

# A folder of its own for each process, so that parallel tests never share files.
os.environ["AUSLOBUNG_DATA_DIR"] = tempfile.mkdtemp(prefix="auslobung-test-")
atexit.register(shutil.rmtree, os.environ["AUSLOBUNG_DATA_DIR"], ignore_errors=True)
os.environ.setdefault("AUSLOBUNG_SECRET_KEY", "test-" * 20)

from config.settings.base import *  # noqa: E402, F403  (the folder must be set first)
from config.settings.base import STORAGES  # noqa: E402

DEBUG = False
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
TASKS = {
    "default": {
        "BACKEND": "django.tasks.backends.immediate.ImmediateBackend",
        "QUEUES": ["default", "evaluations", "mails"],
    }
}
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
LOGGING = {"version": 1, "disable_existing_loggers": False}
