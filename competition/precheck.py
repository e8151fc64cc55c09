"""The AI Act pre-check: nine questions, and what follows from the answers (R-42).

A pre-classification, never legal advice. `classify` is pure: the same answers, set of questions and
legal dates always give the same result. "Unclear" counts as the stricter answer: as yes everywhere,
in question 5 as no.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from competition.statement.fields import DPIA, FRIA_REQUIRED
from competition.states import Outcome

RULESET = "2026-2"
MIN_REASONING = 50

YES, NO, UNCLEAR, NONE = "yes", "no", "unclear", "none"
SINGLE_ANSWERS = ((YES, _("Yes")), (NO, _("No")), (UNCLEAR, _("Unclear")))


class LegalKey(StrEnum):
    """Keys of the dates in the table of legal values; a new date is a new row, never code."""

    PROHIBITIONS = "ai_act_art_5"
    IMAGERY = "ai_act_art_5_imagery"
    ANNEX_III = "ai_act_annex_iii"
    ANNEX_I = "ai_act_annex_i"
    TRANSPARENCY = "ai_act_art_50"
    GENERAL_PURPOSE = "ai_act_art_53"
    GDPR = "gdpr"


type LegalDates = Mapping[str, dt.date]


@dataclass(frozen=True, slots=True)
class Box:
    """One of several things that may apply."""

    code: str
    label: Any
    legal_key: str = ""  # a date to show with it


@dataclass(frozen=True, slots=True)
class Question:
    """One question; with boxes several answers are possible, without it is yes, no or unclear."""

    key: str
    number: str
    text: Any
    hint: Any
    boxes: tuple[Box, ...] = ()


# Annex III area that alone needs no fundamental rights impact assessment (Art. 27(1)).
CRITICAL_INFRASTRUCTURE = "2"

QUESTIONS = (
    Question(
        "pc1",
        "1",
        _("Does the system infer results from inputs by itself, beyond fixed rules?"),
        _("AI system in the sense of Art. 3(1). With a no, questions 2 to 8 are left out."),
    ),
    Question(
        "pc2",
        "2",
        _("Does any of this belong to the task?"),
        _("Prohibited practices (Art. 5). One hit blocks the publication."),
        (
            Box("manipulation", _("Manipulating people or exploiting weaknesses")),
            Box("social_scoring", _("Social scoring by or for authorities")),
            Box("crime_prediction", _("Predicting crime only from profiles")),
            Box("face_scraping", _("Untargeted scraping of facial images")),
            Box("emotion", _("Emotion recognition at work or at school")),
            Box("biometric_categories", _("Biometric categorisation by sensitive traits")),
            Box("remote_biometrics", _("Real-time remote biometric identification in public")),
            Box(
                "imagery",
                _("Intimate images without consent, depictions of child abuse"),
                LegalKey.IMAGERY,
            ),
        ),
    ),
    Question(
        "pc3",
        "3",
        _("Is the system a safety component of a product that is tested under EU law?"),
        _("Art. 6(1) and Annex I, for example lifts, medical devices, machinery."),
    ),
    Question(
        "pc4",
        "4",
        _("In which areas is it used?"),
        _("Annex III. Several areas are possible."),
        (
            Box("1", _("1 Biometrics")),
            Box("2", _("2 Critical infrastructure")),
            Box("3", _("3 Education: admission, grading, supervision of examinations")),
            Box("4", _("4 Employment, also of the authority's own staff")),
            Box("5a", _("5a Access to essential public benefits and services")),
            Box("5b", _("5b Creditworthiness")),
            Box("5c", _("5c Life and health insurance")),
            Box("5d", _("5d Emergency calls")),
            Box("6", _("6 Law enforcement")),
            Box("7", _("7 Migration, asylum, border control")),
            Box("8", _("8 Justice and democratic processes")),
        ),
    ),
    Question(
        "pc5",
        "5",
        _("Does it do no more than a narrow or preparatory task?"),
        _("Derogation of Art. 6(3), for example sorting documents or improving a finished text."),
    ),
    Question(
        "pc6",
        "6",
        _("Does it evaluate personal aspects of individual people (profiling)?"),
        _("For example economic situation, behaviour, reliability."),
    ),
    Question(
        "pc7",
        "7",
        _("Which of these apply?"),
        _("Transparency duties (Art. 50)."),
        (
            Box("interaction", _("Talks or writes with people")),
            Box("synthetic_content", _("Generates synthetic content")),
            Box("emotion_or_biometrics", _("Emotion recognition or biometric categorisation")),
            Box("deep_fake", _("Deep fakes or texts of public interest")),
        ),
    ),
    Question(
        "pc8",
        "8",
        _("May the solution be based on a general-purpose AI model?"),
        _("Such as a large language model. Its provider's documentation is then collected."),
    ),
    Question(
        "pc9a",
        "9a",
        _("Does it process personal data in operation?"),
        _("A yes here or in 9b calls for a data protection impact assessment."),
    ),
    Question(
        "pc9b",
        "9b",
        _("Does it decide alone, without a person?"),
        _("Automated individual decision (Art. 22 GDPR)."),
    ),
)
BY_KEY = {question.key: question for question in QUESTIONS}

_ORDER = list(Outcome)  # declared from the strictest to the mildest
HIGH_RISK = frozenset({Outcome.HIGH_RISK_ANNEX_I, Outcome.HIGH_RISK_ANNEX_III})


class Bearer(StrEnum):
    """Who has a duty."""

    AGENCY = "agency"
    TEAM = "team"


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that has to be done: what, why, by whom, from when, and where it is done here."""

    key: str
    text: Any
    ground: Any
    bearer: Bearer
    applies_from: dt.date | None
    place: Any


