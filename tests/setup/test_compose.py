"""The container set-up: sound in itself, and its commands work on this machine as written.

No container is started here; docs/operations.md says what that leaves open.
"""

from __future__ import annotations

import json
import re
import signal
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db import connection

from config.settings.environment import VARIABLES
from deploy import make_secrets
from tests.architecture.source import ROOT
from tests.stores import client_of, documented, documented_cors, free_port

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name for name, service in SERVICES.items() if "auslobung" in service["image"]}
SECRET = {variable.name for variable in VARIABLES if variable.secret}
PATIENCE = 120.0
AWAY = "http://127.0.0.1:1"


def names(service: Any) -> set[str]:
    return set(service.get("environment", {}))


def test_services_are_those_that_are_documented():
    assert set(SERVICES) == {
        *("setup", "buckets", "web", "worker"),
        *("proxy", "database", "store", "scanner"),
    }
    assert {"setup", "buckets", "web", "worker"} == OURS


def test_every_variable_exists():
    known = {variable.name for variable in VARIABLES} | {f"{name}_FILE" for name in SECRET}
    used = {name for service in SERVICES.values() for name in names(service)}

    assert {name for name in used if name.startswith("AUSLOBUNG_")} - known == set()


def test_no_secret_stands_in_the_file():
    values = {
        (service, name): str(value)
        for service, found in SERVICES.items()
        for name, value in found.get("environment", {}).items()
        if name in SECRET or re.search("PASSWORD|SECRET|ACCESS_KEY", name)
    }

    assert [where for where, value in values.items() if value[:13] != "/run/secrets/"] == []


def test_secrets_are_declared_handed_out_and_made(tmp_path):
    make_secrets.main(tmp_path / "secrets")
    made = {path.name for path in (tmp_path / "secrets").iterdir()}
    declared = {name: Path(entry["file"]).name for name, entry in COMPOSE["secrets"].items()}

    assert set(declared.values()) == set(declared) == made
    assert {name for service in SERVICES.values() for name in service.get("secrets", [])} == made
    for name, service in SERVICES.items():
        texts = json.dumps([service.get("environment", {}), service.get("command", [])])
        assert set(re.findall(r"/run/secrets/(\w+)", texts)) == set(service.get("secrets", [])), (
            name
        )


def test_secrets_are_kept_and_only_the_owner_gets_to_them(tmp_path):
    folder = tmp_path / "secrets"
    make_secrets.main(folder)
    before = {path.name: path.read_text() for path in folder.iterdir()}

    make_secrets.main(folder)

    assert {path.name: path.read_text() for path in folder.iterdir()} == before
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    # The user of a container is another one than the owner of the file.
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o444}
    assert before["database_password"].strip() in before["database_url"]


def test_roles_hold_no_key_of_the_other(tmp_path):
    make_secrets.main(tmp_path / "secrets")
    identities = json.loads((tmp_path / "secrets" / "store_identities").read_text())["identities"]

    assert {one["name"]: one["actions"] for one in identities} == make_secrets.ACTIONS
    assert not {"truth_reader_access_key", "admin_access_key"} & set(SERVICES["web"]["secrets"])
    assert not {"truth_writer_access_key", "admin_access_key"} & set(SERVICES["worker"]["secrets"])


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_service_says_whether_it_is_well_or_ends(name):
    service = SERVICES[name]

    assert ("healthcheck" in service) != (service["restart"] == "no")
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")
    assert re.search(r":[\d.]+$", service["image"]) or name in OURS
    assert (name == "proxy") == ("ports" in service)


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_containers_may_do_little(name):
    service = SERVICES[name]

    assert service["user"] == "10001:10001"
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])


def test_everything_that_is_named_is_declared():
    volumes, networks = set(), set()
    for service in SERVICES.values():
        sources = {volume.split(":")[0] for volume in service.get("volumes", [])}
        volumes |= {source for source in sources if not source.startswith(".")}
        networks |= set(service["networks"])
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        for source in sources - volumes:
            assert (ROOT / "deploy" / source).is_file()

    assert volumes == set(COMPOSE["volumes"])
    assert networks == set(COMPOSE["networks"])


def test_example_names_what_has_to_be_set():
    text = (ROOT / "deploy" / "compose.yaml").read_text("utf-8")
    example = (ROOT / "deploy" / "example.env").read_text("utf-8")

    assert set(re.findall(r"\$\{(\w+)", text)) == set(re.findall(r"^(\w+)=", example, re.MULTILINE))


def test_proxy_takes_what_the_product_takes():
    limit = int(SERVICES["web"]["environment"]["AUSLOBUNG_UPLOAD_MAX_MB"]) + 1
    caddy = (ROOT / "deploy" / "Caddyfile").read_text("utf-8")

    assert f"max_size {limit}MB" in caddy
    assert "reverse_proxy web:8000" in caddy


# -- the commands, as they are written ------------------------------------------------------------


def command_of(name: str) -> list[str]:
    """Return what a service runs; without a command of its own, what the image does."""
    if "command" in SERVICES[name]:
        return list(SERVICES[name]["command"])
    image = (ROOT / "deploy" / "Containerfile").read_text("utf-8")
    found = re.search(r"^CMD (\[.*\])$", image, re.MULTILINE)
    assert found
    command: list[str] = json.loads(found[1])
    return command


