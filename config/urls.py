"""Addresses of the product: German without prefix, English under /en/."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from allauth.account.decorators import secure_admin_login

from config import health

# The technical administration uses the same sign-in, limits and second factor as everything else.
admin.site.login = secure_admin_login(admin.site.login)

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.alive, name="health-alive"),
    path("readyz", health.ready, name="health-ready"),
    path("i18n/setlang/", set_language, name="language-set"),
]
urlpatterns += i18n_patterns(
    path("accounts/", include("allauth.urls")),
    path("", include("accounts.urls")),
    path("", include("scoring.urls")),
    path("", include("submissions.urls")),
    path("", include("competition.urls")),
    path("admin/", admin.site.urls),
    prefix_default_language=False,
)
if settings.DEBUG:
    from config.styleguide import styleguide

    urlpatterns += i18n_patterns(
        path("styleguide/", styleguide, name="styleguide"), prefix_default_language=False
    )
