"""Ground rules of the suite; the rows live in tests/factories.py."""

from __future__ import annotations

import gc
import shutil
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.utils import translation

from tests.stores import SharedServer, moto, rclone

if TYPE_CHECKING:
    from django.db.models import Model
    from django.test import Client

    from accounts.models import User

# Nothing in a test reaches the network; these may talk to this machine.
LOCAL_MARKS = ("authority", "e2e", "postgres", "s3", "scanner")
LOCAL_HOSTS = ["127.0.0.1", "::1", "localhost"]


DATABASE_FIXTURES = {"db", "transactional_db"}


def asks_database(item: pytest.Item) -> bool:
    """Say whether a test asks the database of the suite, or a PostgreSQL of its own.

    Of the matrix of roles only the pages do: who may send what is decided before anything is asked.
    """
    if item.path.parent.name == "matrix" and not item.name.endswith("-GET]"):
        return False
    fixtures = set(getattr(item, "fixturenames", ()))
    marks = ("django_db", "postgres")
    return any(map(item.get_closest_marker, marks)) or bool(fixtures & DATABASE_FIXTURES)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if connection.vendor == "postgresql":
        # What asks no database is proven by `make test`; a second time it would only take time.
        alike = [item for item in items if not asks_database(item)]
        config.hook.pytest_deselected(items=alike)
        items[:] = [item for item in items if asks_database(item)]
    for item in items:
        if any(item.get_closest_marker(mark) for mark in LOCAL_MARKS):
            item.add_marker(pytest.mark.allow_hosts(LOCAL_HOSTS))
        if item.get_closest_marker("postgres") and connection.vendor != "postgresql":
            item.add_marker(pytest.mark.skip(reason="needs PostgreSQL: make test-postgres"))


def pytest_collection_finish(session: pytest.Session) -> None:
    # Thousands of tests and all modules stay to the end: nothing to be looked through each time.
    gc.freeze()


# What the migrations themselves have put into our tables, and the key to the database.
MIGRATED: dict[type[Model], list[Model]] = {}
BLOCKER = pytest.StashKey[Any]()


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any
) -> None:
    request.config.stash[BLOCKER] = django_db_blocker
    with django_db_blocker.unblock():
        if not connection.introspection.table_names():
            return  # only walks are run, which have databases of their own
        for model in apps.get_models():
            # Those of Django make themselves anew after each flush.
            if model._meta.app_label not in {"auth", "contenttypes"}:
                MIGRATED[model] = list(model._base_manager.all())


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Put these rows back after a test that cannot be rolled back, and so empties all tables.

    Such tests come last, but not on every worker: one takes over what another one has left.
    """
    yield
    marker = item.get_closest_marker("django_db")
    if nextitem is None or not (marker and marker.kwargs.get("transaction")):
        return
    with item.config.stash[BLOCKER].unblock():
        for model, rows in MIGRATED.items():
            if rows and not model._base_manager.exists():
                model._base_manager.bulk_create(rows)


@pytest.fixture(scope="module", autouse=True)
def begin_without_files() -> None:
    """Begin every module with empty storages: who was here before on this worker is chance."""
    shutil.rmtree(settings.DATA_DIR / "files", ignore_errors=True)


@pytest.fixture(autouse=True)
def begin_in_german() -> None:
    """Begin every test in the default language: requests leave theirs behind in the thread."""
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(scope="session")
def rclone_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedServer]:
    """Serve S3 with signatures, for all tests of this process; each makes a bucket of its own."""
    with rclone(tmp_path_factory.mktemp("rclone")) as endpoint:
        yield SharedServer(endpoint)


@pytest.fixture(scope="session")
def moto_server() -> Iterator[SharedServer]:
    """Serve S3 from memory, in the same way."""
    with moto() as endpoint:
        yield SharedServer(endpoint)


@pytest.fixture
def sign_in(client: Client) -> Callable[[User], Client]:
    """Sign a person in as if with a second factor, so that every role's pages open."""

    def _sign_in(user: User) -> Client:
        client.force_login(user)
        session = client.session
        session["account_authentication_methods"] = [{"method": "mfa", "at": time.time()}]
        session.save()
        return client

    return _sign_in
