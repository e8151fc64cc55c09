"""What pages are built from: moments, figures, fields, navigation, states; in both languages."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.core.paginator import Paginator
from django.db import models
from django.forms import formset_factory
from django.template import Context, Template, TemplateSyntaxError
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation
from django.utils.safestring import mark_safe

from core import display
from core.templatetags import components
from core.widgets import DateInput, DateTimeInput

BERLIN = "Europe/Berlin"
WINTER = dt.datetime(2027, 3, 15, 22, 59, 5, tzinfo=dt.UTC)
SUMMER = dt.datetime(2027, 7, 1, 10, 0, tzinfo=dt.UTC)


@pytest.fixture(params=["de", "en"])
def language(request):
    with translation.override(request.param):
        yield request.param


@pytest.fixture
def german():
    with translation.override("de"):
        yield


def rendered(source: str, **context: object) -> str:
    """Render a template with a request, one blank for any white space."""
    text = Template(source).render(Context(context))
    return re.sub(r"\s+", " ", text).strip()


def rendered_for(path: str, source: str, **values: object) -> str:
    """Render as for a request, without what context processors add."""
    context = Context(values)
    context.request = RequestFactory().get(path)
    return re.sub(r"\s+", " ", Template(source).render(context)).strip()


# -- moments ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("precision", "german_words", "english_words"),
    [
        ("seconds", "Mo, 15.03.2027, 23:59:05 Uhr MEZ", "Mon, 15 Mar 2027, 23:59:05 CET"),
        ("minutes", "Mo, 15.03.2027, 23:59 Uhr MEZ", "Mon, 15 Mar 2027, 23:59 CET"),
        ("short", "15.03.2027, 23:59 Uhr", "15 Mar 2027, 23:59"),
        ("date", "Mo, 15.03.2027", "Mon, 15 Mar 2027"),
    ],
)
def test_moment_is_written_in_both_languages(language, precision, german_words, english_words):
    words = display.moment_words(WINTER, precision, BERLIN)

    assert words == (german_words if language == "de" else english_words)


def test_moment_in_summer_names_summer_time(language):
    words = display.moment_words(SUMMER, "minutes", BERLIN)

    expected = {"de": "Do, 01.07.2027, 12:00 Uhr MESZ", "en": "Thu, 1 Jul 2027, 12:00 CEST"}
    assert words == expected[language]


def test_moment_without_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        display.moment_words(dt.datetime(2027, 3, 15, 12, 0))  # noqa: DTZ001  (that is the point)


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Europe/Berlin", "CET (UTC+1)"),
        ("America/New_York", "EDT (UTC−4)"),
        ("Asia/Kathmandu", "UTC+5:45"),
        ("UTC", "UTC"),
    ],
)
def test_zone_is_named_with_its_offset(zone, words):
    with translation.override("en"):
        assert display.zone_words(WINTER.astimezone(ZoneInfo(zone))) == words


@pytest.mark.parametrize(
    ("left", "german_words", "english_words"),
    [
        (dt.timedelta(days=40, hours=5), "40 Tage", "40 days"),
        (dt.timedelta(days=2, hours=4, minutes=59), "2 Tage, 4 Stunden", "2 days, 4 hours"),
        (dt.timedelta(days=1), "1 Tag", "1 day"),
        (dt.timedelta(hours=1, minutes=12), "1 Stunde, 12 Minuten", "1 hour, 12 minutes"),
        (dt.timedelta(hours=3), "3 Stunden", "3 hours"),
        (dt.timedelta(minutes=1, seconds=59), "1 Minute", "1 minute"),
        (dt.timedelta(seconds=59), "weniger als eine Minute", "less than a minute"),
        (dt.timedelta(seconds=-1), "weniger als eine Minute", "less than a minute"),
    ],
)
def test_duration_has_two_units_rounded_down(language, left, german_words, english_words):
    assert display.duration_words(left) == (german_words if language == "de" else english_words)


def test_deadline_says_moment_zone_and_time_left(language):
    deadline = display.deadline_words(WINTER, WINTER - dt.timedelta(days=2, hours=4), BERLIN)

    german = display.Deadline(
        at="2027-03-15T22:59:05Z",
        now="2027-03-13T18:59:05Z",
        moment="Mo, 15.03.2027, 23:59 Uhr",
        zone="MEZ (UTC+1)",
        left="noch 2 Tage, 4 Stunden",
        is_over=False,
    )
    english = display.Deadline(
        at="2027-03-15T22:59:05Z",
        now="2027-03-13T18:59:05Z",
        moment="Mon, 15 Mar 2027, 23:59",
        zone="CET (UTC+1)",
        left="2 days, 4 hours left",
        is_over=False,
    )
    assert deadline == (german if language == "de" else english)


def test_deadline_counts_real_hours_when_clocks_go_forward():
    zone = ZoneInfo(BERLIN)
    now = dt.datetime(2027, 3, 28, 1, 0, tzinfo=zone)
    at = dt.datetime(2027, 3, 28, 4, 0, tzinfo=zone)

    with translation.override("en"):
        deadline = display.deadline_words(at, now, zone)

    assert (deadline.left, deadline.zone) == ("2 hours left", "CEST (UTC+2)")


def test_deadline_counts_real_hours_when_clocks_go_back():
    zone = ZoneInfo(BERLIN)
    now = dt.datetime(2027, 10, 31, 1, 0, tzinfo=zone)
    at = dt.datetime(2027, 10, 31, 4, 0, tzinfo=zone)

    with translation.override("en"):
        deadline = display.deadline_words(at, now, zone)

    assert (deadline.left, deadline.zone) == ("4 hours left", "CET (UTC+1)")


@pytest.mark.parametrize(
    ("before", "is_over"),
    [(dt.timedelta(microseconds=1), False), (dt.timedelta(), True), (-dt.timedelta(1), True)],
)
def test_deadline_is_over_at_its_own_instant(before, is_over):
    assert display.deadline_words(WINTER, WINTER - before).is_over is is_over


def test_deadline_in_a_line_of_text(german):
    html = rendered(
        "{% deadline at now=now zone=zone %}",
        at=WINTER,
        now=WINTER + dt.timedelta(seconds=1),
        zone=BERLIN,
    )

    assert '<time datetime="2027-03-15T22:59:05Z">Mo, 15.03.2027, 23:59 Uhr MEZ (UTC+1)</time>' in (
        html
    )
    assert "<span data-deadline-left>Frist abgelaufen</span>" in html


def test_deadline_panel_takes_zone_and_calendar(german):
    html = rendered(
        '{% include "components/deadline.html" with at=at now=now zone=zone ical_url=url only %}',
        url="/x.ics",
        at=WINTER,
        now=WINTER - dt.timedelta(hours=1),
        zone="UTC",
    )

    assert "Mo, 15.03.2027, 22:59 Uhr</time>" in html
    assert 'data-now="2027-03-15T21:59:05Z"' in html
    assert "<span data-deadline-left>noch 1 Stunde</span>" in html
    assert 'href="/x.ics"' in html


def test_localdatetime_is_an_element_and_missing_is_a_dash(german):
    assert rendered(
        "{% localdatetime at zone='UTC' %}|{% localdatetime none %}", at=SUMMER, none=None
    ) == ('<time datetime="2027-07-01T10:00:00Z">Do, 01.07.2027, 10:00:00 Uhr UTC</time>|–')


def test_datetime_words_is_plain_text(german):
    assert rendered(
        "{{ at|datetime_words:'date' }}|{{ none|datetime_words }}", at=SUMMER, none=None
    ) == ("Do, 01.07.2027|–")


# -- figures ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "german_words", "english_words"),
    [
        (0, "0 Byte", "0 bytes"),
        (1, "1 Byte", "1 byte"),
        (999, "999 Byte", "999 bytes"),
        (1_000, "1,0\u00a0kB", "1.0\u00a0kB"),
        (38_604, "38,6\u00a0kB", "38.6\u00a0kB"),
        (208_400, "208\u00a0kB", "208\u00a0kB"),
        (999_950, "1,0\u00a0MB", "1.0\u00a0MB"),
        (2_411_806, "2,4\u00a0MB", "2.4\u00a0MB"),
        (7_000_000_000_000_000, "7\u202f000\u00a0TB", "7,000\u00a0TB"),
        (None, "–", "–"),
    ],
)
def test_filesize_is_decimal_and_local(language, size, german_words, english_words):
    assert components.filesize(size) == (german_words if language == "de" else english_words)


@pytest.mark.parametrize(
    ("value", "digits", "german_words", "english_words"),
    [
        (Decimal("86.125"), 2, "86,13", "86.13"),
        (Decimal("80.4"), 2, "80,40", "80.40"),
        (2.675, 2, "2,68", "2.68"),
        (Decimal("-0.05"), 1, "-0,1", "-0.1"),
        (Decimal(1000), 1, "1\u202f000,0", "1,000.0"),
        ("12.5", 0, "13", "13"),
        (None, 2, "–", "–"),
        ("", 2, "–", "–"),
        (float("nan"), 2, "–", "–"),
    ],
)
def test_points_have_fixed_digits_half_up(language, value, digits, german_words, english_words):
    assert components.points(value, digits) == (german_words if language == "de" else english_words)


def test_integer_is_grouped(language):
    assert (
        components.integer(65_567_250)
        == {"de": "65\u202f567\u202f250", "en": "65,567,250"}[language]
    )


def test_percent_of_share_and_of_hundredths(language):
    written = (
        components.percent(0.986),
        components.percent(Decimal("0.6"), 0),
        components.percent(None),
        components.with_percent(Decimal("30.00")),
        components.with_percent(Decimal("12.50")),
        components.with_percent(Decimal(100)),
        components.with_percent(None),
    )

    assert (
        written
        == {
            "de": (
                "98,6\u00a0%",
                "60\u00a0%",
                "–",
                "30\u00a0%",
                "12,5\u00a0%",
                "100\u00a0%",
                "–",
            ),
            "en": ("98.6%", "60%", "–", "30%", "12.5%", "100%", "–"),
        }[language]
    )


def test_hashes_are_short_or_grouped():
    digest = "7f3ac21e99aa00112233"

    assert components.short_hash(digest) == "7f3a·c21e"
    assert components.grouped_hash(digest) == "7f3ac21e 99aa0011 2233"


# -- navigation ---------------------------------------------------------------------------------


def test_crumbs_end_with_this_page(german):
    html = rendered('{% crumbs "Wettbewerbe" "/c/" title %}', title="<Ziffern>")

    assert html == (
        '<nav aria-label="Brotkrumen"><ol class="crumbs"> <li><a href="/c/">Wettbewerbe</a></li>'
        '<li aria-current="page">&lt;Ziffern&gt;</li> </ol></nav>'
    )


def test_crumbs_refuse_an_address_at_the_end():
    with pytest.raises(TemplateSyntaxError, match="label of this page"):
        rendered('{% crumbs "Wettbewerbe" "/c/" %}')


def test_pagination_keeps_the_filter_and_leaves_numbers_out(german):
    page = Paginator(range(200), 10).get_page(7)

    html = rendered_for(
        "/list/?state=open&page=7",
        '{% include "components/pagination.html" with page=page only %}',
        page=page,
    )

    assert re.findall(r'href="([^"]+)"', html) == [
        "?state=open&amp;page=6",
        "?state=open&amp;page=1",
        "?state=open&amp;page=6",
        "?state=open&amp;page=8",
        "?state=open&amp;page=20",
        "?state=open&amp;page=8",
    ]
    assert html.count("<span>…</span>") == 2
    assert '<span aria-current="page"><span class="kern-sr-only">Seite </span>7</span>' in html


def test_pagination_of_one_page_is_empty():
    page = Paginator(range(3), 10).get_page(1)

    assert (
        rendered_for(
            "/", '{% include "components/pagination.html" with page=page only %}', page=page
        )
        == ""
    )


def test_page_query_needs_no_request():
    assert rendered("{% page_query 3 'p' %}") == "?p=3"


# -- regions and states -------------------------------------------------------------------------


def test_scroll_box_is_named_and_takes_the_focus():
    html = rendered(
        '{% scroll label=label describedby="note" %}<table></table>{% endscroll %}', label='"Rang"'
    )

    assert html == (
        '<div class="scroll" tabindex="0" role="group" aria-label="&quot;Rang&quot;" '
        'aria-describedby="note"><table></table></div>'
    )


def test_fact_keeps_markup_and_escapes_values():
    html = rendered(
        '{% fact label="Was" note=note %}<b>{{ value }}</b>{% endfact %}', value="<i>", note="<u>"
    )

    assert html == "<div><dt>Was</dt><dd><b>&lt;i&gt;</b><small>&lt;u&gt;</small></dd></div>"


def test_alert_takes_markup_and_a_heading_level():
    html = rendered(
        '{% alert kind="warning" title=title level=3 role="alert" %}'
        "<p>{{ text }}</p>{% endalert %}",
        title="A & B",
        text="<x>",
    )

    assert 'class="kern-alert kern-alert--warning" role="alert"' in html
    assert '<h3 class="kern-title">A &amp; B</h3>' in html
    assert '<div class="kern-alert__body"><p>&lt;x&gt;</p></div>' in html


class Mood(models.TextChoices):
    GLAD = "glad", "Froh"
    GRIM = "grim", "Grimmig"

    @property
    def tone(self) -> str:
        return "good" if self is Mood.GLAD else "loud"


def test_state_tag_of_a_member_has_its_words_and_tone():
    assert rendered("{% state_tag mood %}", mood=Mood.GLAD) == (
        '<span class="tag tag-good">Froh</span>'
    )


def test_state_tag_of_a_word_is_neutral():
    assert rendered("{% state_tag 'Neu' %}") == '<span class="tag">Neu</span>'


def test_state_tag_refuses_an_unknown_tone():
    with pytest.raises(TemplateSyntaxError, match="loud"):
        components.state_tag(Mood.GRIM)


def test_state_tag_of_a_row_asks_its_choices_and_tone(german):
    from submissions.models import Submission
    from submissions.states import SubmissionState

    assert components.state_tag(Submission(state="ineligible")) == {
        "label": str(SubmissionState.INELIGIBLE.label),
        "tone": "bad",
    }


# -- forms --------------------------------------------------------------------------------------


class EveryKindForm(forms.Form):
    title = forms.CharField(label="Titel", max_length=90, help_text="Kurz.")
    text = forms.CharField(label="Text", widget=forms.Textarea, required=False)
    kind = forms.ChoiceField(label="Art", choices=[("a", "A"), ("b", "B")])
    mood = forms.ChoiceField(label="Laune?", choices=Mood.choices, widget=forms.RadioSelect)
    many = forms.MultipleChoiceField(
        label="Viele", choices=Mood.choices, widget=forms.CheckboxSelectMultiple, required=False
    )
    agreed = forms.BooleanField(
        label="Einverstanden.", help_text=mark_safe("<a href='/t/'>AGB</a>")
    )
    day = forms.DateField(label="Tag", widget=DateInput, required=False)
    ends_at = forms.DateTimeField(label="Ende", widget=DateTimeInput, required=False)
    file = forms.FileField(label="Datei", required=False)
    secret = forms.CharField(widget=forms.HiddenInput, initial="s")


def field(name: str, *, data: dict[str, object] | None = None, **parameters: object) -> str:
    names = " ".join(f"{key}={key}" for key in parameters)
    return rendered(
        f'{{% include "components/field.html" with field=field {names} only %}}',
        field=EveryKindForm(data)[name],
        **parameters,
    )


def test_field_ties_label_hint_and_input_together(german):
    html = field("title")

    assert html == (
        '<div class="kern-form-input"> <label class="kern-label" for="id_title">Titel</label> '
        '<div class="kern-hint" id="id_title_helptext">Kurz.</div> '
        '<input type="text" name="title" maxlength="90" class="kern-form-input__input" '
        'aria-describedby="id_title_helptext" required id="id_title"> </div>'
    )


def test_field_with_error_names_it_in_the_description(german):
    html = field("title", data={})

    assert 'aria-describedby="id_title_helptext id_title_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'class="kern-form-input__input kern-form-input__input--error"' in html
    assert 'id="id_title_error"' in html
    assert '<span class="kern-sr-only">Fehler: </span>Bitte füllen Sie dieses Feld aus.' in html


def test_field_keeps_what_was_typed():
    assert "> halb fertig</textarea>" in field("text", data={"text": "halb fertig"})


def test_text_area_is_five_rows_high_unless_told_otherwise():
    assert 'rows="5"' in field("text")
    assert 'rows="12"' in field("text", rows=12)


def test_field_counts_characters_only_when_asked(german):
    html = field("title", counter=True)

    assert 'aria-describedby="id_title_helptext id_title_count"' in html
    assert 'data-count-for="id_title" data-max="90"' in html
    assert "Höchstens 90 Zeichen</p>" in html
    assert "id_title_count" not in field("title")


@pytest.mark.parametrize(
    ("tier", "words"),
    [("submit", "●"), ("publish", "○"), ("none", None), (None, "– freiwillig")],
)
def test_field_says_when_it_is_needed(german, tier, words):
    html = field("text", tier=tier)

    assert [mark for mark in ("●", "○", "– freiwillig") if mark in html] == (
        [words] if words else []
    )


def test_tier_may_stand_on_the_form_field(german):
    form = EveryKindForm()
    form.fields["text"].tier = "publish"

    assert components.field_parts(form["text"]).tier == "publish"


@pytest.mark.parametrize(
    ("name", "lang"),
    [("title_de", "de"), ("title_en", "en"), ("anchor_en_3", "en"), ("title", ""), ("open", "")],
)
def test_field_of_a_version_says_its_language(name, lang):
    form = type("OwnForm", (forms.Form,), {name: forms.CharField(label="Text")})()

    html = rendered('{% include "components/field.html" with field=field only %}', field=form[name])

    assert re.findall(r'lang="(\w*)"', html) == ([lang] if lang else [])


def test_field_refuses_an_unknown_tier():
    with pytest.raises(TemplateSyntaxError, match="soon"):
        components.field_parts(EveryKindForm()["text"], tier="soon")


def test_field_hint_may_be_replaced_or_left_out():
    assert components.field_parts(EveryKindForm()["title"], hint="Lang.").hint == "Lang."
    assert components.field_parts(EveryKindForm()["title"], hint=" ").hint == ""


def test_hint_of_the_form_may_hold_markup_but_a_typed_one_may_not():
    assert "<a href='/t/'>AGB</a>" in field("agreed")
    assert "&lt;b&gt;" in field("title", hint="<b>")


def test_select_stands_in_its_wrapper():
    html = field("kind")

    assert '<div class="kern-form-input__select-wrapper"><select name="kind"' in html
    assert 'class="kern-form-input__select"' in html


def test_group_is_a_fieldset_whose_error_is_described(german):
    html = field("mood", data={"mood": "odd"})

    assert html.startswith(
        '<fieldset class="kern-fieldset kern-fieldset--error" aria-describedby="id_mood_error">'
        ' <legend class="kern-label">Laune?</legend>'
    )
    assert re.findall(r'<input type="radio"[^>]* id="(\w+)"[^>]* class="([^"]+)"', html) == [
        ("id_mood_0", "kern-form-check__radio kern-form-check__radio--error"),
        ("id_mood_1", "kern-form-check__radio kern-form-check__radio--error"),
    ]
    assert '<label class="kern-label" for="id_mood_1">Grimmig</label>' in html


def test_check_boxes_of_a_group_are_check_boxes():
    html = field("many", data={"many": ["grim"]})

    assert re.findall(r'type="checkbox" name="many" value="(\w+)"[^>]* class="([^"]+)"', html) == [
        ("glad", "kern-form-check__checkbox"),
        ("grim", "kern-form-check__checkbox"),
    ]
    assert re.findall(r'value="(\w+)"[^>]* checked', html) == ["grim"]


def test_single_check_box_comes_before_its_label():
    html = field("agreed")

    assert re.search(r'class="kern-form-check__checkbox"[^>]*><label class="kern-label"', html)


def test_dates_speak_iso_to_the_browser():
    form = EveryKindForm(
        initial={
            "day": dt.date(2027, 3, 5),
            "ends_at": dt.datetime(2027, 3, 5, 23, 59, tzinfo=dt.UTC),
        }
    )

    with translation.override("de"):
        html = f"{form['day']}{form['ends_at']}"

    assert 'type="date" name="day" value="2027-03-05"' in html
    assert 'type="datetime-local" name="ends_at" value="2027-03-06T00:59"' in html


def test_date_time_from_the_browser_is_read_in_the_active_zone():
    form = EveryKindForm({"ends_at": "2027-03-05T23:59"})
    form.full_clean()

    assert form.cleaned_data["ends_at"] == dt.datetime(2027, 3, 5, 22, 59, tzinfo=dt.UTC)


def test_unit_stands_beside_the_input():
    html = field("title", prefix="EUR", suffix="je Jahr")

    assert re.findall(r'<span class="kern-input-group-text">([^<]*)</span>', html) == [
        "EUR",
        "je Jahr",
    ]


def test_whole_form_has_the_same_markup_as_the_component(german):
    form = EveryKindForm({"title": "x"})

    html = re.sub(r"\s+", " ", str(form))

    assert field("mood", data={"title": "x"}) in html
    assert '<input type="hidden" name="secret"' in html
    assert "helptext" not in html.replace("_helptext", "")


def test_summary_links_every_error_to_its_input(german):
    form = EveryKindForm({"title": "", "kind": "a", "mood": "odd", "agreed": ""})
    form.full_clean()
    form.add_error(None, "Beides zusammen geht nicht.")

    links = components.error_links(form)

    assert links == [
        components.ErrorLink("Beides zusammen geht nicht.", ""),
        components.ErrorLink("Titel: Bitte füllen Sie dieses Feld aus.", "id_title"),
        components.ErrorLink(
            "Laune? Bitte eine gültige Auswahl treffen. odd ist keine gültige Auswahl.",
            "id_mood_0",
        ),
        components.ErrorLink("Einverstanden: Bitte füllen Sie dieses Feld aus.", "id_agreed"),
        components.ErrorLink("Bitte füllen Sie dieses Feld aus.", ""),
    ]


class RowForm(forms.Form):
    name = forms.CharField(label="Name")


def test_summary_reads_formsets_and_lists(german):
    formset = formset_factory(RowForm, min_num=1, validate_min=True)(
        {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-name": ""}
    )

    targets = [link.target for link in components.error_links([RowForm({}), formset])]

    assert targets == ["id_name", "id_form-0-name"]


def test_summary_without_errors_is_empty():
    source = '{% include "components/error_summary.html" with form=form only %}'

    assert rendered(source, form=RowForm({"name": "Ada"})) == ""
    assert rendered(source, form=RowForm()) == ""
    assert components.error_links(None) == []


def test_summary_is_announced_and_can_take_the_focus(german):
    html = rendered(
        '{% include "components/error_summary.html" with form=form only %}', form=RowForm({})
    )

    assert 'role="alert" tabindex="-1" data-focus' in html
    assert '<h2 class="kern-title">Es gibt ein Problem</h2>' in html
    assert '<a href="#id_name">Name: Bitte füllen Sie dieses Feld aus.</a>' in html


def test_forms_inside_isolated_includes_carry_the_token():
    html = rendered_for(
        "/",
        '{% include "components/post_button.html" with action="/go/" label="Los" about=row only %}',
        row="Zeile 1",
    )

    assert re.search(r'name="csrfmiddlewaretoken" value="\w{64}"', html)
    assert 'action="/go/"' in html
    assert '<span class="kern-label">Los<span class="unseen">: Zeile 1</span></span>' in html


def test_token_needs_a_request():
    assert rendered("{% csrf_field %}") == ""


# -- pages --------------------------------------------------------------------------------------


def test_page_for_faults_renders_without_any_context(german):
    html = render_to_string("500.html")

    assert "<title>Störung auf unserer Seite – Auslobung</title>" in html
    assert '<html lang="de">' in html
    assert "Anmelden" not in html


def test_frame_lists_navigation_twice_and_marks_the_current_page(german):
    item = {"label": "Wettbewerbe", "url": "/competitions/", "current": True}

    html = render_to_string("errors/maintenance.html", {"navigation": [item], "theme": "dark"})

    assert html.count('<li><a href="/competitions/" aria-current="page">Wettbewerbe</a></li>') == 2
    assert '<html lang="de" data-kern-theme="dark">' in html


def test_title_of_a_page_with_errors_says_so(german):
    html = render_to_string("errors/maintenance.html", {"has_errors": True})

    assert "<title>Fehler: Wartung – Auslobung</title>" in html


def test_frame_has_one_live_region_and_a_way_past_the_menu(german):
    html = render_to_string("errors/maintenance.html")

    assert re.findall(r'<div role="status"[^>]*></div>', html) == [
        '<div role="status" id="status" class="kern-sr-only"></div>'
    ]
    assert '<a class="skip" href="#content">Zum Inhalt springen</a>' in html
    assert 'id="content"' in html


def test_messages_become_alerts():
    from django.contrib.messages import constants
    from django.contrib.messages.storage.base import Message

    html = render_to_string(
        "components/messages.html",
        {"messages": [Message(constants.SUCCESS, "Gut."), Message(constants.ERROR, "<Schlecht>")]},
    )

    assert re.findall(
        r'class="kern-alert kern-alert--message kern-alert--(\w+)"( role="alert")?', html
    ) == [
        ("success", ""),
        ("danger", ' role="alert"'),
    ]
    assert "&lt;Schlecht&gt;" in html
