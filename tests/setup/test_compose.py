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
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from config.settings.environment import VARIABLES
from deploy import make_secrets
from tests.architecture.source import ROOT
from tests.stores import documented, documented_cors, free_port, moto

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name for name, service in SERVICES.items() if "auslobung" in service["image"]}
SECRET = {variable.name for variable in VARIABLES if variable.secret}
PATIENCE = 120.0


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


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder like that of the image: everything but what the set-up makes."""
    make_secrets.main(tmp_path / "secrets")
    (tmp_path / "data").mkdir()
    (tmp_path / "opening-keys").mkdir()
    return tmp_path


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
def test_buckets_get_the_documented_rules_also_twice(place):
    with moto() as store:
        run("buckets", place, store)
        run("buckets", place, store)

        client = boto3.client(
            "s3",
            endpoint_url=store,
            aws_access_key_id="any",
            aws_secret_access_key="any",
            region_name="us-east-1",
        )
        buckets = {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
        cors = client.get_bucket_cors(Bucket="auslobung")["CORSRules"]
        rules = client.get_bucket_lifecycle_configuration(Bucket="auslobung")["Rules"]

    assert buckets == {"auslobung", "auslobung-truth"}
    assert cors == documented_cors("https://HOST-NAME.example")["CORSRules"]
    assert [rule["ID"] for rule in rules] == [rule["ID"] for rule in documented("Rules")["Rules"]]


@pytest.fixture
def running(place: Path) -> Iterator[str]:
    """Set up and start the web process as the image does, on a free port."""
    store = f"http://127.0.0.1:{free_port()}"
    run("setup", place, store)
    port = free_port()
    command = [word.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for word in command_of("web")]
    log = place / "web.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment_of("web", place, store),
            stdout=output,
            stderr=output,
        )
        try:
            deadline = time.monotonic() + PATIENCE
            while healthy("web", place, port) != 0:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.2)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=PATIENCE)


def healthy(name: str, place: Path, port: int = 0) -> int:
    """Return what the health check of a service says."""
    command = SERVICES[name]["healthcheck"]["test"]
    assert command[0] == "CMD"
    environ = environment_of(name, place, "http://127.0.0.1:1") | {"PORT": str(port)}
    return subprocess.run(command[1:], cwd=ROOT, env=environ, check=False).returncode


@pytest.mark.s3
@pytest.mark.slow
def test_web_is_set_up_well_and_serves_its_static_files(running):
    url = running
    headers = {"Host": "HOST-NAME.example", "X-Forwarded-Proto": "https"}

    def get(path: str) -> tuple[int, str, str]:
        request = urllib.request.Request(f"{url}{path}", headers=headers)  # noqa: S310  (ours)
        with urllib.request.urlopen(request) as answer:  # noqa: S310  (ours)
            return answer.status, answer.headers["Content-Type"], answer.read().decode()

    status, _type, page = get("/")
    sheets = re.findall(r'<link[^>]* href="(/static/[^"]+\.css)"', page)

    assert status == 200
    assert sheets
    assert {get(sheet)[:2] for sheet in sheets} == {(200, 'text/css; charset="utf-8"')}
    assert all(re.search(r"\.[0-9a-f]{12}\.css$", sheet) for sheet in sheets)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{url}/")  # noqa: S310  (ours: not as the proxy asks)
    refused.value.close()
    assert refused.value.code == 400


@pytest.mark.s3
@pytest.mark.slow
def test_health_check_finds_web_that_is_away(place):
    assert healthy("web", place, free_port()) == 1


@pytest.mark.s3
@pytest.mark.slow
def test_health_check_knows_a_worker_with_all_its_roles(place):
    store = f"http://127.0.0.1:{free_port()}"
    run("setup", place, store)
    process = subprocess.Popen(
        command_of("worker"),
        cwd=ROOT,
        env=environment_of("worker", place, store),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + PATIENCE
        while healthy("worker", place) != 0:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=PATIENCE)
