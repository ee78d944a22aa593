"""The administrator's key comes from the user's own places, and only one that may be sent."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from tests.org_server import KEY
from usageline.core.errors import ConfigInvalid
from usageline.sources.org.key import (
    ADMIN,
    OTHER,
    SCOPED,
    VARIABLE,
    KeyUnusable,
    OrgConfig,
    load_org,
    read_key,
)
from usageline.system import origin
from usageline.system.api_address import API

if TYPE_CHECKING:
    from pathlib import Path

    from tests.world import World


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """Return a file with a key."""
    path = tmp_path / "admin.key"
    path.write_text(KEY + "\n")
    path.chmod(0o600)
    return path


def test_key_file_is_read(world: World, key_file: Path) -> None:
    key = read_key(OrgConfig(key_file=str(key_file)), world.env)
    assert (key.value, key.kind) == (KEY, ADMIN)
    assert "canary" not in f"{key} {key!r}"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_key_file_that_others_can_read_is_refused(world: World, key_file: Path, mode: int) -> None:
    key_file.chmod(mode)
    with pytest.raises(KeyUnusable, match=rf"{mode:04o}.*chmod 600"):
        read_key(OrgConfig(key_file=str(key_file)), world.env)


def test_missing_key_file_is_reported(world: World, tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable, match="cannot be read: No such file"):
        read_key(OrgConfig(key_file=str(tmp_path / "none")), world.env)


def test_fifo_instead_of_a_key_file_does_not_hang(world: World, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(KeyUnusable, match="cannot be read"):
        read_key(OrgConfig(key_file=str(tmp_path / "fifo")), world.env)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no key"),
        ("\n \n", "has no key"),
        ("short", "something else"),
        ("export KEY=" + KEY, "something else"),
        (f'"{KEY}"', "something else"),
        ("sk-ant-admin01-\x07bell-in-the-key", "something else"),
        ("sk-ant-admin01-ключ", "something else"),
        ("x" * 5000, "something else"),
        ("sk-ant-oat01-canary-sign-in", "sign-in token of Claude Code"),
        ("sk-ant-ort01-canary-refresh", "sign-in token of Claude Code"),
        ("SK-ANT-OAT01-canary-upper", "sign-in token of Claude Code"),
        ("sk-ant-sid01-canary-session", "session key"),
        ("sk-ant-api03-canary-ordinary", "ordinary API key"),
        ("sk-ant-api04-canary-newer", "ordinary API key"),
    ],
)
def test_what_is_no_administrators_key_is_refused(
    world: World, key_file: Path, text: str, words: str
) -> None:
    key_file.write_text(text)
    with pytest.raises(KeyUnusable, match=words) as caught:
        read_key(OrgConfig(key_file=str(key_file)), world.env)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("sk-ant-admin01-abcdef", ADMIN),
        ("sk-ant-api01-abcdef", SCOPED),
        ("gateway-key-abcdef", OTHER),
        ("c2VjcmV0LWtleQ==", OTHER),
    ],
)
def test_kind_of_a_key_is_known_by_its_beginning(world: World, value: str, kind: str) -> None:
    world.env[VARIABLE] = value
    assert read_key(OrgConfig(), world.env).kind == kind


def test_command_prints_the_key_in_its_first_line(world: World) -> None:
    config = OrgConfig(key_command=f"printf '{KEY}\\nuser: ana\\n'")
    assert read_key(config, world.env).value == KEY


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("exit 3", "exit status 3"),
        ("echo", "has no key"),
        ("head -c 100000 /dev/zero", "output"),
        ("printf '\\377'", "something else"),
    ],
)
def test_command_that_fails_is_reported(world: World, command: str, words: str) -> None:
    with pytest.raises(KeyUnusable, match=words):
        read_key(OrgConfig(key_command=command), world.env)


def test_command_gets_no_variable_of_a_project(world: World) -> None:
    world.env.update(BASH_ENV="/tmp/evil", LD_PRELOAD="/tmp/evil.so", ANTHROPIC_ADMIN_KEY=KEY)
    config = OrgConfig(key_command="env | tr -d '\\n =' ")
    value = read_key(config, {**world.env, "PROJECT_SETS": "1"}).value
    assert "HOME" in value
    assert not [word for word in ("PROJECT", "evil", "canary") if word in value]


def test_configured_key_precedes_the_variable(world: World, key_file: Path) -> None:
    world.env[VARIABLE] = "sk-ant-admin01-of-a-project"
    assert read_key(OrgConfig(key_file=str(key_file)), world.env).value == KEY
    assert read_key(OrgConfig(), world.env).value == world.env[VARIABLE]


def test_without_a_key_the_message_says_where_to_make_one(world: World) -> None:
    with pytest.raises(KeyUnusable, match=r"key_file.*Admin keys.*primary owner"):
        read_key(OrgConfig(), world.env)


def test_config_names_file_and_address(world: World) -> None:
    assert load_org(world.env) == OrgConfig(API)
    world.configure('[org]\nkey_file = "~/a.key"\nurl = "https://gateway.example/claude/"\n')
    assert load_org(world.env) == OrgConfig("https://gateway.example/claude", f"{world.home}/a.key")


@pytest.mark.parametrize(
    "line",
    [
        'url = "http://gateway.example"',
        'url = "https://user@gateway.example"',
        'url = "https://gateway.example/?q=1"',
        'url = "ftp://gateway.example"',
        'url = "https://"',
        'url = "http://127.0.0.1.evil.example"',
        'key_file = "relative.key"',
        f'key_file = "{KEY}"',
        f'url = "https://gateway.example/{KEY}"',
        f'key_command = "echo {KEY}"',
        f'key = "{KEY}"',
        "timeout = 3",
    ],
)
def test_mistake_in_the_config_is_reported_without_a_key(world: World, line: str) -> None:
    world.configure(f"[org]\n{line}\n")
    with pytest.raises(ConfigInvalid, match=r"config\.toml:2: org") as caught:
        load_org(world.env)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "line",
    ['url = "http://127.0.0.1:9"', 'key_file = "/home/ana/a.key"', 'key_command = "cat a.key"'],
)
def test_config_that_a_project_could_choose_has_no_say(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.setattr(origin, "ROOT", str(tmp_path))
    world.configure(f"[org]\n{line}\n")
    with pytest.raises(ConfigInvalid, match="usageline install"):
        load_org(world.env)
    world.configure('theme = "nord"\n')
    assert load_org(world.env) == OrgConfig(API)


def test_text_that_is_no_toml_is_reported_without_a_key(world: World) -> None:
    world.configure(f"[org]\nkey_file = {KEY}\n")
    with pytest.raises(ConfigInvalid, match="not TOML") as caught:
        load_org(world.env)
    assert "canary" not in str(caught.value)


def test_config_in_the_home_of_the_systems_list_needs_no_install(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(origin, "ROOT", str(tmp_path))
    user = SimpleNamespace(pw_dir=str(world.home))
    monkeypatch.setattr("pwd.getpwuid", lambda _uid: user)
    command = f"test $HOME = {world.home} && command -v sh >/dev/null && echo {KEY[7:]}"
    world.configure(f"[org]\nurl = 'https://gateway.example'\nkey_command = '{command}'\n")
    config = load_org(world.env)
    assert config.url == "https://gateway.example"
    assert read_key(config, world.env).value == KEY[7:]
    other = world.home / "project"
    (other / "usageline").mkdir(parents=True)
    (other / "usageline" / "config.toml").write_text('[org]\nurl = "https://evil.example"\n')
    world.env["XDG_CONFIG_HOME"] = str(other)
    with pytest.raises(ConfigInvalid, match="usageline install"):
        load_org(world.env)
