"""Addresses of competition."""

from django.urls import URLPattern, URLResolver, path

from competition.views import challenge, office, office_challenge, office_pages, public

_OFFICE = "office/<slug:slug>/challenges/<str:code>/"
_CHALLENGE = "competitions/<slug:slug>/challenges/<str:code>/"

app_name = "competition"
urlpatterns: list[URLPattern | URLResolver] = [
    # -- public -----------------------------------------------------------------------------------
    path("competitions/", public.competition_list, name="competition-list"),
    path("competitions/<slug:slug>/", public.competition_show, name="competition-show"),
    path("competitions/<slug:slug>/rules/", public.rules_show, name="rules-show"),
    path("competitions/<slug:slug>/terms/", public.terms_show, name="terms-show"),
    path(_CHALLENGE, challenge.challenge_show, name="challenge-show"),
    path(
        f"{_CHALLENGE}data/<str:resource_code>/",
        challenge.resource_download,
        name="resource-download",
    ),
    path("agencies/", public.agency_list, name="agency-list"),
    path("agencies/<slug:slug>/", public.agency_show, name="agency-show"),
    path("results/", public.result_list, name="result-list"),
    # -- competition office -----------------------------------------------------------------------
    path("office/", office.office_list, name="office-list"),
    path("office/pages/", office_pages.page_list, name="page-list"),
    path("office/pages/<slug:page_slug>/", office_pages.page_edit, name="page-edit"),
    path("office/<slug:slug>/", office.office_competition, name="office-competition"),
    path("office/<slug:slug>/messages/", office.message_list, name="message-list"),
    path("office/<slug:slug>/messages/resend/", office.message_resend, name="message-resend"),
    path(_OFFICE, office_challenge.office_challenge, name="office-challenge"),
    path(f"{_OFFICE}return/", office_challenge.challenge_return, name="challenge-return"),
    path(f"{_OFFICE}accept/", office_challenge.challenge_accept, name="challenge-accept"),
    path(f"{_OFFICE}checklist/", office_challenge.challenge_checklist, name="challenge-checklist"),
    path(f"{_OFFICE}publish/", office_challenge.challenge_publish, name="challenge-publish"),
    path(f"{_OFFICE}phases/<str:kind>/extend/", office_challenge.phase_extend, name="phase-extend"),
]