def environment_of(name: str, folder: Path, store: str) -> dict[str, str]:
    """Return the environment of a service, with the files of this machine."""
    made: dict[str, str] = {}
    for key, value in SERVICES[name].get("environment", {}).items():
        text = re.sub(r"\$\{(\w+)[^}]*\}", r"\1.example", str(value)).replace("_", "-")
        if "/run/secrets/" in str(value):
            text = str(value).replace("/run/secrets", str(folder / "secrets"))
        made[key] = text.replace("http://store:8333", store)
    image = (ROOT / "deploy" / "Containerfile").read_text("utf-8")
    made |= dict(re.findall(r"(\w+)=(\S+)", image[image.index("\nENV ") :].partition("USER")[0]))
    made |= {
        "AUSLOBUNG_DATA_DIR": str(folder / "data"),
        "AUSLOBUNG_OPENING_KEY_DIR": str(folder / "opening-keys"),
        "AUSLOBUNG_NOTICE": "",
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
    }
    # There is no such database here; the embedded one does for the commands.
    made.pop("AUSLOBUNG_DATABASE_URL_FILE", None)
    return made


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like that of the image: everything but what the set-up makes."""
    folder = tmp_path_factory.mktemp("compose")
    make_secrets.main(folder / "secrets")
    (folder / "data").mkdir()
    (folder / "opening-keys").mkdir()
    return folder


@pytest.fixture(scope="module")
def set_up(place: Path, django_db_setup: None, django_db_blocker: Any) -> Path:
    """The same folder after the set-up of a new version, of which the tables are there already.

    Making them takes longer than everything else; the tests' own database was made that way.
    """
    if connection.vendor != "sqlite":
        pytest.skip("these commands get the embedded database")
    with django_db_blocker.unblock():
        connection.ensure_connection()
        tables = connection.connection.serialize()
    (place / "data" / "auslobung.sqlite3").write_bytes(tables)
    run("setup", place, AWAY)
    return place


def run(name: str, place: Path, store: str) -> None:
    done = subprocess.run(
        command_of(name),
        cwd=ROOT,
        env=environment_of(name, place, store),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.s3
@pytest.mark.slow
def test_buckets_get_the_documented_rules_also_twice(place, moto_server):
    store = moto_server.endpoint
    client = client_of(store)
    before = {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}

    run("buckets", place, store)
    run("buckets", place, store)

    buckets = {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
    cors = client.get_bucket_cors(Bucket="auslobung")["CORSRules"]
    rules = client.get_bucket_lifecycle_configuration(Bucket="auslobung")["Rules"]
    assert buckets - before == {"auslobung", "auslobung-truth"}
    assert cors == documented_cors("https://HOST-NAME.example")["CORSRules"]
    assert [rule["ID"] for rule in rules] == [rule["ID"] for rule in documented("Rules")["Rules"]]


@contextmanager
def started(name: str, place: Path, port: int = 0) -> Iterator[None]:
    """Start a service as the image does, wait until it is well, and end it."""
    command = [word.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for word in command_of(name)]
    if "--workers" in command:
        # Each of them would load all of it once more, and do the same.
        command[command.index("--workers") + 1] = "1"
    log = place / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment_of(name, place, AWAY),
            stdout=output,
            stderr=output,
        )
        try:
            deadline = time.monotonic() + PATIENCE
            while healthy(name, place, port) != 0:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.2)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=PATIENCE)


def healthy(name: str, place: Path, port: int = 0) -> int:
    """Return what the health check of a service says."""
    command = SERVICES[name]["healthcheck"]["test"]
    assert command[0] == "CMD"
    environ = environment_of(name, place, AWAY) | {"PORT": str(port)}
    return subprocess.run(command[1:], cwd=ROOT, env=environ, check=False).returncode


@pytest.mark.django_db
@pytest.mark.s3
@pytest.mark.slow
def test_web_is_set_up_well_and_serves_its_static_files(set_up):
    port = free_port()
    headers = {"Host": "HOST-NAME.example", "X-Forwarded-Proto": "https"}

    def get(path: str) -> tuple[int, str, str]:
        address = f"http://127.0.0.1:{port}{path}"
        request = urllib.request.Request(address, headers=headers)
        with urllib.request.urlopen(request) as answer:  # noqa: S310  (ours)
            return answer.status, answer.headers["Content-Type"], answer.read().decode()

    assert healthy("web", set_up, port) == 1
    with started("web", set_up, port):
        status, _type, page = get("/")
        sheets = re.findall(r'<link[^>]* href="(/static/[^"]+\.css)"', page)
        served = {get(sheet)[:2] for sheet in sheets}
        with pytest.raises(urllib.error.HTTPError) as refused:
            # Not as the proxy asks.
            urllib.request.urlopen(f"http://127.0.0.1:{port}/")

    refused.value.close()
    assert (status, refused.value.code) == (200, 400)
    assert sheets
    assert served == {(200, 'text/css; charset="utf-8"')}
    assert all(re.search(r"\.[0-9a-f]{12}\.css$", sheet) for sheet in sheets)


@pytest.mark.django_db
@pytest.mark.s3
@pytest.mark.slow
def test_health_check_knows_a_worker_with_all_its_roles(set_up):
    assert healthy("worker", set_up) == 1
    with started("worker", set_up):
        pass
    assert healthy("worker", set_up) == 1
