"""Each extension of docs/EXTENDING.md is added to a copy of the repository, and works there."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.extensions.scratch import MAX_FILES, Scratch, blocks
from tests.faults.content.readers import readers, untried
from tests.world import REPOSITORY
from tools import generated

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECTIONS = (
    "Segment",
    "Source",
    "Theme",
    "Theme with its own glyphs",
    "Limit or credit",
    "Command",
    "Check of `usageline doctor`",
)


@pytest.fixture
def scratch(tmp_path: Path) -> Callable[[str], Scratch]:
    """Make a copy of the repository with the examples of a section."""
    return lambda section: Scratch(tmp_path / "copy", section)


@pytest.mark.parametrize("section", SECTIONS)
def test_an_extension_takes_at_most_two_files(section: str) -> None:
    files = {block.file for block in blocks(section)}
    assert 1 <= len(files) <= MAX_FILES


@pytest.mark.slow
def test_the_examples_pass_lint(tmp_path: Path) -> None:
    copy = Scratch(tmp_path / "copy", *SECTIONS)
    copy.python("-m", "ruff", "check", "--no-cache", *sorted(copy.files))


def test_the_derived_files_match_what_they_are_derived_from() -> None:
    """If this fails, run tools/generated.py."""
    assert generated.stale() == []


def test_a_segment_is_found_by_everything(scratch: Callable[[str], Scratch]) -> None:
    copy = scratch("Segment")
    result = json.loads(
        copy.python(
            "-c",
            "import json, sys\n"
            "from tests.faults.content.hostile import TEXTS\n"
            "from tests.faults.content.judge import WRITTEN, visible\n"
            "from tests.faults.content.session import PLACES, Session\n"
            "from usageline.cli.config import preview\n"
            "from usageline.config.segments import SEGMENTS, icons, options_of\n"
            "from usageline.config.template import full_file\n"
            "from usageline.config.validate import validate\n"
            "text = 'rows = [[\"prompt_id\"]]\\n[segments.prompt_id]\\nlength = 5\\n'\n"
            "wrong = text.replace('5', '1000')\n"
            "place = ('payload', 'prompt_id')\n"
            "env = {'NO_COLOR': '1', 'TERM': 'dumb', 'HOME': '/nowhere'}\n"
            "json.dump({\n"
            "    'problems': [p.text for p in validate(text).problems],\n"
            "    'refused': [p.message('c') for p in validate(wrong).problems],\n"
            "    'preview': preview.rows(validate(text).values, env, 80),\n"
            "    'template': '[segments.prompt_id]' in full_file(),\n"
            "    'icon': icons()['prompt_id'],\n"
            "    'place': place in PLACES,\n"
            "    'injected': len([visible(row, WRITTEN['default', False][1])\n"
            "        for hostile in TEXTS.values()\n"
            "        for row in Session(hostile, [place]).drawn('default', columns=400)]),\n"
            "    'count': len(SEGMENTS),\n"
            "}, sys.stdout)",
        )
    )
    assert result["problems"] == []
    assert result["refused"] == [
        "c:3: segments.prompt_id.length: a whole number from 4 to 80 is allowed, not 1000"
    ]
    assert result["preview"] == ["  f5560"]
    assert result["template"]
    assert result["icon"] == "\uf02b "
    assert result["place"]
    assert result["injected"]
    docs = copy.text("docs/CONFIGURATION.md")
    assert "| `prompt_id` | the id of the last prompt |" in docs
    assert re.search(r"^\| `length` \| .*`prompt_id`", docs, re.MULTILINE)
    assert f"<!-- count segments -->{result['count']}<!-- end -->" in copy.text("README.md")
    copy.passes(*("tests/config/test_segments.py", "tests/line/test_session.py"), "-k", "prompt_id")


@pytest.mark.slow
def test_a_source_is_found_by_everything(scratch: Callable[[str], Scratch]) -> None:
    copy = scratch("Source")
    result = json.loads(copy.python("-c", SOURCE))
    assert result["sources"] == ["usage-file"]
    assert not result["token"]
    assert "usage-file" in result["refused"][0]
    assert result["percent"] == 12
    assert result["label"] == "a file"
    assert (
        "| `sources` | a list of payload, claude-cache, oauth, client, usage-file |"
        in copy.text("docs/CONFIGURATION.md")
    )
    assert untried("sources", copy.root / "plugin" / "usageline") == []
    copy.passes("tests/config/test_documented.py", "-k", "not recipe")


SOURCE = """
import json, os, sys
from types import SimpleNamespace
from usageline.sources import context
from usageline.cli.doctor.context import Context
from usageline.config import loader
from usageline.config.sources import by_name, reads_token
from usageline.config.validate import validate
from usageline.core import paths
from usageline.system.paths import Paths
env = dict(os.environ)
os.makedirs(os.path.dirname(paths.config_file(env)))
os.makedirs(paths.cache_dir(env))
with open(paths.config_file(env), "w") as file:
    file.write('sources = ["usage-file"]')
with open(paths.cache_dir(env) + "/usage.json", "w") as file:
    file.write('{"five_hour": {"utilization": 12, "resets_at": null}}')
