"""Data and model card and self-check: asked as the statement says, saved in pieces, proven."""

from __future__ import annotations

import pytest
from django.urls import reverse

from competition.models import Challenge
from core.exceptions import Incomplete
from core.models import AuditEvent
from submissions import cards, queries
from submissions.actions import submission as actions
from submissions.models import Submission
from submissions.receipts import text_hash

CARD = {question.key: f"Antwort {question.key}" for question in cards.CARD}
# No AI system in the sense of the law: three questions.
NO_AI = {"pc1": "no", "pc9a": "no", "pc9b": "no"}


def url(name: str, version: Submission) -> str:
    return reverse(f"submissions:submission-{name}", args=[version.code])


@pytest.fixture
def asks(world):
    def ask(**needs: str) -> Submission:
        Challenge.objects.filter(pk=world.challenge.pk).update(answers=needs)
        draft = Submission.objects.filter(entry=world.entry).first() or world.draft()
        return Submission.objects.get(pk=draft.pk)

    return ask


def post(client, name: str, draft: Submission, *, json: bool = False, **data: object):
    headers = {"Accept": "application/json"} if json else {}
    return client.post(url(name, draft), {"version": "0", **data}, headers=headers)


def test_nobody_is_asked_unless_the_statement_says_so(world, asks, sign_in):
    draft = asks()
    client = sign_in(world.cem)

    assert [task.key for task in queries.tasks(draft)] == ["text"]
    for name in ("card", "self-check"):
        assert client.get(url(name, draft)).status_code == 404


@pytest.mark.parametrize(
    ("need", "missing"), [("needed", ["card", "self-check"]), ("optional", [])]
)
def test_statement_decides_what_a_hand_in_needs(asks, need, missing):
    draft = asks(model_card=need, self_check=need)

    assert [task.key for task in queries.tasks(draft)] == ["text", "card", "self_check"]
    assert [item.url for item in queries.missing(draft)] == [url(name, draft) for name in missing]


def test_hand_in_without_the_card_is_refused(world, asks, english):
    draft = asks(model_card="needed")

    with pytest.raises(Incomplete) as error:
        actions.hand_in(draft, by=world.cem, key="k", declared=True)

    assert error.value.data["missing"] == [
        "Answer the 6 questions of the data and model card that are open."
    ]


def test_card_is_saved_and_shown(world, asks, sign_in):
    draft = asks(model_card="needed")
    client = sign_in(world.dora)

    answer = post(client, "card", draft, **CARD)

    draft.refresh_from_db()
    assert answer.url == draft.get_absolute_url()
    assert (draft.card, draft.card_version, draft.version) == (CARD, 1, 0)
    assert queries.is_ready(draft)
    assert AuditEvent.objects.get().data == {"part": "card_version"}
    page = client.get(url("check", draft))
    for text in CARD.values():
        assert text in page.text


def test_card_may_be_saved_in_pieces(world, asks, sign_in):
    draft = asks(model_card="needed")

    answer = post(sign_in(world.cem), "card", draft, json=True, purpose="Nur dies")

    draft.refresh_from_db()
    assert (answer.status_code, answer.json()["version"], draft.card) == (
        200,
        1,
        {"purpose": "Nur dies"},
    )


def test_autosave_keeps_the_stored_answer_where_the_new_one_is_too_long(world, asks, sign_in):
    draft = asks(model_card="needed")
    actions.save_card(draft, by=world.cem, version=0, answers=CARD)

    answer = post(
        sign_in(world.cem), "card", draft, json=True, **{**CARD, "version": "1", "data": "x" * 1001}
    )

    draft.refresh_from_db()
    assert (answer.status_code, set(answer.json()["unsaved"])) == (200, {"data"})
    assert draft.card == CARD


def test_too_long_answer_comes_back_with_the_page(world, asks, sign_in):
    draft = asks(model_card="needed")

    answer = post(sign_in(world.cem), "card", draft, data="x" * 1001)

    assert (answer.status_code, "x" * 1001 in answer.text) == (422, True)


def test_conflict_shows_both_cards(world, asks, sign_in):
    draft = asks(model_card="needed")
    actions.save_card(draft, by=world.dora, version=0, answers={"purpose": "Von Dora"})

    answer = post(sign_in(world.cem), "card", draft, purpose="Von Cem")

    draft.refresh_from_db()
    assert (answer.status_code, draft.card["purpose"]) == (409, "Von Dora")
    assert "Von <mark>Dora</mark>" in answer.text
    assert "Von <mark>Cem</mark>" in answer.text


