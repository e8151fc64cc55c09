"""The way of a problem statement: written, handed in, reviewed, accepted, published."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from competition import emails, precheck, statement
from competition.actions.desk import (
    locked_for_writing,
    locked_row,
    refused,
    save_task,
    task_of,
    touch,
)
from competition.actions.duty import bar_of
from competition.extensions import CheckResult, Duty, freezers, publication_checks
from competition.models import (
    Agency,
    Challenge,
    Competition,
    PreCheck,
    ReviewMessage,
    StatementSection,
    StatementVersion,
)
from competition.queries.statement import (
    content_of,
    facts_of,
    legal_dates,
    legal_values,
    precheck_of,
    today,
    unmet_for_hand_in,
)
from competition.rules import is_agency_staff, is_organiser, works_for
from competition.statement.answers import clean_answer, clean_text, clean_translation
from competition.statement.choices import Deliverable, Release
from competition.statement.completeness import answer_of, translation_of
from competition.statement.conditions import is_personal, needs_release
from competition.states import ChallengeState, Outcome
from core import audit, clock
from core.exceptions import (
    DomainError,
    IllegalTransition,
    Incomplete,
    StaleVersion,
)
from core.transitions import allows, move

if TYPE_CHECKING:
    import datetime as dt

    from competition.statement.fields import Facts, Field

MESSAGE_LIMIT = 4_000
REASONING_LIMIT = 4_000


# -- writing --------------------------------------------------------------------------------------


@transaction.atomic
def create(
    agency: Agency,
    *,
    by: User,
    competition: Competition,
    title_de: str,
    title_en: str = "",
    now: dt.datetime | None = None,
) -> Challenge:
    """Start a problem statement of an agency as a draft (T-1).

    Raises:
        PermissionRefused: the person does not work for the agency.
        ValidationError: the title is missing or too long.
        DomainError: somebody of the agency is in a team of the competition (R-13).

    """
    if not works_for(by, agency):
        raise refused()
    staff = User.objects.filter(agency_memberships__agency=agency)
    if bar_of(staff, [competition], Duty.AGENCY):
        raise DomainError(
            "staff_competes",
            _(
                "Somebody who works for your agency is in a team of this competition. Whoever"
                " posts a problem statement cannot take part: that person leaves the team first."
            ),
        )
    now = now or clock.now()
    question = statement.FIELDS["title"]
    title = clean_answer(question, title_de)
    if title is None:
        raise ValidationError({"title": _("Give the statement a title.")})
    challenge = Challenge.objects.create(
        competition=competition,
        agency=agency,
        title_de=title,
        title_en=clean_translation(question, title_en) or "",
        created_by=by,
        created_at=now,
        updated_by=by,
        updated_at=now,
    )
    audit.record(
        "challenge.created",
        target=challenge,
        by=by,
        data={"code": challenge.code, "competition": competition.slug},
        now=now,
    )
    return challenge


@transaction.atomic
def save_section(
    challenge: Challenge,
    *,
    by: User,
    section: str,
    answers: Mapping[str, Any],
    translations: Mapping[str, str] | None = None,
    version: int | None = None,
    is_finished: bool | None = None,
    is_autosave: bool = False,
    now: dt.datetime | None = None,
) -> StatementSection:
    """Save answers of one section, complete or not; keys that are not given stay as they are.

    `version` is that of the section when the form was opened; without it nothing is compared (for
    programs). Saving what is stored already changes nothing and writes no event; saving by itself
    writes one for each spell of writing.

    Raises:
        PermissionRefused: the person does not work for the agency.
        DomainError: the statement lies with the office or is public.
        StaleVersion: somebody saved the section meanwhile; `data` holds the stored texts.
        ValidationError: an answer breaks a rule; keyed by question.

    """
    locked = locked_for_writing(challenge, by)
    now = now or clock.now()
    questions = {question.key: question for question in statement.BY_KEY[section].fields}
    cleaned = _clean(questions, answers, clean_answer)
    english = _clean(questions, translations or {}, clean_translation, suffix="_en")
    if "title" in cleaned and cleaned["title"] is None:
        raise ValidationError({"title": _("Give the statement a title.")})
    changed = {key for key, value in cleaned.items() if value != answer_of(locked, questions[key])}
    changed_english = {
        key
        for key, value in english.items()
        if (value or "") != translation_of(locked, questions[key])
    }
    task = task_of(locked, section)
    if version is not None and version != task.version and (changed or changed_english):
        raise _stale(locked, task, questions, changed, changed_english)
    finished_now = task.is_finished if is_finished is None else is_finished
    if not changed and not changed_english and finished_now == task.is_finished and task.pk:
        return task
    for key in changed:
        _write(locked, questions[key], cleaned[key])
    for key in changed_english:
        _write_english(locked, questions[key], english[key] or "")
    touch(locked, by=by, now=now)
    save_task(task, by=by, now=now, is_finished=finished_now)
    if is_autosave:
        audit.record_spell("challenge.section_written", target=locked, by=by, part=section, now=now)
        challenge.refresh_from_db()
        return task
    audit.record(
        "challenge.section_saved",
        target=locked,
        by=by,
        data={
            "section": section,
            "version": task.version,
            "fields": sorted(changed | {f"{key}_en" for key in changed_english}),
            "is_finished": finished_now,
        },
        now=now,
    )
    challenge.refresh_from_db()
    return task


@transaction.atomic
def save_precheck(
    challenge: Challenge,
    *,
    by: User,
    answers: Mapping[str, Any],
    reasoning: str = "",
    version: int | None = None,
    is_finished: bool | None = None,
    is_autosave: bool = False,
    now: dt.datetime | None = None,
) -> PreCheck:
    """Save answers of the AI Act pre-check with what follows from them; open questions may stay.

    Saving by itself writes one event for each spell of writing.

    Raises:
        PermissionRefused, DomainError, StaleVersion: as for `save_section`.
        ValidationError: "none of these" stands beside a box, or the reasoning is too long.

    """
    locked = locked_for_writing(challenge, by)
    now = now or clock.now()
    try:
        cleaned = precheck.clean_answers(answers)
    except precheck.Contradiction as error:
        message = _("Choose either “none of these” or what applies.")
        raise ValidationError(dict.fromkeys(error.questions, message)) from error
    try:
        reasons = clean_text(reasoning, REASONING_LIMIT) or ""
    except ValidationError as error:
        raise ValidationError({"reasoning": error}) from error
    task = task_of(locked, statement.PRECHECK)
    stored = precheck_of(locked)
    if version is not None and version != task.version and stored is not None:
        raise StaleVersion(
            "stale",
            _("Somebody else saved the pre-check meanwhile. Compare it with your answers."),
            version=task.version,
            saved_by=task.saved_by,
            saved_at=task.saved_at,
            answers=stored.answers,
            reasoning=stored.reasoning,
        )
    dates = legal_dates(legal_values(today()))
    result = precheck.classify(cleaned, ruleset=precheck.RULESET, legal=dates)
    row, _created = PreCheck.objects.update_or_create(
        challenge=locked,
        defaults={
            "answers": cleaned,
            "ruleset": precheck.RULESET,
            "outcome": result.outcome or "",
            "outcomes": [outcome.value for outcome in result.outcomes],
            "flags": sorted(result.flags),
            "reasoning": reasons,
            "checked_at": now,
            "checked_by": by,
        },
    )
    touch(locked, by=by, now=now)
    save_task(task, by=by, now=now, is_finished=is_finished)
    challenge.refresh_from_db()
    if is_autosave:
        audit.record_spell(
            "challenge.precheck_written", target=locked, by=by, part=statement.PRECHECK, now=now
        )
        return row
    audit.record(
        "challenge.precheck_saved",
        target=locked,
        by=by,
        data={
            "ruleset": row.ruleset,
            "answers": cleaned,
            "outcomes": row.outcomes,
            "flags": row.flags,
        },
        now=now,
    )
    return row


# -- handing in and dialogue ----------------------------------------------------------------------


@transaction.atomic
def hand_in(challenge: Challenge, *, by: User, now: dt.datetime | None = None) -> StatementVersion:
    """Hand the statement in, for the first time or again (T-2, T-4); keep a copy with its hash.

    Raises:
        PermissionRefused: the person does not work for the agency.
        IllegalTransition: it was handed in already.
        Incomplete: something is missing; `data["missing"]` lists the sentences.

    """
    if not is_agency_staff(by, challenge):
        raise refused()
    now = now or clock.now()
    locked = locked_row(challenge)
    if not allows(locked.state, ChallengeState.IN_REVIEW):
        raise IllegalTransition(locked, locked.state, ChallengeState.IN_REVIEW)
    unmet = unmet_for_hand_in(locked)
    if unmet:
        raise Incomplete(
            "incomplete",
            _("Something is missing before you can hand in."),
            missing=[_sentence(result) for result in unmet],
        )
    version = _keep_version(locked, content_of(locked), by=by, now=now)
    move(
        challenge,
        to=ChallengeState.IN_REVIEW,
        by=by,
        now=now,
        data={"version": version.number, "sha256": version.sha256},
    )
    emails.statement_received(challenge, version, now)
    return version


@transaction.atomic
def send_back(
    challenge: Challenge,
    *,
    by: User,
    messages: Mapping[str, str],
    now: dt.datetime | None = None,
) -> list[ReviewMessage]:
    """Return the statement to its agency with questions (T-3, T-6), one or more, each to a task.

    `messages` holds the questions by task (`competition.statement.TOPICS`); blank ones are skipped.

    Raises:
        PermissionRefused: the person does not work in the office of the competition.
        IllegalTransition: the statement is not with the office.
        ValidationError: there is no question, or one is too long or about an unknown task.

    """
    if not is_organiser(by, challenge):
        raise refused()
    now = now or clock.now()
    questions = _clean_messages(messages)
    move(
        challenge,
        to=ChallengeState.NEEDS_CHANGES,
        by=by,
        now=now,
        data={"topics": sorted(questions)},
    )
    rows = [
        ReviewMessage.objects.create(
            challenge=challenge,
            section=topic,
            author=by,
            is_from_office=True,
            text=text,
            sent_at=now,
        )
        for topic, text in questions.items()
    ]
    # Somebody asks about it, so it is not finished any more.
    challenge.sections.filter(key__in=questions).update(is_finished=False)
    emails.statement_returned(challenge, rows, now)
    return rows


@transaction.atomic
def answer_message(
    message: ReviewMessage, *, by: User, text: str, now: dt.datetime | None = None
) -> ReviewMessage:
    """Answer a question of the office; an answer stands as it was given.

    Raises:
        PermissionRefused: the person does not work for the agency, or this is no question.
        DomainError: it was answered already.
        ValidationError: the answer is empty or too long.

    """
    challenge = message.challenge
    if not is_agency_staff(by, challenge) or not message.is_from_office:
        raise refused()
    now = now or clock.now()
    locked_row(challenge)
    if ReviewMessage.objects.filter(answers_to=message).exists():
        raise DomainError("answered", _("This question was answered already. Reload the page."))
    cleaned = clean_text(text, MESSAGE_LIMIT)
    if cleaned is None:
        raise ValidationError({"text": _("Write an answer.")})
    answer = ReviewMessage.objects.create(
        challenge=challenge,
        section=message.section,
        author=by,
        is_from_office=False,
        text=cleaned,
        sent_at=now,
        answers_to=message,
    )
    audit.record(
        "challenge.question_answered",
        target=challenge,
        by=by,
        data={"question": message.pk, "answer": answer.pk, "topic": message.section},
        now=now,
    )
    return answer


# -- office ---------------------------------------------------------------------------------------


@transaction.atomic
def accept(challenge: Challenge, *, by: User, now: dt.datetime | None = None) -> Challenge:
    """Accept the statement after the gates (T-7): data protection, law, AI Act; two people.

    Raises:
        PermissionRefused: the person does not work in the office of the competition.
        IllegalTransition: the statement is not in review.
        DomainError: who releases has written it too (four eyes).
        Incomplete: a gate is closed; `data["missing"]` lists the sentences.

    """
    if not is_organiser(by, challenge):
        raise refused()
    now = now or clock.now()
    locked = locked_row(challenge)
    if not allows(locked.state, ChallengeState.ACCEPTED):
        raise IllegalTransition(locked, locked.state, ChallengeState.ACCEPTED)
    if by.pk in _authors(locked):
        raise DomainError(
            "four_eyes",
            _("You have worked on this statement. Somebody else in the office has to accept it."),
        )
    facts = facts_of(locked)
    closed = closed_gates(locked)
    if closed:
        raise Incomplete("gate_closed", _("A gate is still closed."), missing=closed)
    stored = precheck_of(locked)
    move(
        challenge,
        to=ChallengeState.ACCEPTED,
        by=by,
        now=now,
        # Evidence of the gates GT-1 to GT-3, as numbers and codes.
        data={
            "procedure": facts.answers.get("procedure"),
            "est_value": facts.answers.get("est_value"),
            "eu_threshold": facts.eu_threshold,
            "personal": facts.answers.get("personal"),
            "dpo": facts.answers.get("dpo"),
            "ruleset": stored.ruleset if stored else "",
            "outcomes": stored.outcomes if stored else [],
            "flags": stored.flags if stored else [],
        },
    )
    emails.statement_accepted(challenge, now)
    return challenge


def closed_gates(challenge: Challenge) -> list[str]:
    """Return the sentences of the gates that keep a statement from being accepted."""
    facts = facts_of(challenge)
    found = []
    stored = precheck_of(challenge)
    if stored is None or not stored.outcome:
        found.append(str(_("The AI Act pre-check is not complete.")))
    elif Outcome.PROHIBITED in stored.outcomes:
        found.append(str(_("Art. 5 of the AI Act prohibits this practice.")))
    if needs_release(facts):
        found += _open_release(facts)
    if not facts.answers.get("procedure"):
        found.append(str(_("The procedure type is not recorded.")))
    if not isinstance(facts.answers.get("est_value"), int):
        found.append(str(_("The estimated value is not recorded.")))
    return found


def _open_release(facts: Facts) -> list[str]:
    found = []
    if not facts.one_of("dpo", Release.RELEASED, Release.CONDITIONS):
        found.append(str(_("The release of the data protection officer is missing.")))
    if not facts.answers.get("dpo_statement"):
        found.append(str(_("Date and reference of the data protection statement are missing.")))
    if is_personal(facts) and not facts.answers.get("legal_basis_data"):
        found.append(str(_("The legal basis for providing the data is missing.")))
    return found


@transaction.atomic
def publish(
    challenge: Challenge,
    *,
    by: User,
    reasons: Mapping[str, str] | None = None,
    now: dt.datetime | None = None,
) -> Challenge:
    """Publish the statement (T-8): run all checks, freeze, hash, and make it public.

    `reasons` holds a sentence for each check that failed without blocking, by the key of the check.
    The frozen hash covers statement, phases, files and what higher apps freeze (the rubric).

    Raises:
        PermissionRefused: the person does not work in the office of the competition.
        IllegalTransition: the statement was not accepted.
        Incomplete: a blocking check failed, or a reason is missing.

    """
    if not is_organiser(by, challenge):
        raise refused()
    now = now or clock.now()
    locked = locked_row(challenge)
    if not allows(locked.state, ChallengeState.PUBLISHED):
        raise IllegalTransition(locked, locked.state, ChallengeState.PUBLISHED)
    given = {key: text.strip() for key, text in (reasons or {}).items() if text.strip()}
    missing, excused = [], {}
    for check in publication_checks:
        result = check.run(locked)
        if result.passed:
            continue
        if check.blocking or check.key not in given:
            missing.append(_sentence(result))
        else:
            excused[check.key] = given[check.key]
    if missing:
        raise Incomplete("checks_failed", _("The checklist is not complete yet."), missing=missing)
    content = content_of(locked)
    content["frozen"] = [dict(freeze(locked, by)) for freeze in freezers]
    version = _keep_version(locked, content, by=by, now=now)
    move(
        challenge,
        to=ChallengeState.PUBLISHED,
        by=by,
        now=now,
        data={"version": version.number, "sha256": version.sha256, "reasons": excused},
        published_at=now,
        frozen_hash=version.sha256,
    )
    emails.statement_published(challenge, now)
    return challenge


# -- answers ---------------------------------------------------------------------------------------


def _clean(
    questions: Mapping[str, Field], raw: Mapping[str, Any], clean: Any, suffix: str = ""
) -> dict[str, Any]:
    cleaned: dict[str, Any] = {}
    problems: dict[str, Any] = {}
    for key, value in raw.items():
        if key not in questions:
            problems[f"{key}{suffix}"] = _("This question does not belong to the section.")
            continue
        try:
            cleaned[key] = clean(questions[key], value)
        except ValidationError as error:
            problems[f"{key}{suffix}"] = error
    if problems:
        raise ValidationError(problems)
    return cleaned


def _write(challenge: Challenge, question: Field, value: Any) -> None:
    if question.key == "wants":
        wanted = set(value or ())
        challenge.wants_concept = Deliverable.CONCEPT in wanted
        challenge.wants_predictions = Deliverable.PREDICTIONS in wanted
    elif question.is_column:
        setattr(challenge, f"{question.key}_de", value or "")
    elif value is None:
        challenge.answers.pop(question.key, None)
    else:
        challenge.answers[question.key] = value


def _write_english(challenge: Challenge, question: Field, value: str) -> None:
    if question.is_column:
        setattr(challenge, f"{question.key}_en", value)
    elif value:
        challenge.translations[question.key] = value
    else:
        challenge.translations.pop(question.key, None)


def _stale(
    challenge: Challenge,
    task: StatementSection,
    questions: Mapping[str, Field],
    changed: set[str],
    changed_english: set[str],
) -> StaleVersion:
    return StaleVersion(
        "stale",
        _("Somebody else saved this section meanwhile. Compare both texts."),
        version=task.version,
        saved_by=task.saved_by,
        saved_at=task.saved_at,
        answers={key: answer_of(challenge, questions[key]) for key in sorted(changed)},
        translations={
            key: translation_of(challenge, questions[key]) for key in sorted(changed_english)
        },
    )


def _clean_messages(messages: Mapping[str, str]) -> dict[str, str]:
    cleaned: dict[str, str] = {}
    problems: dict[str, Any] = {}
    for topic, raw in messages.items():
        if topic not in statement.TOPICS:
            problems[topic] = _("There is no such task.")
            continue
        try:
            text = clean_text(raw, MESSAGE_LIMIT)
        except ValidationError as error:
            problems[topic] = error
            continue
        if text:
            cleaned[topic] = text
    if problems:
        raise ValidationError(problems)
    if not cleaned:
        raise ValidationError(
            _("Write at least one question, so that the agency knows what to do.")
        )
    return cleaned


def _authors(challenge: Challenge) -> set[int | None]:
    """Return the keys of everyone who wrote on the statement or handed it in."""
    saved = challenge.sections.values_list("saved_by", flat=True)
    handed_in = challenge.versions.values_list("made_by", flat=True)
    return {challenge.created_by_id, challenge.updated_by_id, *saved, *handed_in}


def _keep_version(
    challenge: Challenge, content: dict[str, Any], *, by: User, now: dt.datetime
) -> StatementVersion:
    latest = challenge.versions.order_by("-number").first()
    return StatementVersion.objects.create(
        challenge=challenge,
        number=latest.number + 1 if latest else 1,
        content=content,
        sha256=hashlib.sha256(audit.canonical(content).encode()).hexdigest(),
        made_at=now,
        made_by=by,
    )


def _sentence(result: CheckResult) -> str:
    return f"{result.label}: {result.detail}" if result.detail else str(result.label)
