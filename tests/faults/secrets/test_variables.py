"""A trusted project whose settings set each of `variables.VARIABLES`."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.cli.installed import install
from tests.faults.needs import needs
from tests.faults.promises import promise
from tests.faults.secrets.canaries import Search, token
from tests.faults.secrets.journey import TRACE
from tests.faults.secrets.trap import Trap
from tests.faults.secrets.variables import VARIABLES, Variable
from tools import security
from usageline.system import origin_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cli.installed import Installed
    from tests.server import Api
    from tests.world import World

OPENED = re.compile(r'open(?:at)?\([^"]*"([^"]+)"[^=]*= \d+')
CONFIGURATION = 'rows = [["session"], ["git"]]\n[segments.git]\nshow = ["branch", "dirty"]\n'


@pytest.fixture
def installed(world: World) -> Installed:
    """Return an installation with this world's HOME and PATH."""
    result = install(world)
    origin_record.write_record(str(result.release.root), world.env)
    shutil.rmtree(result.project)
    world.configure(CONFIGURATION)
    return result


@pytest.fixture
def trap(installed: Installed) -> Iterator[Trap]:
    """Return the project."""
    result = Trap(installed.world)
    # The install had a proxy, which answers for the API itself.
    proxied = {**installed.world.env, "HTTPS_PROXY": f"http://127.0.0.1:{result.proxy.port}"}
    origin_record.write_record(str(installed.release.root), proxied)
    yield result
    result.close()


def run(
    installed: Installed, trap: Trap, variables: dict[str, str], number: int
) -> tuple[list[str], set[str], set[str]]:
    """Run a client's session in the project until its lines have started everything.

    Return the lines, the background environments as text, and the project's files that these
    opened.
    """
    world = installed.world
    command, hook = installed.read_settings()["statusLine"]["command"], str(installed.release.hook)
    payload = json.dumps(
        {
            "session_id": "s",
            "cwd": str(trap.project),
            "workspace": {"current_dir": str(trap.project)},
        }
    )
    lines, started, opened = [], set(), set()
    calls = (
        ["/bin/sh", "-c", command],
        ["/bin/sh", "-c", command],
        [command.split()[2], "-I", "-S", "-B", hook],
        ["/bin/sh", "-c", command],
    )
    for call, words in enumerate(calls):
        log = world.root / f"trace-{number}-{call}"
        # The client's own strace has none of the variables: env sets them.
        given = [f"{name}={value}" for name, value in variables.items()]
        traced = [
            *TRACE,
            "-e",
            "trace=execve,open,openat",
            "-o",
            str(log),
            "/usr/bin/env",
            f"--chdir={trap.project}",
            *given,
            *words,
        ]
        done = world.run(*traced, stdin=None, input=payload)
        assert done.returncode == 0, done
        if words[0] == "/bin/sh":
            lines.append(done.stdout)
        for line in log.read_text(errors="replace").splitlines():
            background = re.search(r'execve\("[^"]*/(?:venv/bin/python|git)"', line)
            started |= {line} if background else set()
            match = OPENED.search(line)
            if match and match[1].startswith(f"{trap.project}/") and "/.git/" not in match[1]:
                opened.add(match[1][len(str(trap.project)) + 1 :])
    return lines, started, opened


def by_proxy(chosen: dict[str, str]) -> bool:
    """Return whether the API is reached through the proxy of the install."""
    return chosen.get("USAGELINE_API_URL") == "" or any(
        "{proxy}" in value for value in chosen.values()
    )


@promise(
    "Through a variable, a project's settings reach what the table in SECURITY.md lists "
    "and no more. No program runs, and the token reaches no wrong place.",
    sees="The line.",
    topic="project",
)
@pytest.mark.parametrize(
    "variable",
    [
        pytest.param(row, id=row.name.replace("`", ""), marks=[] if row.quick else pytest.mark.full)
        for row in VARIABLES
    ],
)
@pytest.mark.timeout(300)
def test_a_projects_variable(
    installed: Installed,
    api: Api,
    trap: Trap,
    size: Callable[[int, int], int],
    figure: Callable[[str], None],
    *,
    variable: Variable,
) -> None:
    needs("strace", "git", root=True)
    world, secret = installed.world, token()
    world.sign_in(token=secret)
    project_env = {
        str(path.relative_to(trap.project)) for path in trap.project.rglob("*") if path.is_file()
    }
    search = Search([secret])
    reached = 0
    values = variable.values[: size(1, len(variable.values))]
    for number, chosen in enumerate(values):
        for cache in (world.cache, trap.project / "home" / ".cache"):
            shutil.rmtree(cache, ignore_errors=True)
        heard_before = len(trap.heard())
        for _ in range(3):  # a busy machine may give a refresh no time
            lines, started, opened = run(
                installed, trap, trap.filled({"USAGELINE_API_URL": api.url, **chosen}), number
            )
            heard = trap.heard()[heard_before:]
            asked = not by_proxy(chosen) or b"CONNECT api.anthropic.com:443 " in heard
            if asked and (search.within(heard) or not variable.token):
                break
            shutil.rmtree(world.cache, ignore_errors=True)
        else:
            raise AssertionError(f"nothing came of {chosen}")
        assert all(line.strip() for line in lines), lines
        assert not any("Traceback" in line for line in lines)
        assert [path.name for path in trap.marks.iterdir()] == [], chosen
        assert opened & project_env - variable.opens <= {"a", ".gitattributes"}, (chosen, opened)
        assert started, (chosen, lines)
        assert not any(
            re.search(
                r'"(?:LD_|BASH_ENV|ENV=|PYTHON|OPENSSL|SSLKEYLOG|'
                r"GIT_(?!OPTIONAL|TERMINAL|ALLOW|NO_LAZY|PAGER=cat|CEILING))",
                one,
            )
            for one in started
        )
        assert not (by_proxy(chosen) and trap.thief.requests), chosen
        assert not (world.home / ".local" / "bin" / "claude.runs").exists(), chosen
        astray = search.within(heard)
        assert astray is variable.token, (chosen, heard)
        reached += astray
        assert search.files(world.root, but=[world.home / ".claude" / ".credentials.json"])[0] == []
    heard_text = trap.heard_by_the_stranger()
    assert not search.within(heard_text.encode())
    assert bool(heard_text) is any(
        "{stranger}" in value for chosen in values for value in chosen.values()
    )
    figure(
        f"{variable.name.replace('`', '')}: {len(values)} tried, the token got elsewhere in "
        f"{reached}"
    )


def test_the_tables_of_the_security_policy_are_made_of_the_code() -> None:
    """`tools/security.py` writes them."""
    text = security.FILE.read_text("utf-8")
    assert security.written(text) == text
