"""The public page of proofs: roots, proofs, the program to check them with, the bundle."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from competition.states import ChallengeState
from competition.views.challenge import challenge_head, find_challenge
from core import clock, signing
from submissions import deadlines, log
from submissions.forms import LeafForm
from submissions.queries import proof as queries

if TYPE_CHECKING:
    from django.http import HttpRequest

    from competition.models import Challenge
    from submissions.models import Seal

SCRIPT = Path(__file__).parent.parent / "verify.py"


@require_http_methods(["GET", "HEAD", "POST"])
def proof_show(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Show the roots of a problem statement, and look up a leaf in them; nothing is stored."""
    challenge = find_challenge(request, slug, code)
    seals = queries.seals_of(challenge)
    form = LeafForm(request.POST) if request.method == "POST" else LeafForm()
    leaf_hash, held = "", None
    if request.method == "POST" and form.is_valid():
        leaf_hash = form.cleaned_data["leaf"]
        held = queries.first_root_with(challenge, leaf_hash)
    now = clock.now()
    phase = deadlines.window(challenge)
    return render(
        request,
        "submissions/public/proof_show.html",
        {
            "head": challenge_head(request, challenge, now),
            "here": _("Proofs"),
            "challenge": challenge,
            "competition": challenge.competition,
            "seals": seals,
            "form": form,
            "leaf_hash": leaf_hash,
            "held": held,
            "holding": [seal for seal in seals if held and seal.number >= held.number],
            "first_root_at": phase.ends_at + deadlines.grace() if phase else None,
            "has_bundle": _has_bundle(challenge),
            "key_id": signing.key_id(),
            "public_key": signing.public_key(),
        },
        status=422 if form.errors else 200,
    )


def _has_bundle(challenge: Challenge) -> bool:
    return challenge.state == ChallengeState.CONCLUDED


def _seal(challenge: Challenge, number: object) -> Seal:
    """Return a root by its number as an address has it.

    Raises:
        Http404: there is no such root.

    """
    seals = {str(seal.number): seal for seal in queries.seals_of(challenge)}
    seal = seals.get(str(number))
    if seal is None:
        raise Http404
    return seal


def _file(name: str, content: bytes, kind: str = "application/json") -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _json(name: str, document: dict[str, Any]) -> HttpResponse:
    return _file(name, queries.as_file(document))


@require_safe
def root_json(request: HttpRequest, slug: str, code: str, number: int) -> HttpResponse:
    """Answer with a signed root."""
    seal = _seal(find_challenge(request, slug, code), number)
    return _json(f"{code}-root-{seal.number}.json", log.document_of(seal))


@require_safe
def root_stamp(request: HttpRequest, slug: str, code: str, number: int) -> HttpResponse:
    """Answer with the time stamp of a root as the authority sent it."""
    seal = _seal(find_challenge(request, slug, code), number)
    if seal.stamp is None:
        raise Http404
    return _file(f"{code}-root-{seal.number}.tsr", seal.stamp, "application/timestamp-reply")


@require_safe
def inclusion_json(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Answer with the proof that a root holds a leaf."""
    seal = _seal(find_challenge(request, slug, code), request.GET.get("root"))
    proof = queries.inclusion(seal, request.GET.get("leaf", "")[:64])
    if proof is None:
        raise Http404
    return _json(f"{code}-inclusion-{seal.number}.json", proof.document())


@require_safe
def consistency_json(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Answer with the proof that one root continues another."""
    challenge = find_challenge(request, slug, code)
    old = _seal(challenge, request.GET.get("from"))
    new = _seal(challenge, request.GET.get("to"))
    if old.number >= new.number:
        raise Http404
    name = f"{code}-consistency-{old.number}-{new.number}.json"
    return _json(name, queries.consistency(old, new))


@require_safe
def proof_bundle(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Answer with everything that proves a published result."""
    challenge = find_challenge(request, slug, code)
    if not _has_bundle(challenge):
        raise Http404
    return _file(f"{code}-bundle.zip", queries.bundle(challenge), "application/zip")


@require_safe
def verify_script(request: HttpRequest) -> HttpResponse:
    """Answer with the program that checks all of this without us."""
    content = SCRIPT.read_bytes()
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = _file("verify.py", content, "text/x-python; charset=utf-8")
    response["ETag"] = etag
    response["Cache-Control"] = "public, max-age=3600"
    return response
