"""The process that reads the labels: what it knows, what ends it, and that nothing else does it."""

from __future__ import annotations

import ast
import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core import forked
from scoring import isolation
from scoring.compute.schema import PredictionFormat, PredictionKind
from scoring.evaluator import place_of
from scoring.protocol import Answer, Question, StoredAs
from tests.architecture.source import ROOT, nodes, place, python_files

STARTS_PROCESSES = {"subprocess", "multiprocessing", "concurrent", "pty", "runpy"}
RUNS_CODE = {"exec", "eval", "compile", "__import__"}


@pytest.fixture
def question():
    return Question(
        predictions=StoredAs(key="none.csv", sha256="0" * 64),
        truth=StoredAs(key="none.csv", sha256="0" * 64),
        format=PredictionFormat(
            id_column="id", target_column="x", kind=PredictionKind.LABEL, labels=("a", "b")
        ),
        metrics=("accuracy",),
        seed=1,
        size_limit=1_000_000,
        memory_limit=1_500_000_000,
        cpu_limit=20,
    )


@pytest.fixture(autouse=True)
def begin_without_parents():
    """Begin without the warm parents of other tests on this worker."""
    forked.end_parents()


def test_no_module_starts_processes():
    """And none runs code that is not in the repository (ST-210); `core.forked` starts them."""
    found = []
    for path in python_files("scoring"):
        for node in nodes(path):
            names = []
            if isinstance(node, ast.Import):
                names = [name.name.partition(".")[0] for name in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [(node.module or "").partition(".")[0]]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                names = [node.func.id] if node.func.id in RUNS_CODE else []
            if set(names) & (STARTS_PROCESSES | RUNS_CODE):
                found.append(place(path, node))

    assert found == []


def test_the_child_knows_no_database_and_no_key(settings, question):
    environment = settings.EVALUATION_ENVIRONMENT

    assert "AUSLOBUNG_DATABASE_URL" not in environment
    assert "AUSLOBUNG_EMAIL_URL" not in environment
    assert environment["AUSLOBUNG_SECRET_KEY"] == "unused"
    assert set(environment) <= {
        "PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR", "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS", "DJANGO_SETTINGS_MODULE", "AUSLOBUNG_SECRET_KEY",
        "AUSLOBUNG_DATA_DIR", "AUSLOBUNG_STORAGE", "AUSLOBUNG_UPLOAD_MAX_MB",
        *(name for name in environment if name.startswith("AUSLOBUNG_S3_")),
    }  # fmt: skip


def test_the_child_opens_no_database(settings):
    script = (
        "import sys; import scoring.evaluator as e\n"
        "from django.conf import settings; settings.DATA_DIR\n"
        "import scoring.compute.evaluate, scoring.compute.predictions, core.storage\n"
        "from django.db import connections\n"
        "print(sorted(n for n in sys.modules if n in {'psycopg', 'sqlite3', 'scoring.models'}))"
        "; print(len(connections.all(initialized_only=True)))"
    )

    answer = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=settings.EVALUATION_ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert answer.stdout.split() == ["[]", "0"]


def test_a_missing_file_is_a_fault_without_its_name(question):
    with pytest.raises(isolation.EvaluationFault) as caught:
        isolation.run(question, timeout=20)

    assert caught.value.fault == isolation.Fault.CRASHED
    assert caught.value.detail.endswith("FileNotFoundError")
    assert "none.csv" not in caught.value.detail


def test_what_goes_wrong_is_told_by_its_place_alone():
    def read_label():
        message = "row 17: expected quokka"
        raise ValueError(message)

    try:
        read_label()
    except ValueError as error:
        told = place_of(error)

    assert told.splitlines()[-1] == "ValueError"
    assert "read_label" in told
    assert "quokka" not in told


def test_time_runs_out_while_it_beats(question):
    beats = []
    started = time.monotonic()

    with pytest.raises(isolation.EvaluationFault) as caught:
        isolation.run(
            question,
            timeout=0.6,
            beat=lambda: beats.append(time.monotonic()),
            program="tests.scoring.sleeper",
        )

    assert caught.value.fault == isolation.Fault.TIMEOUT
    assert 0.5 < time.monotonic() - started < 30


def test_nothing_is_left_when_the_lease_is_lost(question, monkeypatch):
    monkeypatch.setattr(forked, "BEAT_SECONDS", 0.2)

    class Lost(Exception):
        pass

    def beat():
        raise Lost

    with pytest.raises(Lost):
        isolation.run(question, timeout=20, beat=beat, program="tests.scoring.sleeper")

    assert [child for parent in parents(os.getpid()) for child in children(parent)] == []


def test_processor_time_is_limited(question):
    busy = dataclasses.replace(question, cpu_limit=1)

    with pytest.raises(isolation.EvaluationFault) as caught:
        isolation.run(busy, timeout=20, program="tests.scoring.spinner")

    assert caught.value.fault == isolation.Fault.KILLED
    assert "SIGXCPU" in caught.value.detail


def test_child_and_parent_end_with_a_killed_worker(settings, question):
    """Nobody would read the answer, and the run is given to another worker."""
    script = (
        "import sys\n"
        "from scoring import isolation\n"
        "from scoring.protocol import Question\n"
        "question = Question.from_json(sys.stdin.read())\n"
        "isolation.run(question, timeout=60, program='tests.scoring.sleeper')"
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=settings.EVALUATION_ENVIRONMENT,
        stdin=subprocess.PIPE,
        text=True,
    )
    assert worker.stdin is not None
    with worker.stdin as stdin:
        stdin.write(question.to_json())
    started = wait_until(lambda: (found := parents(worker.pid)) and children(found[0]))
    family = [*parents(worker.pid), *started]

    worker.send_signal(signal.SIGKILL)
    worker.wait()

    wait_until(lambda: not any(map(is_alive, family)))


def test_parent_is_kept_and_children_share_nothing(question):
    """What a child did to its modules is gone with it."""
    told = []
    for _question in range(2):
        with pytest.raises(isolation.EvaluationFault) as caught:
            isolation.run(question, timeout=20, program="tests.scoring.counter")
        told.append(caught.value.detail.split())

    (first, parent), (second, same_parent) = told
    assert (first, second) == ("1", "1")
    assert parent == same_parent


def test_question_of_a_parent_that_died_is_a_fault_and_the_next_one_is_answered(
    question, monkeypatch
):
    monkeypatch.setattr(forked, "BEAT_SECONDS", 0.2)

    def kill_parent():
        os.kill(parents(os.getpid())[0], signal.SIGKILL)

    with pytest.raises(isolation.EvaluationFault) as caught:
        isolation.run(question, timeout=20, beat=kill_parent, program="tests.scoring.sleeper")
    with pytest.raises(isolation.EvaluationFault) as following:
        isolation.run(question, timeout=20, program="tests.scoring.counter")

    assert caught.value.fault == isolation.Fault.CRASHED
    assert following.value.detail.split()[0] == "1"


def test_an_answer_that_is_none_is_a_fault(question):
    with pytest.raises(isolation.EvaluationFault) as caught:
        isolation.run(question, timeout=20, program="tests.scoring.babbler")

    assert caught.value.fault == isolation.Fault.NO_ANSWER


def test_questions_and_answers_survive_the_way(question):
    assert Question.from_json(question.to_json()) == question
    empty = Answer.from_json(
        '{"check": {"ok": true, "rows": 1, "columns": ["id"], "encoding": "utf-8",'
        ' "delimiter": ",", "decimal": null, "problems": []}, "values": [],'
        ' "groups": [],'
        ' "details": [{"split": "public", "kind": "confusion", "content": {"rows": []}}]}'
    )
    assert Answer.from_json(empty.to_json()) == empty


def parents(pid):
    """Return the warm parents that a process has started."""
    return [child for child in children(pid) if b"core.warm" in cmdline(child)]


def children(pid):
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid and is_alive(int(folder.name)):
            found.append(int(folder.name))
    return found


def cmdline(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def is_alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_until(condition, seconds=30):
    ends_at = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < ends_at
        time.sleep(0.05)
    return found
