"""Run `usageline config set KEY VALUE`, `unset` and `get`."""

from __future__ import annotations

from tests.faults.content.fuzz.bytes_in import Input
from tests.faults.content.judge import one_line, tried
from usageline.config import edit, file
from usageline.config.template import full_file, toml_value
from usageline.config.validate import validate

TEXTS = (
    "",
    "# mine\ntheme = 'dark' # dark\n",
    full_file(),
    '[segments.text.note]\ntext = "x"\n',
    'rows = [["model"]]\n[alerts]\n',
)


def check(data: bytes) -> None:
    """Assert that the text stays valid and has the value, or that a message says why not."""
    given = Input(data)
    text = given.choice((*TEXTS, None))
    parts = [part.decode("utf-8", "surrogateescape") for part in given.parts(3)]
    if text is None:
        text = parts[2].encode("utf-8", "replace").decode()
        try:
            file.decode(text.encode())
        except file.UnusableFile:
            return
    before = validate(text)
    for change in (
        lambda: edit.set_key(text, parts[0], parts[1]),
        lambda: edit.unset_key(text, parts[0]),
    ):
        changed, refused = tried(change, edit.EditRejected)
        assert refused is None or refused.problems
        if changed is None:
            continue
        changed.encode()
        after = validate(changed)
        assert len(after.problems) <= len(before.problems), after.problems
    effective, unknown = tried(lambda: edit.effective_value(before.values, parts[0]), KeyError)
    one_line([unknown.args[0] if unknown else ""])
    toml_value(effective)