@dataclass(frozen=True, slots=True)
class Ground:
    """An answer that led to the outcome."""

    question: str
    text: Any


@dataclass(frozen=True, slots=True)
class Result:
    """What the answers mean; `outcome` is the strictest, None while questions are open."""

    outcome: Outcome | None
    outcomes: tuple[Outcome, ...]
    flags: frozenset[str]
    grounds: tuple[Ground, ...]
    duties: tuple[Duty, ...]
    open_questions: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Say whether every question that applies is answered."""
        return not self.open_questions

    @property
    def is_high_risk(self) -> bool:
        """Say whether high-risk duties apply."""
        return bool(HIGH_RISK & set(self.outcomes))

    @property
    def needs_reasoning(self) -> bool:
        """Say whether the author has to give reasons."""
        return self.outcome is not None and self.outcome != Outcome.MINIMAL


class UnknownRuleset(ValueError):
    """The answers belong to a set of questions that this version does not know."""


def is_yes(answers: Mapping[str, Any], key: str) -> bool:
    """Say whether a question counts as yes; "unclear" does, except in question 5."""
    given = answers.get(key)
    if key == "pc5":
        return bool(given == YES)
    return given in {YES, UNCLEAR}


def chosen(answers: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Return the boxes that count as ticked; "none" is no box, "unclear" is one."""
    given = set(answers.get(key) or ())
    codes = [box.code for box in BY_KEY[key].boxes if box.code in given]
    return (*codes, UNCLEAR) if UNCLEAR in given else tuple(codes)


