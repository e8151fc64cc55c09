"""Addresses of scoring."""

from django.urls import URLPattern, URLResolver, path

from scoring.views import (
    agency_benchmark,
    agency_rubric,
    board,
    board_rules,
    calibration,
    chair,
    discussion,
    history,
    invitation,
    juror,
    kit,
    measured,
    meeting,
    minutes,
    notes,
    notice,
    office_evaluation,
    office_jury,
    office_leaderboard,
    office_rubric,
    public_check,
    public_leaderboard,
    public_metrics,
    publication,
    results,
    rounds,
    scoring_program,
    team_evaluation,
    team_result,
)

_AGENCY = "agency/challenges/<str:code>/"
_CHALLENGE = "competitions/<slug:slug>/challenges/<str:code>/"
_EVALUATIONS = "office/<slug:slug>/challenges/<str:code>/evaluations/"
_BOARDS = "office/<slug:slug>/challenges/<str:code>/leaderboard/"
_JURY_OFFICE = "office/<slug:slug>/challenges/<str:code>/jury/"
_JURY = "jury/<str:code>/"

app_name = "scoring"
urlpatterns: list[URLPattern | URLResolver] = [
    # -- machine: benchmark, leaderboards, evaluations --------------------------------------------
    path(f"{_AGENCY}benchmark/", agency_benchmark.benchmark_edit, name="benchmark-edit"),
    path(f"{_AGENCY}leaderboard/", board_rules.rules_edit, name="rules-edit"),
    path(f"{_AGENCY}benchmark/program/", scoring_program.program_edit, name="benchmark-program"),
    path(f"{_CHALLENGE}leaderboard/", public_leaderboard.leaderboard_show, name="leaderboard-show"),
    path(
        f"{_CHALLENGE}leaderboard/history/",
        public_leaderboard.leaderboard_history,
        name="leaderboard-history",
    ),
    path(
        f"{_CHALLENGE}leaderboard.csv", public_leaderboard.leaderboard_csv, name="leaderboard-csv"
    ),
    path(
        f"{_CHALLENGE}leaderboard.json",
        public_leaderboard.leaderboard_json,
        name="leaderboard-json",
    ),
    path("metrics/", public_metrics.metric_list, name="metric-list"),
    path(f"{_CHALLENGE}check/", public_check.file_check, name="file-check"),
    path(f"{_CHALLENGE}sample.csv", public_leaderboard.sample_csv, name="sample-csv"),
    path("evaluations/<str:code>/", team_evaluation.evaluation_show, name="evaluation-show"),
    path(
        "evaluations/<str:code>/<str:kind>.csv",
        team_evaluation.evaluation_detail_csv,
        name="evaluation-detail-csv",
    ),
    path(
        "evaluations/<str:code>/cancel/",
        team_evaluation.evaluation_cancel_own,
        name="evaluation-cancel-own",
    ),
    path(f"{_EVALUATIONS}", office_evaluation.evaluation_list, name="evaluation-list"),
    path(
        f"{_EVALUATIONS}anew/",
        office_evaluation.evaluation_repeat_all,
        name="evaluation-repeat-all",
    ),
    path(
        f"{_EVALUATIONS}<str:evaluation>/cancel/",
        office_evaluation.evaluation_cancel,
        name="evaluation-cancel",
    ),
    path(
        f"{_EVALUATIONS}<str:evaluation>/anew/",
        office_evaluation.evaluation_repeat,
        name="evaluation-repeat",
    ),
    path(
        f"{_EVALUATIONS}<str:evaluation>/rerun/",
        office_evaluation.evaluation_rerun,
        name="evaluation-rerun",
    ),
    path(_BOARDS, office_leaderboard.leaderboard_manage, name="leaderboard-manage"),
    path(f"{_BOARDS}freeze/", office_leaderboard.freeze_announce, name="freeze-announce"),
    path(f"{_BOARDS}freeze/end/", office_leaderboard.freeze_end, name="freeze-end"),
    # -- agency: rubric ---------------------------------------------------------------------------
    path(f"{_AGENCY}rubric/", agency_rubric.rubric_edit, name="rubric-edit"),
    path(
        "office/<slug:slug>/challenges/<str:code>/rubric/",
        office_rubric.rubric_amend,
        name="rubric-amend",
    ),
    # -- office: jury -----------------------------------------------------------------------------
    path(_JURY_OFFICE, office_jury.jury_manage, name="jury-manage"),
    path(f"{_JURY_OFFICE}form/", office_jury.jury_create, name="jury-create"),
    path(f"{_JURY_OFFICE}seats/", office_jury.seat_create, name="seat-create"),
    path(
        f"{_JURY_OFFICE}invitations/<str:invitation_code>/withdraw/",
        office_jury.seat_withdraw,
        name="seat-withdraw",
    ),
    path(
        f"{_JURY_OFFICE}seats/<str:seat_code>/remove/", office_jury.seat_remove, name="seat-remove"
    ),
    path(
        f"{_JURY_OFFICE}seats/<str:seat_code>/step-in/",
        office_jury.seat_step_in,
        name="seat-step-in",
    ),
    path(f"{_JURY_OFFICE}seats/<str:seat_code>/tags/", office_jury.seat_tags, name="seat-tags"),
    path(f"{_JURY_OFFICE}seats/<str:seat_code>/chair/", office_jury.seat_lead, name="seat-lead"),
    path(f"{_JURY_OFFICE}conflicts/", office_jury.conflict_settle, name="conflict-settle"),
    path(f"{_JURY_OFFICE}calibration/", calibration.calibration_edit, name="calibration-edit"),
    path(f"{_JURY}calibration/", calibration.calibration_show, name="calibration-show"),
    path(f"{_JURY_OFFICE}persons/", notice.notice_settle, name="notice-settle"),
    path(f"{_JURY_OFFICE}proposal/", office_jury.assignment_propose, name="assignment-propose"),
    path(f"{_JURY_OFFICE}proposals/", office_jury.proposal_create, name="proposal-create"),
    path(f"{_JURY_OFFICE}assignments/", office_jury.assignment_create, name="assignment-create"),
    path(f"{_JURY_OFFICE}start/", office_jury.jury_start, name="jury-start"),
    # -- invited person ---------------------------------------------------------------------------
    path("jury/invitations/<str:code>/", invitation.seat_answer, name="seat-answer"),
    path(
        "jury/invitations/<str:code>/accept/",
        invitation.seat_accept,
        name="seat-accept",
    ),
    path(
        "jury/invitations/<str:code>/decline/",
        invitation.seat_decline,
        name="seat-decline",
    ),
    # -- juror ------------------------------------------------------------------------------------
    path("jury/", juror.jury_list, name="jury-list"),
    path(_JURY, juror.jury_show, name="jury-show"),
    path(f"{_JURY}declaration/", juror.jury_declare, name="jury-declare"),
    path(f"{_JURY}release/", juror.jury_release, name="jury-release"),
    path(f"{_JURY}compare/", juror.assessment_compare, name="assessment-compare"),
    path(f"{_JURY}offline/", kit.kit_show, name="kit-show"),
    path(f"{_JURY}offline/kit/", kit.kit_take, name="kit-take"),
    path(f"{_JURY}offline/save/", kit.kit_apply, name="kit-apply"),
    path(f"{_JURY}assess/<str:submission_code>/", juror.assessment_edit, name="assessment-edit"),
    path(
        f"{_JURY}assess/<str:submission_code>/document/",
        juror.assessment_document,
        name="assessment-document",
    ),
    path(
        f"{_JURY}assess/<str:submission_code>/versions/",
        juror.assessment_versions,
        name="assessment-versions",
    ),
    path(
        f"{_JURY}assess/<str:submission_code>/recusal/",
        juror.recusal_create,
        name="recusal-create",
    ),
    # -- chair, until the assessments are closed --------------------------------------------------
    path(f"{_JURY}progress/", chair.jury_progress, name="jury-progress"),
    path(
        f"{_JURY}progress/<str:seat_code>/<str:submission_code>/reopen/",
        chair.assessment_reopen,
        name="assessment-reopen",
    ),
    path(f"{_JURY}abstentions/", chair.abstention_accept, name="abstention-accept"),
    path(f"{_JURY}close/", chair.jury_close, name="jury-close"),
    path(f"{_JURY}cut/", rounds.jury_cut, name="jury-cut"),
    # -- chair after closing; publication by chair or office ---------------------------------------
    path(f"{_JURY}board/", board.board_show, name="board-show"),
    path(f"{_JURY}board/support/", board.board_support, name="board-support"),
    path(f"{_JURY}board/support.csv", board.board_support_csv, name="board-support-csv"),
    path(f"{_JURY}board/totals.csv", board.board_totals_csv, name="board-totals-csv"),
    path(f"{_JURY}board.csv", board.board_csv, name="board-csv"),
    path(f"{_JURY}measured/<str:submission_code>/", measured.measured_show, name="measured-show"),
    path(
        f"{_JURY}measured/<str:submission_code>/<str:kind>.csv",
        measured.measured_csv,
        name="measured-csv",
    ),
    path(f"{_JURY}deliberation/", meeting.deliberation_open, name="deliberation-open"),
    path(f"{_JURY}board/compare/", board.board_compare, name="board-compare"),
    path(
        f"{_JURY}board/<str:submission_code>/<str:letter>/versions/",
        history.assessment_history,
        name="assessment-history",
    ),
    path(
        f"{_JURY}board/<str:submission_code>/<str:letter>/return/",
        history.assessment_return,
        name="assessment-return",
    ),
    path(
        f"{_JURY}board/<str:submission_code>/<str:letter>/unlock/",
        history.assessment_unlock,
        name="assessment-unlock",
    ),
    path(
        f"{_JURY}discussion/<str:submission_code>/document/",
        discussion.discussion_document,
        name="discussion-document",
    ),
    path(f"{_JURY}board/discuss/", discussion.discussion_arrange, name="discussion-arrange"),
    path(f"{_JURY}discussion/", discussion.discussion_show, name="discussion-show"),
    path(f"{_JURY}meeting/", meeting.meeting_show, name="meeting-show"),
    path(f"{_JURY}meeting/presence/", meeting.attendance_update, name="attendance-update"),
    path(f"{_JURY}meeting/guests/", meeting.guest_create, name="guest-create"),
    path(f"{_JURY}meeting/motions/", meeting.motion_create, name="motion-create"),
    path(
        f"{_JURY}meeting/motions/<str:motion_code>/close/",
        meeting.motion_close,
        name="motion-close",
    ),
    path(f"{_JURY}meeting/notes/", notes.note_edit, name="note-general"),
    path(f"{_JURY}meeting/notes/<str:submission_code>/", notes.note_edit, name="note-edit"),
    path(
        f"{_JURY}board/<str:submission_code>/consensus/",
        notes.consensus_set,
        name="consensus-set",
    ),
    path(f"{_JURY}discussion/<str:motion_code>/vote/", meeting.vote_cast, name="vote-cast"),
    path(f"{_JURY}minutes/", minutes.minutes_show, name="minutes-show"),
    path(f"{_JURY}minutes/draw/", minutes.minutes_draw, name="minutes-draw"),
    path(f"{_JURY}minutes/confirm/", minutes.minutes_confirm, name="minutes-confirm"),
    path(f"{_JURY}minutes.pdf", minutes.minutes_pdf, name="minutes-pdf"),
    path(f"{_JURY}minutes.json", minutes.minutes_json, name="minutes-json"),
    path(f"{_JURY}decision/", board.decision_create, name="decision-create"),
    path(f"{_JURY}publication/", publication.results_publish, name="results-publish"),
    path(f"{_JURY}publication/unsealing/", publication.unsealing_show, name="unsealing-show"),
    path(f"{_JURY}publication/unsealing.json", publication.unsealing_json, name="unsealing-json"),
    path(
        f"{_JURY}publication/eligibility/<str:submission_code>/",
        publication.eligibility_edit,
        name="eligibility-edit",
    ),
    path(f"{_JURY}publication/teams/", publication.teams_tell, name="teams-tell"),
    path(
        f"{_JURY}publication/objections/<str:objection_code>/",
        publication.objection_answer,
        name="objection-answer",
    ),
    path(f"{_JURY}publication/erratum/", publication.erratum_create, name="erratum-create"),
    path(f"{_JURY}publication/plan/", publication.publication_plan, name="publication-plan"),
    path(f"{_JURY}publication/plan/drop/", publication.plan_drop, name="plan-drop"),
    path("submissions/<str:code>/result/", team_result.team_result, name="team-result"),
    path("submissions/<str:code>/result.pdf", team_result.result_pdf, name="result-pdf"),
    path(
        "submissions/<str:code>/certificate.pdf",
        team_result.certificate_pdf,
        name="certificate-pdf",
    ),
    path(
        "submissions/<str:code>/objection/", team_result.objection_create, name="objection-create"
    ),
    path("submissions/<str:code>/persons/", notice.notice_list, name="notice-list"),
    path(f"{_JURY}decision/amendment/", publication.decision_amend, name="decision-amend"),
    # -- public results ---------------------------------------------------------------------------
    path(f"{_CHALLENGE}results/", results.results_show, name="results-show"),
    path(f"{_CHALLENGE}results/explanation/", results.results_explain, name="results-explain"),
    path(f"{_CHALLENGE}results.csv", results.results_csv, name="results-csv"),
    path(f"{_CHALLENGE}results-marks.csv", results.results_marks, name="results-marks"),
    path(f"{_CHALLENGE}results-rubric.toml", results.results_rubric, name="results-rubric"),
    path(f"{_CHALLENGE}results-weights.csv", results.results_weights, name="results-weights"),
    path(f"{_CHALLENGE}results-stability.csv", results.results_stability, name="results-stability"),
    path(f"{_CHALLENGE}results-footprint.csv", results.results_footprint, name="results-footprint"),
    path(f"{_CHALLENGE}results-shift.csv", results.results_shift, name="results-shift"),
    path(f"{_CHALLENGE}results.json", results.results_json, name="results-json"),
]
