"""`check_services` against real services of this machine, well and badly set up."""

from __future__ import annotations

import base64
import io
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command

from config.settings import environment
from core import probes, storage
from tests.clamd import LIMIT, clamd
from tests.stores import (
    SharedServer,
    bad_line,
    client_of,
    documented,
    documented_cors,
    free_port,
    moto,
    rclone,
    s3_storage,
)

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

ORIGIN = "https://auslobung.example"
BOTH = "The key of the ground truth reads what it writes: give web and worker one each."
FILES, TRUTH = "auslobung", "auslobung-truth"


@pytest.fixture
def use(settings: SettingsWrapper) -> Any:
    """Let all files lie in a store."""

    def _use(endpoint: str, truth: dict[str, str] | None = None, **options: Any) -> None:
        settings.CSRF_TRUSTED_ORIGINS = [ORIGIN]
        entries = {
            alias: s3_storage(endpoint, FILES, **options)
            for alias in (storage.SUBMISSIONS, storage.RESOURCES, storage.EXPORTS)
        }
        entries[storage.GROUND_TRUTH] = s3_storage(endpoint, TRUTH, **{**options, **(truth or {})})
        settings.STORAGES = {**settings.STORAGES, **entries}

    return _use


def problems() -> dict[str, tuple[str, ...]]:
    """Return what the probes find, without what they say of each storage alike."""
    return {
        probe.label: probe.problems
        for probe in probes.all_of_them()
        if not probe.label.endswith((": resources", ": exports", ": ground_truth"))
    }


def in_store(*sentences: str, browsers: tuple[str, ...] = (), separate: bool = False) -> Any:
    opens = f"The key of the files opens the bucket of the ground truth, {TRUTH}."
    return {
        "Files in the store: submissions": sentences,
        "Uploads of browsers": browsers,
        "Separation of the ground truth": () if separate else (opens,),
        "Key of the ground truth": () if separate else (BOTH,),
    }


# -- folders --------------------------------------------------------------------------------------


def test_folders_that_can_be_written_work(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check_services")

    assert capsys.readouterr().out.splitlines() == [
        f"works Files in a folder: {alias}"
        for alias in ("submissions", "resources", "exports", "ground_truth")
    ]


def test_folder_that_is_none_is_named(settings: SettingsWrapper, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    entry = {
        "BACKEND": "core.storage.DurableFileSystemStorage",
        "OPTIONS": {"location": tmp_path / "file" / "x"},
    }
    settings.STORAGES = {**settings.STORAGES, storage.SUBMISSIONS: entry}

    assert problems() == {
        "Files in a folder: submissions": (
            f"The folder {tmp_path}/file/x cannot be written: Not a directory.",
        )
    }
    with pytest.raises(CommandError, match="1 problems found"):
        call_command("check_services", stdout=io.StringIO())


def test_folder_without_room_for_one_upload_is_named(settings: SettingsWrapper) -> None:
    settings.UPLOAD_MAX_BYTES = 10**15

    (sentence,) = problems()["Files in a folder: submissions"]

    assert sentence.endswith("one upload may need 2000000000 MB.")


# -- stores ---------------------------------------------------------------------------------------


@pytest.mark.s3
def test_store_set_up_as_documented_works_and_nothing_is_left(tmp_path: Path, use: Any) -> None:
    with rclone(tmp_path, FILES, TRUTH) as endpoint, bad_line(endpoint) as front:
        front.cors = documented_cors(ORIGIN)
        use(endpoint, public_endpoint_url=front.endpoint)

        found = problems()

    # rclone gives every key everything, and the address of a test is not https.
    insecure = "Browsers do not send files from https to http: the store needs an https address."
    assert found == in_store(browsers=(insecure,))
    assert [path for path in tmp_path.rglob("check/*") if path.is_file()] == []


@pytest.mark.s3
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"bucket_name": "elsewhere"}, "There is no bucket elsewhere."),
        (
            {"secret_key": "wrong"},
            "The store does not accept the key for the bucket auslobung (SignatureDoesNotMatch).",
        ),
    ],
)
def test_wrong_bucket_and_wrong_key_are_named(
    tmp_path: Path, use: Any, options: dict[str, str], sentence: str
) -> None:
    with rclone(tmp_path, FILES, TRUTH) as endpoint:
        use(endpoint, **options)

        found = problems()

    assert found["Files in the store: submissions"] == (sentence,)