names = loader.load(env).sources
reading = context.fetch(names[0], SimpleNamespace(paths=Paths(env), now=1_795_000_000))
json.dump({
    "sources": names,
    "token": Context(env, "/").reads_the_token or reads_token(names),
    "refused": [p.text for p in validate('sources = ["usage-fill"]').problems],
    "percent": reading.limits[0].percent,
    "label": by_name()[reading.source].label,
}, sys.stdout)
"""


@pytest.mark.slow
def test_a_source_without_a_test_of_its_input_fails_in_its_room(
    scratch: Callable[[str], Scratch],
) -> None:
    copy = scratch("Source")
    path = copy.root / "plugin" / "usageline" / "sources" / "usage_file.py"
    path.write_text(path.read_text().replace("# tried by: tests/sources\n", ""))
    (problem,) = untried("sources", copy.root / "plugin" / "usageline")
    assert (
        "usageline.sources.usage_file.fetch reads from outside (parse_object, read_bytes)"
        in problem
    )
    assert "# tried by: TARGET or tests/FOLDER" in problem


@pytest.mark.slow
def test_a_palette_is_a_theme(scratch: Callable[[str], Scratch]) -> None:
    """Its colors that are hard to read are adjusted, and listed."""
    copy = scratch("Theme")
    assert "| `everforest` | Everforest, dark and light |" in copy.text("docs/CONFIGURATION.md")
    assert "| `everforest` | light | " in copy.text("docs/THEMES.md")
    copy.passes("tests/themes/test_themes.py", "-k", "everforest or listed")


@pytest.mark.slow
def test_a_theme_is_found_by_everything(scratch: Callable[[str], Scratch]) -> None:
    copy = scratch("Theme with its own glyphs")
    assert "* sepia: warm browns" in copy.python(
        "-c",
        "import os\n"
        "from usageline.core import paths\n"
        "from usageline.cli.config.group import command as group\n"
        "path = paths.config_file(os.environ)\n"
        "os.makedirs(os.path.dirname(path))\n"
        "open(path, 'w').write('theme = \"sepia\"')\n"
        "group.main(['themes'])",
    )
    assert "| `sepia` | warm browns for a dark background |" in copy.text("docs/CONFIGURATION.md")
    copy.passes("tests/themes/test_themes.py", "-k", "sepia or listed")


@pytest.mark.slow
def test_a_theme_of_faint_words_is_refused_with_the_rule(
    scratch: Callable[[str], Scratch],
) -> None:
    copy = scratch("Theme with its own glyphs")
    path = copy.root / "plugin" / "usageline" / "themes" / "sepia.py"
    path.write_text(path.read_text().replace("#d0c8b8", "#6c6c6c"))
    with pytest.raises(AssertionError, match=r"contrast of \d\.\d+ to 1; words need 4\.5"):
        copy.passes("tests/themes/test_themes.py", "-k", "legible and sepia")


@pytest.mark.slow
def test_a_credit_has_its_name(scratch: Callable[[str], Scratch]) -> None:
    copy = scratch("Limit or credit")
    assert (
        copy.python(
            "-c",
            "from usageline.usage.parse import parse\n"
            "pool = {'utilization': 60, 'limit_dollars': 50, 'used_dollars': 30}\n"
            "body = {'amber_vale': pool, 'bonus_credits': [pool | {'label': 'Bonus'}]}\n"
            "print(*(credit.label for credit in parse(body)[1]), sep='; ')",
        )
        == "Team credit; Bonus\n"
    )


@pytest.mark.slow
def test_a_command_is_found_by_everything(scratch: Callable[[str], Scratch]) -> None:
    copy = scratch("Command")
    assert copy.python("-m", "usageline.cli", "status") == "not ok\n"
    assert "status" in copy.python("-m", "usageline.cli", "--help")
    assert untried("cli", copy.root / "plugin" / "usageline") == []


@pytest.mark.slow
def test_a_check_is_made_by_doctor(scratch: Callable[[str], Scratch]) -> None:
    copy = scratch("Check of `usageline doctor`")
    printed = copy.python(
        "-c",
        "import os\nfrom usageline.cli.doctor import run_checks\n"
        "run_checks(dict(os.environ), show_all=True)",
    )
    assert "the cache is in a home" in printed


@pytest.mark.slow
def test_a_segment_of_the_guide_is_known_to_doctor(scratch: Callable[[str], Scratch]) -> None:
    """Its check of config.toml knows every registered segment."""
    copy = scratch("Segment")
    printed = copy.python(
        "-c",
        "import os\n"
        "from usageline.core import paths\n"
        "from usageline.cli.doctor import service\n"
        "from usageline.cli.doctor.context import Context\n"
        "env = dict(os.environ)\n"
        "path = paths.config_file(env)\n"
        "os.makedirs(os.path.dirname(path))\n"
        "open(path, 'w').write('rows = [[\"prompt_id\"]]')\n"
        "print(service.configuration(Context(env, '/')).level)",
    )
    assert printed == "ok\n"


def test_every_reader_of_the_repository_is_read_from_its_own_copy(tmp_path: Path) -> None:
    """The check of the copies above would find nothing if it read another tree."""
    (tmp_path / "usageline").mkdir()
    (tmp_path / "usageline" / "a.py").write_text("def f():\n    open('x')\n")
    assert [reader.name for reader in readers(tmp_path / "usageline")] == ["a.f"]
    assert any(True for _ in readers(REPOSITORY / "plugin" / "usageline"))
