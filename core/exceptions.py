"""Errors of the domain: a stable code for programs, a sentence for people.

`core.middleware.domain_errors` turns what a view did not catch into a page that says what happened
and what to do next.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """A rule of the product was broken by a request; nothing was changed."""

    status = 409

    def __init__(self, code: str, message: Any, **data: Any) -> None:
        """Keep code, sentence (may be lazy) and machine-readable details."""
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.data = data

    def __str__(self) -> str:
        """Return the sentence."""
        return str(self.message)


class IllegalTransition(DomainError):
    """A state may not follow another one."""

    def __init__(self, target: object, source: str, to: str) -> None:
        """Name both states."""
        super().__init__(
            "illegal_transition",
            _("This step is not possible any more: the state has changed. Reload the page."),
            source=source,
            to=to,
            target=repr(target),
        )


class PermissionRefused(DomainError):
    """Somebody asked an action for something they may not do."""

    status = 404


class PhaseClosed(DomainError):
    """The window for this action is not open."""

    status = 403


class LimitReached(DomainError):
    """A number of tries is used up."""

    status = 429


class StaleVersion(DomainError):
    """Somebody else saved in the meantime; nothing was overwritten."""


class Incomplete(DomainError):
    """Something required is missing; `data["missing"]` lists the sentences."""

    status = 422


class UploadRefused(DomainError):
    """A file cannot be accepted."""

    status = 422


class StorageUnavailable(DomainError):
    """The place where files lie does not answer, or has no room."""

    status = 503
