"""A fault in a template of the office's own is found before anything is written."""

import pytest
from made_runs import outages, roster, run

from reporter import resources
from reporter.errors import SettingsError
from reporter.report.mail.template_fixtures import check_templates, contexts


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_template_of_ours_is_tried_in_every_state(language):
    """None is left out, and the five states of a week are all there."""
    tried = list(contexts(language))

    assert {path.name for path in resources.templates().glob("*.j2")} == {name for names, _ in tried for name in names}
    assert {"at_risk", "quiet", "stale", "no_record", "unread"} == {c["state"] for _, c in tried if "state" in c}


def test_ours_are_without_fault():
    """As they stand."""
    assert check_templates(None) > 0


@pytest.mark.parametrize(
    ("name", "source", "where"),
    [
        ("digest.txt.j2", "fine\n{{ nobody }}\n", "digest.txt.j2:2"),
        ("digest.html.j2", "<p>\n\n{% if %}\n", "digest.html.j2:3"),
        ("digest.txt.j2", "\n{% for duty in rows %}{{ duty.name }}{% endfor %}", "digest.txt.j2:2"),
        ("digest.txt.j2", "{% if state == 'never' %}\n{{ typo }}{% endif %}", "digest.txt.j2:2"),  # in no specimen
        ("digest.txt.j2", "\n\n{{ 1 + 'a' }}", "digest.txt.j2:3"),
        ("digest.txt.j2", "{{ 'a' * 10000000000 }}", "digest.txt.j2:1"),
        ("digest.txt.j2", "{{ ''.__class__.__mro__ }}", "digest.txt.j2:1"),
        ("evidence.txt.j2", "{{ sections.nothing }}", "evidence.txt.j2:1"),
        ("preview.html.j2", "{% extends 'ours/none.j2' %}", "preview.html.j2"),
    ],
)
def test_a_fault_is_told_with_its_file_and_line(tmp_path, name, source, where):
    """An unknown name, a syntax error, a wrong sum, a text without end, a way out of the sandbox."""
    (tmp_path / name).write_text(source, "utf-8")
    with pytest.raises(SettingsError) as fault:
        check_templates(tmp_path)

    assert fault.value.where.startswith(where)


def test_one_block_can_be_changed_alone(tmp_path):
    """A template that extends ours changes its block, keeps the rest, and may use what ours sets."""
    (tmp_path / "digest.txt.j2").write_text(
        '{% extends "ours/digest.txt.j2" %}{% block foot %}{{ office }} {{ bar }}{% endblock %}', "utf-8"
    )

    assert check_templates(None) == check_templates(tmp_path)


def test_a_run_refuses_a_faulty_template_before_it_writes(tmp_path):
    """Nothing is there but what was there before."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "digest.txt.j2").write_text("{{ nobody }}", "utf-8")
    people = roster(tmp_path / "staff.csv", [("1", "A", "U", "", "ON", "Work permit", "2026-09-15")])
    with pytest.raises(SettingsError):
        run(tmp_path, [people], [outages(tmp_path / "r.json", [])], templates="mine")

    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "reporter.db").exists()
