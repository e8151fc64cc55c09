"""Benchmark and evaluation on a real S3 server: the web process only ever writes labels."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.files.storage import storages

from core import storage
from scoring.states import EvaluationState
from tests import factories
from tests.factories import evaluated, handed_in_predictions, measured_challenge, predictions

KEYS = {"submissions": ("webkey", "websecret"), "ground_truth": ("truthkey", "truthsecret")}
BUCKETS = {"submissions": "files", "ground_truth": "truth"}


@pytest.fixture
def s3(tmp_path, settings):
    """Serve two buckets by rclone, and let this process and its children use them."""
    for bucket in BUCKETS.values():
        (tmp_path / bucket).mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    endpoint = f"http://127.0.0.1:{port}"
    command = [
        str(Path(sys.executable).parent / "rclone"),
        *("serve", "s3", str(tmp_path), "--addr", f"127.0.0.1:{port}"),
        *("--config", str(tmp_path / "none.conf")),
    ]
    for access, secret in KEYS.values():
        command += ["--auth-key", f"{access},{secret}"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _attempt in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        settings.STORAGES = {
            **settings.STORAGES,
            **{alias: storage_of(alias, endpoint) for alias in BUCKETS},
        }
        settings.EVALUATION_ENVIRONMENT = {
            **settings.EVALUATION_ENVIRONMENT,
            "AUSLOBUNG_STORAGE": "s3",
            "AUSLOBUNG_S3_ENDPOINT": endpoint,
            "AUSLOBUNG_S3_BUCKET": "files",
            "AUSLOBUNG_S3_ACCESS_KEY": KEYS["submissions"][0],
            "AUSLOBUNG_S3_SECRET_KEY": KEYS["submissions"][1],
            "AUSLOBUNG_S3_TRUTH_BUCKET": "truth",
            "AUSLOBUNG_S3_TRUTH_ACCESS_KEY": KEYS["ground_truth"][0],
            "AUSLOBUNG_S3_TRUTH_SECRET_KEY": KEYS["ground_truth"][1],
        }
        yield tmp_path
    finally:
        server.terminate()
        server.wait(timeout=10)


def storage_of(alias, endpoint):
    access, secret = KEYS[alias]
    return {
        "BACKEND": "core.storage.PrivateS3Storage",
        "OPTIONS": {
            "access_key": access,
            "secret_key": secret,
            "bucket_name": BUCKETS[alias],
            "location": alias.replace("_", "-"),
            "endpoint_url": endpoint,
            "region_name": "eu-central-1",
            "addressing_style": "path",
            "signature_version": "s3v4",
            "file_overwrite": False,
        },
    }


def operations_on(alias):
    """Collect what this process asks the store for from now on."""
    asked = []

    def note(model, **_kwargs):
        asked.append(model.name)

    storages[alias].connection.meta.client.meta.events.register("before-call.s3", note)
    return asked


@pytest.mark.s3
@pytest.mark.slow
@pytest.mark.django_db
def test_labels_are_written_by_one_process_and_read_by_another(s3):
    asked = operations_on(storage.GROUND_TRUTH)

    challenge = measured_challenge()
    entry = factories.EntryFactory(challenge=challenge)
    evaluation = evaluated(handed_in_predictions(entry, *predictions(wrong=3)))

    assert asked == ["PutObject"]  # this process saved the benchmark and ran the worker's part
    assert (evaluation.state, evaluation.error) == (EvaluationState.SUCCEEDED, "")
    assert evaluation.scores.get(metric="accuracy", split="public").value == 0.5
    assert [path.parts[-3] for path in (s3 / "truth").rglob("*.csv")] == ["ground-truth"]
    assert not list((s3 / "files" / "ground-truth").rglob("*"))
