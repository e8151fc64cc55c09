"""Addresses of competition."""

from django.urls import URLPattern, URLResolver, path

from competition.views import (
    agency,
    agency_tasks,
    challenge,
    office,
    office_challenge,
    office_pages,
    public,
)

_AGENCY = "agency/challenges/<str:code>/"
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
    # -- agency -----------------------------------------------------------------------------------
    path("agency/challenges/", agency.statement_list, name="statement-list"),
    path("agency/challenges/new/", agency.statement_create, name="statement-create"),
    path(_AGENCY, agency.statement_show, name="statement-show"),
    path(
        f"{_AGENCY}sections/<str:section>/",
        agency_tasks.statement_section,
        name="statement-section",
    ),
    path(f"{_AGENCY}precheck/", agency_tasks.statement_precheck, name="statement-precheck"),
    path(f"{_AGENCY}phases/", agency_tasks.statement_phases, name="statement-phases"),
    path(f"{_AGENCY}data/", agency_tasks.resource_list, name="resource-list"),
    path(
        f"{_AGENCY}data/<str:resource_code>/remove/",
        agency_tasks.resource_delete,
        name="resource-delete",
    ),
    path(f"{_AGENCY}check/", agency.statement_check, name="statement-check"),
    path(f"{_AGENCY}hand-in/", agency.statement_hand_in, name="statement-hand-in"),
    path(f"{_AGENCY}questions/<int:number>/answer/", agency.message_answer, name="message-answer"),
    # -- competition office -----------------------------------------------------------------------
    path("office/", office.office_list, name="office-list"),
    path("office/pages/", office_pages.page_list, name="page-list"),
    path("office/pages/<slug:page_slug>/", office_pages.page_edit, name="page-edit"),
    path("office/<slug:slug>/", office.office_competition, name="office-competition"),
    path("office/<slug:slug>/team-rules/", office.team_rules, name="team-rules"),
    path("office/<slug:slug>/messages/", office.message_list, name="message-list"),
    path("office/<slug:slug>/messages/resend/", office.message_resend, name="message-resend"),
    path(_OFFICE, office_challenge.office_challenge, name="office-challenge"),
    path(f"{_OFFICE}return/", office_challenge.challenge_return, name="challenge-return"),
    path(f"{_OFFICE}accept/", office_challenge.challenge_accept, name="challenge-accept"),
    path(f"{_OFFICE}checklist/", office_challenge.challenge_checklist, name="challenge-checklist"),
    path(f"{_OFFICE}publish/", office_challenge.challenge_publish, name="challenge-publish"),
    path(f"{_OFFICE}phases/<str:kind>/extend/", office_challenge.phase_extend, name="phase-extend"),
]
