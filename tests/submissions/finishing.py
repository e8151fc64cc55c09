"""A process that finishes an upload, to be killed: `python -m tests.submissions.finishing JSON`."""

from __future__ import annotations

import json
import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"

import django
from django.conf import settings


def main() -> None:
    """Finish the upload of the database and the storage that we are told of."""
    told = json.loads(sys.argv[1])
    settings.DATABASES["default"]["NAME"] = told["database"]
    settings.STORAGES["submissions"] = told["storage"]
    django.setup()
    from accounts.models import User
    from submissions.actions.upload import complete_upload
    from submissions.models import Upload

    upload = Upload.objects.get(pk=told["upload"])
    complete_upload(upload, by=User.objects.get(pk=told["by"]))


if __name__ == "__main__":
    main()
