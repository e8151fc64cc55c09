"""Addresses of the product: German without prefix, English under /en/."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.i18n import set_language

from competition.standing_pages import SLUGS
from competition.views import public
from config import administration, health

admin.site.login = administration.sign_in  # type: ignore[method-assign]

handler400 = "core.errors.bad_request"
handler500 = "core.errors.server_error"

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
    # Without a namespace: settings and the frame of every page name these two.
    path("", public.home, name="home"),
    re_path(rf"^(?P<slug>{'|'.join(SLUGS)})/$", public.page_show, name="page-show"),
    path("admin/", admin.site.urls),
    prefix_default_language=False,
)
if settings.DEBUG:
    from config.styleguide import styleguide

    urlpatterns += i18n_patterns(
        path("styleguide/", styleguide, name="styleguide"), prefix_default_language=False
    )