def asked(answers: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the questions that apply with these answers."""
    if answers.get("pc1") == NO:
        return ("pc1", "pc9a", "pc9b")
    annex_iii = ("pc5", "pc6") if chosen(answers, "pc4") else ()
    return ("pc1", "pc2", "pc3", "pc4", *annex_iii, "pc7", "pc8", "pc9a", "pc9b")


def classify(answers: Mapping[str, Any], *, ruleset: str, legal: LegalDates) -> Result:
    """Return outcomes, flags and duties that follow from the answers.

    `legal` holds the dates in force today by `LegalKey`; an unknown date is left open. While
    questions are open there is no outcome, except that a prohibited practice is named at once.

    Raises:
        UnknownRuleset: the answers were given to another set of questions.

    """
    if ruleset != RULESET:
        raise UnknownRuleset(ruleset)
    open_questions = tuple(key for key in asked(answers) if not answers.get(key))
    found = tuple(sorted(set(_outcomes(answers)), key=_ORDER.index))
    # A prohibited practice stays one, whatever the other answers will be.
    is_decided = not open_questions or Outcome.PROHIBITED in found
    outcomes = found if is_decided else ()
    flags = _flags(answers, outcomes)
    return Result(
        outcome=outcomes[0] if outcomes else None,
        outcomes=outcomes,
        flags=flags,
        grounds=tuple(_grounds(answers)),
        duties=tuple(_duties(answers, outcomes, flags, legal)),
        open_questions=open_questions,
    )


def _outcomes(answers: Mapping[str, Any]) -> list[Outcome]:
    if answers.get("pc1") == NO:
        return [Outcome.NO_AI]
    found = []
    if chosen(answers, "pc2"):
        found.append(Outcome.PROHIBITED)
    if is_yes(answers, "pc3"):
        found.append(Outcome.HIGH_RISK_ANNEX_I)
    if chosen(answers, "pc4"):
        if is_yes(answers, "pc6") or not is_yes(answers, "pc5"):
            found.append(Outcome.HIGH_RISK_ANNEX_III)
        else:
            found.append(Outcome.ANNEX_III_DEROGATION)
    if chosen(answers, "pc7"):
        found.append(Outcome.TRANSPARENCY)
    return found or [Outcome.MINIMAL]


def _flags(answers: Mapping[str, Any], outcomes: tuple[Outcome, ...]) -> frozenset[str]:
    flags = set()
    if is_yes(answers, "pc9a") or is_yes(answers, "pc9b"):
        flags.add(DPIA)
    only_infrastructure = Outcome.HIGH_RISK_ANNEX_I not in outcomes and chosen(answers, "pc4") == (
        CRITICAL_INFRASTRUCTURE,
    )
    # Agencies are public bodies, so every other high risk needs the assessment (Art. 27(1)).
    if HIGH_RISK & set(outcomes) and not only_infrastructure:
        flags.add(FRIA_REQUIRED)
    return frozenset(flags)


def _grounds(answers: Mapping[str, Any]) -> list[Ground]:
    if answers.get("pc1") == NO:
        return [Ground("1", _("The system follows fixed rules only."))]
    grounds = [
        Ground(question.number, label)
        for question in QUESTIONS
        if question.key in {"pc2", "pc4", "pc7"}
        for label in _labels(question, chosen(answers, question.key))
    ]
    if is_yes(answers, "pc3"):
        grounds.append(Ground("3", _("Safety component of a regulated product.")))
    if chosen(answers, "pc4"):
        if is_yes(answers, "pc6"):
            grounds.append(Ground("6", _("Profiling: the derogation never applies.")))
        if answers.get("pc5") in {NO, UNCLEAR}:
            grounds.append(Ground("5", _("No derogation of Art. 6(3).")))
        elif is_yes(answers, "pc5") and answers.get("pc6") == NO:
            grounds.append(Ground("5", _("Narrow or preparatory task: derogation of Art. 6(3).")))
    return sorted(grounds, key=lambda ground: ground.question)


def _labels(question: Question, codes: tuple[str, ...]) -> list[Any]:
    by_code = {box.code: box.label for box in question.boxes}
    return [by_code.get(code, _("Unclear, counts as yes")) for code in codes]


def _duties(
    answers: Mapping[str, Any],
    outcomes: tuple[Outcome, ...],
    flags: frozenset[str],
    legal: LegalDates,
) -> list[Duty]:
    duties = []
    high_risk = HIGH_RISK & set(outcomes)
    # Both annexes together: the earlier date binds.
    dates = [
        legal.get(
            LegalKey.ANNEX_III if outcome == Outcome.HIGH_RISK_ANNEX_III else LegalKey.ANNEX_I
        )
        for outcome in high_risk
    ]
    since = min((date for date in dates if date is not None), default=None)
    if Outcome.PROHIBITED in outcomes:
        duties.append(
            Duty(
                "prohibited",
                _("This practice must not be put into service or used"),
                _("Art. 5 AI Act"),
                Bearer.AGENCY,
                _date_of_prohibition(answers, legal),
                _("The statement cannot be published"),
            )
        )
    if FRIA_REQUIRED in flags:
        duties.append(
            Duty(
                "fria",
                _("Fundamental rights impact assessment with six parts"),
                _("Art. 27 AI Act"),
                Bearer.AGENCY,
                since,
                _("Plan before publication in section H; the assessment itself before the pilot"),
            )
        )
    if high_risk:
        duties += [
            Duty(
                "deployer",
                _("Use according to the instructions, human oversight, logs"),
                _("Art. 26 AI Act"),
                Bearer.AGENCY,
                since,
                _("Checklist of the pilot"),
            ),
            Duty(
                "provider",
                _("Risk management, data quality, information, oversight within the system"),
                _("Art. 9, 10, 13, 14 AI Act"),
                Bearer.TEAM,
                since,
                _("Stands on the public page"),
            ),
        ]
    if Outcome.ANNEX_III_DEROGATION in outcomes:
        duties.append(
            Duty(
                "derogation",
                _("Document why the derogation applies, and check the duty to register"),
                _("Art. 6(4), 49(2) AI Act"),
                Bearer.TEAM,
                legal.get(LegalKey.ANNEX_III),
                _("Reasoning on this page; registration before the pilot"),
            )
        )
    if Outcome.TRANSPARENCY in outcomes:
        duties.append(
            Duty(
                "transparency",
                _("Tell people that they deal with AI, and mark generated content"),
                _("Art. 50 AI Act"),
                Bearer.TEAM,
                legal.get(LegalKey.TRANSPARENCY),
                _("Checklist of the pilot"),
            )
        )
    if answers.get("pc1") != NO and is_yes(answers, "pc8"):
        duties.append(
            Duty(
                "general_purpose",
                _("Collect the provider's documentation of the base model"),
                _("Art. 53 AI Act"),
                Bearer.TEAM,
                legal.get(LegalKey.GENERAL_PURPOSE),
                _("Checklist of the pilot"),
            )
        )
    if DPIA in flags:
        duties.append(
            Duty(
                "dpia",
                _("Data protection impact assessment"),
                _("Art. 35 GDPR"),
                Bearer.AGENCY,
                legal.get(LegalKey.GDPR),
                _("Section D, result of the threshold check"),
            )
        )
    return duties


def _date_of_prohibition(answers: Mapping[str, Any], legal: LegalDates) -> dt.date | None:
    only_imagery = chosen(answers, "pc2") == ("imagery",)
    return legal.get(LegalKey.IMAGERY if only_imagery else LegalKey.PROHIBITIONS)


def clean_answers(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers in the form in which they are stored; unknown keys and codes are dropped.

    Raises:
        Contradiction: "none of these" stands beside a box; nothing is guessed.

    """
    cleaned: dict[str, Any] = {}
    contradictory = []
    for question in QUESTIONS:
        given = raw.get(question.key)
        if not question.boxes:
            if given in {YES, NO, UNCLEAR}:
                cleaned[question.key] = given
            continue
        wanted = set(given or ())
        allowed = [*(box.code for box in question.boxes), UNCLEAR, NONE]
        codes = [code for code in allowed if code in wanted]
        if NONE in codes and len(codes) > 1:
            contradictory.append(question.key)
        if codes:
            cleaned[question.key] = codes
    if contradictory:
        raise Contradiction(tuple(contradictory))
    return cleaned


class Contradiction(ValueError):
    """A box was ticked together with "none of these"."""

    def __init__(self, questions: tuple[str, ...]) -> None:
        """Keep the keys of the questions."""
        super().__init__(questions)
        self.questions = questions