def test_conflict_of_the_self_check_shows_answers_in_words(world, asks, sign_in):
    draft = asks(self_check="needed")
    client = sign_in(world.cem)
    actions.save_self_check(draft, by=world.dora, version=0, answers={"pc1": "no"})

    answer = post(client, "self-check", draft, pc1="yes")
    shown = answer.context["form"].fields["pc1"].versus
    post(client, "self-check", draft, version="1", pc1="yes", pc9a="no", **{"take-pc1": "stored"})

    draft.refresh_from_db()
    assert (shown.stored[0].text, shown.own[0].text) == ("Nein", "Ja")
    assert (answer.status_code, draft.self_check) == (409, {"pc1": "no", "pc9a": "no"})


def test_two_people_write_in_two_parts(world, asks, sign_in):
    draft = asks(model_card="needed", self_check="needed")

    actions.save_text(draft, by=world.cem, version=0, title="T", summary="S")
    actions.save_card(draft, by=world.dora, version=0, answers=CARD)
    actions.save_self_check(draft, by=world.cem, version=0, answers=NO_AI)

    draft.refresh_from_db()
    assert (draft.version, draft.card_version, draft.self_check_version) == (1, 1, 1)


def test_self_check_says_when_a_question_needs_no_answer(world, asks, sign_in):
    draft = asks(self_check="needed")

    page = sign_in(world.dora).get("/en" + url("self-check", draft)).content.decode()

    assert page.count("Only if an area of question 4 applies.") == 2


def test_self_check_says_what_follows(world, asks, sign_in):
    draft = asks(self_check="needed")
    client = sign_in(world.cem)

    assert post(client, "self-check", draft, **NO_AI).url == url("self-check", draft)

    page = client.get(url("self-check", draft))
    outcome = Submission.objects.get(pk=draft.pk).self_check_outcome
    assert outcome == "no_ai"
    assert str(outcome.label) in page.text
    assert str(outcome.label) in client.get(url("check", draft)).text


def test_self_check_with_open_questions_has_no_outcome(world, asks):
    draft = asks(self_check="needed")

    actions.save_self_check(draft, by=world.cem, version=0, answers={"pc1": "yes"})

    draft.refresh_from_db()
    assert draft.self_check_outcome is None
    assert [item.url for item in queries.missing(draft)] == [url("self-check", draft)]


def test_none_of_these_beside_a_box_is_refused(world, asks, sign_in):
    draft = asks(self_check="needed")
    data = {"pc2": ["emotion", "none"]}

    assert post(sign_in(world.cem), "self-check", draft, **data).status_code == 422
    answer = post(sign_in(world.cem), "self-check", draft, json=True, pc1="yes", **data)

    draft.refresh_from_db()
    assert (set(answer.json()["unsaved"]), draft.self_check) == ({"pc2"}, {"pc1": "yes"})


def test_answers_enter_the_receipt_and_the_next_version(world, asks):
    draft = asks(model_card="needed", self_check="needed")
    without = text_hash(draft)
    actions.save_card(draft, by=world.cem, version=0, answers=CARD)
    actions.save_self_check(draft, by=world.cem, version=0, answers=NO_AI)

    receipt = actions.hand_in(draft, by=world.cem, key="k", declared=True)
    after = actions.start_draft(world.entry, by=world.cem)

    stored = Submission.objects.get(pk=draft.pk)
    assert receipt.payload["text_sha256"] == text_hash(stored) != without
    assert (after.card, after.self_check) == (CARD, NO_AI)


def test_handed_in_answers_never_change(world, asks, sign_in):
    draft = asks(model_card="optional")
    actions.hand_in(draft, by=world.cem, key="k", declared=True)

    assert post(sign_in(world.cem), "card", draft, purpose="Nachträglich").status_code == 409
    assert Submission.objects.get(pk=draft.pk).card == {}


@pytest.mark.parametrize("who", ["emil", "ada", "bea", "gus"])
@pytest.mark.parametrize("name", ["card", "self-check"])
def test_strangers_find_nothing(world, asks, sign_in, who, name):
    draft = asks(model_card="needed", self_check="needed")
    client = sign_in(getattr(world, who))

    assert client.get(url(name, draft)).status_code == 404
    assert post(client, name, draft).status_code == 404
