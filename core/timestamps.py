"""Time stamps after RFC 3161; the only module that speaks to a time-stamping authority.

Off unless AUSLOBUNG_TSA_URL is set. A reply is kept only if it is signed under one of the
certificates of AUSLOBUNG_TSA_CERTIFICATES, carries our nonce, and is about our data.
"""

from __future__ import annotations

import datetime as dt
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from django.conf import settings
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

PATIENCE: Final = 20.0  # seconds
_LONGEST_REPLY: Final = 100_000


class StampRefused(Exception):
    """There is no valid time stamp; the text says why."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A verified time stamp: the whole reply (DER) and the time that it confirms."""

    reply: bytes
    at: dt.datetime


def is_on() -> bool:
    """Say whether this installation has a time-stamping authority."""
    return bool(settings.TSA_URL)


def request(data: bytes) -> Stamp:
    """Return a verified time stamp of SHA-256 of the data.

    Raises:
        StampRefused: the authority does not answer, or its answer is not valid.

    """
    query = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).build()
    return check(_ask(query.as_bytes()), data, nonce=query.nonce)


def check(reply: bytes, data: bytes, *, nonce: int | None = None) -> Stamp:
    """Verify the reply of an authority.

    Raises:
        StampRefused: it is damaged, not signed by our authority, or about something else. A reply
            whose certificates are not in the order that DER demands is damaged, too.

    """
    builder = VerifierBuilder() if nonce is None else VerifierBuilder().nonce(nonce)
    for certificate in _certificates():
        is_root = certificate.issuer == certificate.subject
        add = builder.add_root_certificate if is_root else builder.add_intermediate_certificate
        builder = add(certificate)
    try:
        response = decode_timestamp_response(reply)
        builder.build().verify_message(response, data)
        at = response.tst_info.gen_time
    except (VerificationError, ValueError) as error:
        message = f"The reply is not valid: {error}"
        raise StampRefused(message) from error
    return Stamp(reply, at.astimezone(dt.UTC))


def _certificates() -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(Path(settings.TSA_CERTIFICATES).read_bytes())
    except (OSError, ValueError) as error:
        message = "AUSLOBUNG_TSA_CERTIFICATES names no readable certificates."
        raise StampRefused(message) from error


def _ask(query: bytes) -> bytes:
    if urlsplit(settings.TSA_URL).scheme not in {"http", "https"}:
        message = "AUSLOBUNG_TSA_URL must start with https:// or http://."
        raise StampRefused(message)
    outgoing = urllib.request.Request(  # noqa: S310  (the scheme is checked above)
        settings.TSA_URL, query, {"Content-Type": "application/timestamp-query"}
    )
    try:
        with urllib.request.urlopen(outgoing, timeout=PATIENCE) as answer:  # noqa: S310
            reply: bytes = answer.read(_LONGEST_REPLY)
    except (OSError, HTTPException) as error:
        message = f"The authority does not answer: {error}"
        raise StampRefused(message) from error
    return reply