@pytest.mark.s3
def test_store_without_a_rule_for_our_pages_is_named(tmp_path: Path, use: Any) -> None:
    with rclone(tmp_path, FILES, TRUTH) as endpoint, bad_line(endpoint) as front:
        front.cors = documented_cors("https://elsewhere.example")
        use(endpoint, public_endpoint_url=front.endpoint)

        found = problems()["Uploads of browsers"]

    assert found[0] == (
        "The store does not let pages of https://auslobung.example send files:"
        " set its cross-origin rule."
    )


@pytest.mark.s3
def test_bucket_that_everybody_reads_is_named(tmp_path: Path, use: Any) -> None:
    with rclone(tmp_path, FILES, TRUTH, is_open=True) as endpoint:
        use(endpoint)

        found = problems()["Files in the store: submissions"]

    assert found == ("Everybody can read the bucket auslobung: block public access.",)


@pytest.mark.s3
@pytest.mark.slow
def test_store_that_does_not_answer_is_named(use: Any) -> None:
    use(f"http://127.0.0.1:{free_port()}")

    found = problems()

    (sentence,) = found["Files in the store: submissions"]
    (browsers,) = found["Uploads of browsers"]
    assert sentence.startswith("The store does not answer: ")
    assert browsers.startswith("Browsers would send files to http://127.0.0.1:")


@contextmanager
def guarded() -> Iterator[tuple[str, dict[str, dict[str, str]]]]:
    """Serve a store that knows policies; yield its address and keys with ours.

    "files" is the key of the files, "write", "read" and "list" are keys of the ground truth.
    """
    truth = f"arn:aws:s3:::{TRUTH}"
    policies = {"files": documented("Statement")} | {
        name: {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": [action], "Resource": resource}],
        }
        for name, action, resource in (
            ("write", "s3:PutObject", f"{truth}/*"),
            ("read", "s3:GetObject", f"{truth}/*"),
            ("list", "s3:ListBucket", truth),
        )
    }
    # So many requests set everything up; from then on it asks for permissions.
    with moto(FILES, TRUTH, environ={"INITIAL_NO_AUTH_ACTION_COUNT": "15"}) as endpoint:
        s3, iam = (client_of(endpoint, name) for name in ("s3", "iam"))
        keys = {}
        for name, policy in policies.items():
            iam.create_user(UserName=name)
            document = json.dumps(policy)
            iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=document)
            made = iam.create_access_key(UserName=name)["AccessKey"]
            keys[name] = {"access_key": made["AccessKeyId"], "secret_key": made["SecretAccessKey"]}
        rules = {"Rules": documented("Rules")["Rules"]}
        s3.put_bucket_lifecycle_configuration(Bucket=FILES, LifecycleConfiguration=rules)
        yield endpoint, keys


@pytest.mark.s3
def test_documented_policy_and_rules_are_enough_and_open_nothing_else(use: Any) -> None:
    found = {}
    with guarded() as (endpoint, keys):
        for name in ("read", "list", "write", "read"):
            use(endpoint, truth=keys[name], **keys["files"])
            found[name] = problems()

    for name in ("read", "write"):
        assert found[name]["Files in the store: submissions"] == ()
        assert found[name]["Separation of the ground truth"] == ()
        assert found[name]["Key of the ground truth"] == ()
    (sentence,) = found["list"]["Key of the ground truth"]
    assert sentence.startswith(f"The key of the ground truth may not write to the bucket {TRUTH}")


