"""Addresses of submissions."""

from django.urls import URLPattern, URLResolver, path

from submissions.views import blind, office, opening, proof, receipt, submission, team, upload

_CHALLENGE = "<slug:slug>/challenges/<str:code>/"
_PROOF = f"{_CHALLENGE}proof/"
_VERSION = "submissions/<str:code>/"
_UPLOAD = f"{_VERSION}uploads/<str:upload>/"

app_name = "submissions"
urlpatterns: list[URLPattern | URLResolver] = [
    # -- teams ------------------------------------------------------------------------------------
    path("teams/", team.team_list, name="team-list"),
    path("teams/new/", team.team_create, name="team-create"),
    path("teams/join/", team.join_request_create, name="join-request-create"),
    path("teams/join/<str:token>/", team.invitation_accept, name="invitation-accept"),
    path(
        "teams/requests/<str:request_code>/withdraw/",
        team.join_request_withdraw,
        name="join-request-withdraw",
    ),
    path("teams/merges/<str:code>/", team.merge_show, name="merge-show"),
    path("teams/merges/<str:code>/consent/", team.merge_consent, name="merge-consent"),
    path("teams/merges/<str:code>/decline/", team.merge_decline, name="merge-decline"),
    path("teams/merges/<str:code>/withdraw/", team.merge_withdraw, name="merge-withdraw"),
    path("teams/<str:code>/", team.team_show, name="team-show"),
    path("teams/<str:code>/merge/", team.merge_create, name="merge-create"),
    path("teams/<str:code>/join-code/", team.join_code_renew, name="join-code-renew"),
    path("teams/<str:code>/join-code/revoke/", team.join_code_revoke, name="join-code-revoke"),
    path(
        "teams/<str:code>/requests/<str:request_code>/accept/",
        team.join_request_accept,
        name="join-request-accept",
    ),
    path(
        "teams/<str:code>/requests/<str:request_code>/decline/",
        team.join_request_decline,
        name="join-request-decline",
    ),
    path("teams/<str:code>/dissolve/", team.team_dissolve, name="team-dissolve"),
    path("teams/<str:code>/invitations/", team.invitation_create, name="invitation-create"),
    path(
        "teams/<str:code>/invitations/<str:invitation>/withdraw/",
        team.invitation_withdraw,
        name="invitation-withdraw",
    ),
    path(
        "teams/<str:code>/members/<str:member>/remove/",
        team.membership_remove,
        name="membership-remove",
    ),
    path(
        "teams/<str:code>/members/<str:member>/captain/",
        team.captain_hand_over,
        name="captain-hand-over",
    ),
    # -- submissions ------------------------------------------------------------------------------
    path(f"competitions/{_CHALLENGE}enter/", submission.entry_create, name="entry-create"),
    path("submissions/", submission.submission_list, name="submission-list"),
    path(_VERSION, submission.submission_show, name="submission-show"),
    path(f"{_VERSION}text/", submission.submission_edit, name="submission-edit"),
    path(f"{_VERSION}card/", submission.submission_card, name="submission-card"),
    path(f"{_VERSION}self-check/", submission.submission_self_check, name="submission-self-check"),
    path(f"{_VERSION}files/<str:kind>/", upload.file_upload, name="file-upload"),
    path(f"{_VERSION}files/<str:kind>/clean/", blind.file_clean, name="file-clean"),
    path(f"{_VERSION}files/<str:kind>/keep/", blind.file_keep, name="file-keep"),
    path(f"{_VERSION}files/<str:kind>/take-over/", upload.file_take_over, name="file-take-over"),
    path(f"{_VERSION}files/<str:kind>/download/", upload.file_download, name="file-download"),
    path(f"{_VERSION}uploads/", upload.upload_create, name="upload-create"),
    path(f"{_UPLOAD}", upload.upload_show, name="upload-show"),
    path(f"{_UPLOAD}parts/<int:number>/", upload.upload_part, name="upload-part"),
    path(f"{_UPLOAD}complete/", upload.upload_complete, name="upload-complete"),
    path(f"{_UPLOAD}abort/", upload.upload_abort, name="upload-abort"),
    path(f"{_VERSION}check/", submission.submission_check, name="submission-check"),
    path(f"{_VERSION}hand-in/", submission.submission_hand_in, name="submission-hand-in"),
    path(f"{_VERSION}withdraw/", submission.submission_withdraw, name="submission-withdraw"),
    path(f"{_VERSION}choose/", submission.submission_choose, name="submission-choose"),
    path(f"{_VERSION}renew/", submission.submission_renew, name="submission-renew"),
    path(f"{_VERSION}receipt/", receipt.receipt_show, name="receipt-show"),
    path(f"{_VERSION}receipt.json", receipt.receipt_json, name="receipt-json"),
    path(f"{_VERSION}receipt.pdf", receipt.receipt_pdf, name="receipt-pdf"),
    path(f"{_VERSION}receipt/send/", receipt.receipt_send, name="receipt-send"),
    # -- everybody --------------------------------------------------------------------------------
    path("receipts/verify/", receipt.receipt_verify, name="receipt-verify"),
    path("receipts/verify.py", proof.verify_script, name="verify-script"),
    path(f"competitions/{_PROOF}", proof.proof_show, name="proof-show"),
    path(f"competitions/{_PROOF}root-<int:number>.json", proof.root_json, name="root-json"),
    path(f"competitions/{_PROOF}root-<int:number>.tsr", proof.root_stamp, name="root-stamp"),
    path(f"competitions/{_PROOF}inclusion.json", proof.inclusion_json, name="inclusion-json"),
    path(f"competitions/{_PROOF}consistency.json", proof.consistency_json, name="consistency-json"),
    path(f"competitions/{_PROOF}bundle.zip", proof.proof_bundle, name="proof-bundle"),
    # -- competition office -----------------------------------------------------------------------
    path(f"office/{_CHALLENGE}entries/", office.entry_list, name="entry-list"),
    path(f"office/{_CHALLENGE}opening/", opening.opening_show, name="opening-show"),
    path(f"office/{_CHALLENGE}opening.json", opening.opening_json, name="opening-json"),
    path(f"office/{_CHALLENGE}opening.pdf", opening.opening_pdf, name="opening-pdf"),
]
