"""Read config.toml by both parsers, the validator, the compiler and the refresh."""

from __future__ import annotations

import json

from tests.faults.content.fuzz.bytes_in import Input
from tests.faults.content.fuzz.drawn import NOW, judged, seen_of
from tests.faults.content.judge import one_line
from usageline.cli.config import sample
from usageline.config import file
from usageline.config.compile import resolve_values
from usageline.config.reporter import KeyLines
from usageline.config.validate import Values, validate
from usageline.line import settings
from usageline.themes import colors

COLUMNS = 120


def check(data: bytes) -> None:
    """Assert that each mistake has a line and a message, and that valid input compiles."""
    given = Input(data)
    programs = given.choice((True, False))
    try:
        text = file.decode(given.left)
    except file.UnusableFile as unusable:
        one_line([unusable.problem.text])
        return
    KeyLines(text)
    checked = validate(text, programs=programs)
    for problem in checked.problems:
        one_line([problem.message("config.toml"), problem.short("config.toml")])
        assert problem.line is None or 0 < problem.line <= text.count("\n") + 1
    _draw(checked.values)
    try:
        before_311 = file.parse_before_311(text)
    except file.UnusableFile as unusable:
        one_line([unusable.problem.text])
        return
    if checked.table:
        assert _plain(before_311) == _plain(checked.table)


def _plain(table: object) -> str:
    """Return what both parsers must agree on; each has its own objects for times and zones."""
    return json.dumps(table, sort_keys=True, default=str)


def _draw(values: Values) -> None:
    compiled = json.loads(json.dumps(resolve_values(values), ensure_ascii=False).encode())
    configured = settings.checked(compiled)
    assert configured.keys() >= compiled.keys() - {"wrap", "max_rows"}
    context = seen_of(sample.payload(NOW), sample.snapshot(NOW, light=False))
    context = context.replaced(git=sample.GIT, local=sample.LOCAL)
    for spec in values.tables.get("styles", {}).values():
        colors.parse(spec)
    judged(context, configured, COLUMNS, nerd_font=bool(values.get("nerd_font")))
