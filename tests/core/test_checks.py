"""Start-up checks on settings of an object store, a scanner and a time-stamping authority."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.checks import run_checks

from tests.stores import s3_storage

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper


pytestmark = pytest.mark.django_db  # other checks look at the database


def ids() -> set[str]:
    """Return which checks of ours say something beside what is known of the tests.

    They use SQLite, and keep the keys of sealed documents in their data folder.
    """
    found = {str(message.id) for message in run_checks(include_deployment_checks=True)}
    return {name for name in found if name.startswith("auslobung.")} - {
        "auslobung.W002",
        "auslobung.W004",
    }


def test_settings_of_the_tests_are_sound() -> None:
    assert ids() == set()


def test_storage_that_does_not_exist_is_refused(settings: SettingsWrapper) -> None:
    settings.STORAGE_KIND = "S3"

    assert ids() == {"auslobung.E002"}


@pytest.mark.parametrize(
    ("name", "address"),
    [("CLAMD_ADDRESS", "clamd:3310"), ("CLAMD_ADDRESS", "/run/clamd"), ("TSA_URL", "tsa.example")],
)
def test_address_that_cannot_be_one_is_refused(
    settings: SettingsWrapper, tmp_path: Path, name: str, address: str
) -> None:
    (tmp_path / "tsa.pem").touch()
    settings.TSA_CERTIFICATES = str(tmp_path / "tsa.pem")
    setattr(settings, name, address)

    assert ids() == {"auslobung.E003"}


@pytest.mark.parametrize("certificates", ["", "/nowhere/tsa.pem"])
def test_authority_without_certificates_is_refused(
    settings: SettingsWrapper, certificates: str
) -> None:
    settings.TSA_URL, settings.TSA_CERTIFICATES = "https://tsa.example", certificates

    assert ids() == {"auslobung.E004"}


@pytest.mark.parametrize(
    ("endpoint", "public", "expected"),
    [
        (None, None, set()),
        ("https://store.example", None, set()),
        ("http://store:9000", "https://files.example", set()),
        ("http://store:9000", None, {"auslobung.W003"}),
        ("https://store.example", "http://files.example", {"auslobung.W003"}),
    ],
)
def test_browsers_have_to_reach_the_store_with_tls(
    settings: SettingsWrapper, endpoint: str | None, public: str | None, expected: Any
) -> None:
    truth = s3_storage(endpoint, "truth", access_key="other", public_endpoint_url=None)
    settings.STORAGE_KIND = "s3"
    settings.STORAGES = {
        **settings.STORAGES,
        "submissions": s3_storage(endpoint, "files", public_endpoint_url=public),
        "ground_truth": truth,
    }

    assert ids() == expected


def test_ground_truth_needs_a_bucket_and_a_key_of_its_own(settings: SettingsWrapper) -> None:
    entry = s3_storage("https://store.example", "files", public_endpoint_url=None)
    settings.STORAGE_KIND = "s3"
    settings.STORAGES = {**settings.STORAGES, "submissions": entry, "ground_truth": entry}

    assert ids() == {"auslobung.E001"}


@pytest.mark.parametrize(("folder", "is_warned"), [("keys/opening", True), ("../elsewhere", False)])
def test_keys_of_sealed_documents_belong_outside_of_the_data_folder(
    settings: SettingsWrapper, folder: str, is_warned: bool
) -> None:
    settings.OPENING_KEY_DIR = settings.DATA_DIR / folder

    found = {message.id for message in run_checks(include_deployment_checks=True)}

    assert ("auslobung.W004" in found) == is_warned
