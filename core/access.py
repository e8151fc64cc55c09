"""Find and authorise in one call, so that neither can be forgotten. Denial is 404."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.http import Http404
from django.shortcuts import get_object_or_404


def key_of(user: models.Model | AnonymousUser) -> int:
    """Return the key of a user for filters; 0, which nobody has, for a visitor.

    A visitor's own key is None, and `members__user=None` would find every row without members.
    """
    key: int | None = user.pk
    return key or 0


def get_permitted[Row: models.Model](
    source: type[Row] | models.QuerySet[Row],
    permission: str,
    user: models.Model | AnonymousUser,
    **lookup: Any,
) -> Row:
    """Return the row if it exists and the user holds the permission on it.

    Raises:
        Http404: it does not exist or is not for this user; the answers are the same.

    """
    row = get_object_or_404(source, **lookup)
    if not user.has_perm(permission, row):  # type: ignore[union-attr]  # both kinds of user have it
        raise Http404
    return row


def get_visible[Row: models.Model](
    source: type[Row] | models.QuerySet[Row],
    user: models.Model | AnonymousUser,
    **lookup: Any,
) -> Row:
    """Return the row if it exists among those the user may see (`QuerySet.visible_to`).

    Raises:
        Http404: it does not exist or is not for this user.

    """
    rows = source if isinstance(source, models.QuerySet) else source._default_manager.all()
    visible: models.QuerySet[Row] = rows.visible_to(user)  # type: ignore[attr-defined]
    return get_object_or_404(visible, **lookup)
