"""Addresses of accounts beside allauth's."""

from django.urls import URLPattern, URLResolver, path

from accounts.views import auditor, person

app_name = "accounts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("me/", person.start, name="start"),
    path("me/profile/", person.edit_profile, name="profile-edit"),
    path("me/second-factor/", person.second_factor_required, name="second-factor-required"),
    path("demo/sign-in/", person.demo_sign_in, name="demo-sign-in"),
    path("audit/", auditor.audit_list, name="audit-list"),
    path("audit/verify/", auditor.audit_verify, name="audit-verify"),
]