@pytest.mark.s3
def test_store_without_a_life_cycle_is_named(use: Any, moto_server: SharedServer) -> None:
    bucket = moto_server.make_bucket()
    use(moto_server.endpoint, bucket_name=bucket)

    found = problems()["Files in the store: submissions"]

    # This one does not ask strangers for anything.
    assert f"No life-cycle rule of the bucket {bucket} ends unfinished uploads." in found


# -- mail -----------------------------------------------------------------------------------------


class MailServer(socketserver.StreamRequestHandler):
    """As much of a mail server as signing in and naming a sender takes."""

    PASSWORD = base64.b64encode(b"\0web\0secret").decode()

    def handle(self) -> None:
        self.say("220 mail.example")
        for line in self.rfile:
            verb, _space, rest = line.decode().strip().partition(" ")
            if verb == "ehlo":
                self.say("250-mail.example\r\n250 AUTH PLAIN")
            elif verb == "AUTH":
                self.say("235 welcome" if rest.endswith(self.PASSWORD) else "535 wrong password")
            elif verb == "mail":
                self.say("250 go on" if "<office@" in rest else "553 not your address")
            elif verb == "quit":
                self.say("221 bye")
                return
            else:
                self.say("500 unknown")

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@pytest.fixture
def mail_server() -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), MailServer) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize(
    ("password", "sender", "found"),
    [
        ("secret", "Wettbewerb <office@city.example>", ()),
        ("secret", "me@elsewhere.example", ("takes no mail from me@elsewhere.example",)),
        ("wrong", "office@city.example", ("wrong password",)),
    ],
)
def test_mail_server_has_to_take_our_key_and_our_sender(
    settings: SettingsWrapper, mail_server: int, password: str, sender: str, found: tuple[str, ...]
) -> None:
    settings.MAILERS = {
        "default": environment.mailer(f"smtp://web:{password}@127.0.0.1:{mail_server}", Path())
    }
    settings.DEFAULT_FROM_EMAIL = sender

    sentences = problems()["Mail server"]

    assert len(sentences) == len(found)
    assert all(words in sentence for words, sentence in zip(found, sentences, strict=True))


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_mail_server_that_is_away_is_named(settings: SettingsWrapper) -> None:
    port = free_port()
    settings.MAILERS = {"default": environment.mailer(f"smtp://127.0.0.1:{port}", Path())}

    (sentence,) = problems()["Mail server"]

    assert sentence.startswith(f"The mail server 127.0.0.1:{port} is of no use: ")


# -- scanner and authority ------------------------------------------------------------------------


@pytest.mark.scanner
@pytest.mark.parametrize(("most", "knows"), [(LIMIT, True), (LIMIT + 1_000_000, False)])
def test_scanner_has_to_take_the_largest_file(
    settings: SettingsWrapper, tmp_path: Path, most: int, knows: bool
) -> None:
    settings.UPLOAD_MAX_BYTES = most
    with clamd(tmp_path, free_port()) as socket_file:
        settings.CLAMD_ADDRESS = f"unix://{socket_file}"

        found = problems()["Malware scanner"]

    assert [sentence.split(":")[0] for sentence in found] == (
        [] if knows else ["The scanner takes no file of 9 MB"]
    )


@pytest.mark.scanner
def test_scanner_that_is_away_is_named(settings: SettingsWrapper) -> None:
    settings.CLAMD_ADDRESS = f"tcp://127.0.0.1:{free_port()}"

    (sentence,) = problems()["Malware scanner"]

    assert sentence.startswith(f"The scanner does not answer at {settings.CLAMD_ADDRESS}: ")


@pytest.mark.authority
def test_authority_that_is_away_is_named(settings: SettingsWrapper) -> None:
    settings.TSA_URL = f"http://127.0.0.1:{free_port()}/"

    (sentence,) = problems()["Time-stamping authority"]

    assert sentence.startswith("The time-stamping authority is of no use: The authority does not")
