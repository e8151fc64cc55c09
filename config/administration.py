"""The technical administration signs people in as everything else does: one page, one limit."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse

_sign_in = secure_admin_login(admin.site.login)


def sign_in(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Lead visitors to the product's sign-in, with its second factor.

    Raises:
        Http404: signed in, and nobody of the administration.

    """
    if request.user.is_authenticated and not admin.site.has_permission(request):
        raise Http404
    response: HttpResponse = _sign_in(request, *args, **kwargs)
    return response
