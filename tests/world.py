"""A separate home directory for each test, and a release to run in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import program
from usageline.system import origin_record
from usageline.system.paths import Paths

REPOSITORY = Path(__file__).resolve().parent.parent
CAPTURES = REPOSITORY.parent / "shared" / "captures"
"""Real bodies. A clone does not have them."""

CANARY = "sk-ant-oat01-CANARY-0123456789-must-never-be-found"
ACCOUNT = "11111111-1111-4111-8111-111111111111"
ORGANIZATION = "22222222-2222-4222-8222-222222222222"
SCOPES = ("user:inference", "user:profile")


@dataclass
class World:
    """A HOME under `root` with a sign-in, and `env`, the whole environment of its processes."""

    root: Path
    env: dict[str, str] = field(default_factory=dict)

    @property
    def paths(self) -> Paths:
        """Return the paths of its environment."""
        return Paths(self.env)

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, mode=0o700)
        self.env.update(
            HOME=str(self.home), PATH="/usr/bin:/bin", LANG="C.UTF-8", TZ="UTC", USER="tester"
        )
        self.sign_in()

    @property
    def home(self) -> Path:
        """Return the home directory."""
        return self.root / "home"

    @property
    def cache(self) -> Path:
        """Return the profile's cache directory, which may not exist."""
        return Path(self.paths.cache_dir)

    def sign_in(
        self,
        *,
        account: str = ACCOUNT,
        organization: str = ORGANIZATION,
        token: str = CANARY,
        expires_at: float | None = None,
        scopes: tuple[str, ...] | None = SCOPES,
        plan: str | None = "max",
        tier: str | None = "default_claude_max_5x",
    ) -> None:
        """Write `.credentials.json` and `.claude.json` as the client does.

        `expires_at` is in epoch seconds, by default in 8 hours.
        """
        expires_ms = int((time.time() + 8 * 3600 if expires_at is None else expires_at) * 1000)
        oauth: dict[str, Any] = {
            "accessToken": token,
            "refreshToken": "sk-ant-ort01-" + token,
            "expiresAt": expires_ms,
        }
        oauth |= {"subscriptionType": plan, "rateLimitTier": tier}
        if scopes is not None:
            oauth["scopes"] = list(scopes)
        self.write_state(
            oauthAccount={
                "accountUuid": account,
                "organizationUuid": organization,
                "emailAddress": "t@example.com",
            }
        )
        self.write_credentials({"claudeAiOauth": oauth, "organizationUuid": organization})

    def sign_out(self) -> None:
        """Leave the files as `/logout` does."""
        Path(self.paths.claude_credentials).unlink(missing_ok=True)
        state = self.read_state()
        state.pop("oauthAccount", None)
        self._replace(Path(self.paths.claude_state), state)

    def write_credentials(self, content: object) -> None:
        """Replace `.credentials.json`."""
        self._replace(Path(self.paths.claude_credentials), content)

    def read_state(self) -> dict[str, Any]:
        """Return the content of `.claude.json`."""
        path = Path(self.paths.claude_state)
        state: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return state

    def write_state(self, **changes: object) -> None:
        """Change keys of `.claude.json`."""
        self._replace(Path(self.paths.claude_state), {**self.read_state(), **changes})

    def client_saw(self, body: object, *, account: str = ACCOUNT, age_s: float = 5) -> None:
        """Write `body` to the client's own cache, as fetched `age_s` ago."""
        cached = {
            "fetchedAtMs": int((time.time() - age_s) * 1000),
            "accountUuid": account,
            "utilization": body,
        }
        self.write_state(cachedUsageUtilization=cached)

    def configure(self, text: str) -> None:
        """Write config.toml."""
        path = Path(self.paths.config_file)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def snapshot(self) -> dict[str, Any]:
        """Return the published snapshot. Raise FileNotFoundError if there is none."""
        snapshot: dict[str, Any] = json.loads(Path(self.paths.snapshot).read_text())
        return snapshot

    def make_due(self) -> None:
        """Make the next refresh due."""
        path = Path(self.paths.snapshot)
        path.write_text(json.dumps({**self.snapshot(), "next_refresh_at": int(time.time()) - 1}))

    def run(self, *arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command in this world with empty stdin, and capture its output."""
        options = {
            "stdin": subprocess.DEVNULL,
            "capture_output": True,
            "text": True,
            "timeout": 50,
            "env": self.env,
            **options,
        }
        return subprocess.run(
            [str(argument) for argument in arguments], check=False, cwd=self.home, **options
        )

    def files(self) -> list[Path]:
        """Return each file under the root."""
        return [path for path in self.root.rglob("*") if path.is_file() and not path.is_symlink()]

    def _replace(self, path: Path, content: object) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(path.name + ".new")
        temporary.write_text(content if isinstance(content, str) else json.dumps(content))
        temporary.chmod(0o600)
        temporary.replace(path)


@dataclass(frozen=True)
class Release:
    """A release like that of install.sh: `plugin/`, `hooks/`, and `venv/` with an interpreter."""

    root: Path

    @property
    def python(self) -> Path:
        """Return the cold side's interpreter."""
        return self.root / "venv" / "bin" / "python"

    @property
    def statusline(self) -> Path:
        """Return the script that Claude Code runs."""
        return self.root / "plugin" / "usageline" / "statusline.py"

    @property
    def hook(self) -> Path:
        """Return the SessionStart hook."""
        return self.root / "hooks" / "session_start.py"

    @property
    def refresh_command(self) -> list[str]:
        """Return the command with which the hot side starts a refresh."""
        return [str(self.python), "-I", "-B", "-m", "usageline.refresh", "--by", "line"]


def build_release(root: Path, *, shared: bool = True) -> Release:
    """Lay out a release at `root`, compiled as install.sh compiles it.

    It has the packages of the environment that runs the tests. Its sources and bytecode may be
    `shared` with other releases: `program.overwrite` changes them in one release alone.
    """
    program.lay_out(REPOSITORY, root, shared=shared)
    # Each test has its own world: trust every environment.
    origin_record.disable(str(root))
    link_environment(root)
    return Release(root)


def link_environment(root: Path) -> None:
    """Create `root`/venv, which has the packages of this environment and `root`/plugin."""
    venv = root / "venv"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = venv / "lib" / version / "site-packages"
    packages.mkdir(parents=True)
    (venv / "bin").mkdir()
    # Resolve links: a link to this environment's python would read its pyvenv.cfg.
    base = os.path.realpath(sys.executable)
    (venv / "bin" / "python").symlink_to(base)
    (venv / "pyvenv.cfg").write_text(
        f"home = {os.path.dirname(base)}\ninclude-system-site-packages = false\n"
    )
    # The environment of `tests/run fleet` stands on that of the other tests.
    places = [path for path in sys.path if path.endswith("site-packages")]
    # Relative, as the installer writes it: the locale may lack characters of the path.
    (packages / "usageline.pth").write_text("\n".join([*places, "../../../../plugin", ""]))
