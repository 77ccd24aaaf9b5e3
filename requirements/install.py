"""Install floodwarn, its locked packages and its sample data; the standard library is enough.

python3.11 requirements/install.py runtime    what `make run` needs
python3.11 requirements/install.py test       the same, and the test tools
python3.11 requirements/install.py sample     the recorded floods of config/cance
python3.11 requirements/install.py lock       resolve pyproject.toml again, into the locks

pip installs uv by hash, uv does the rest because it is fast, and pip does it where uv cannot be
had or fails. uv reads none of pip's settings, so whoever has taught pip about a mirror or a
certificate would have to do it twice: `uv_environment` hands those settings on.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

HERE = Path("requirements")
VENV = Path(".venv")
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
SAMPLE = Path(".floodwarn") / "sample"

# pip's option -> uv's variable. Lists are joined by a space, as uv reads them.
HANDED_ON = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
}
Command = Sequence[str | Path]

PLACES = {"extra-index-url", "find-links"}


def pip_settings(listing: str) -> dict[str, str]:
    """Read `pip config list`: what is said for `install` or in the environment wins."""
    lines = [line.partition("=") for line in listing.splitlines()]
    return {
        option: ast.literal_eval(literal)
        for source in ("global", "install", ":env:")
        for key, _, literal in lines
        for option in HANDED_ON
        if key == f"{source}.{option}"
    }


def is_there(place: str) -> bool:
    """Tell whether an index can be asked: uv refuses a missing folder where pip only warns."""
    if place.startswith("file:"):
        return Path(url2pathname(urlsplit(place).path)).exists()
    return "://" in place or Path(place).exists()


def uv_environment(settings: dict[str, str], environ: dict[str, str]) -> dict[str, str]:
    """Say pip's settings in uv's words; what the user has said to uv directly stands."""
    handed = {}
    for option, value in settings.items():
        words = [word for word in value.split() if option not in PLACES or is_there(word)]
        if words:
            handed[HANDED_ON[option]] = " ".join(words)
    # Like pip, trust the system's certificates, look in every index and take the best version;
    # the hashes decide what is let in.
    handed["UV_SYSTEM_CERTS"] = "1"
    handed["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    handed["UV_PYTHON_DOWNLOADS"] = "never"
    handed["UV_NO_PROGRESS"] = "1"
    handed["UV_LINK_MODE"] = "copy"
    return {**handed, **environ}


def pip(*arguments: str | Path) -> Command:
    """Spell a call of the venv's pip."""
    return [PYTHON, "-m", "pip", *arguments]


def ran(command: Command, environ: dict[str, str] | None = None, *, quiet: bool = False) -> bool:
    """Run a command and tell whether it succeeded."""
    where = subprocess.DEVNULL if quiet else None
    return (
        subprocess.run(command, env=environ, stdout=where, stderr=where, check=False).returncode
        == 0
    )


def make_venv() -> None:
    """Make `.venv` with pip in it, unless it is there and works."""
    if PYTHON.exists() and ran(pip("--version"), quiet=True):
        return
    if sys.version_info[:2] != (3, 11):
        sys.exit(f"floodwarn needs Python 3.11, not {sys.version.split()[0]}. Try: make PYTHON=...")
    if not ran([sys.executable, "-m", "venv", VENV]):
        PYTHON.unlink(missing_ok=True)
        sys.exit(
            "This Python cannot make a virtual environment. On Debian: apt install python3-venv"
        )


def uv_or_none() -> dict[str, str] | None:
    """Install uv by hash, and return the environment to run it in; None where it cannot be had."""
    if not UV.exists() and not ran(
        pip("install", "--quiet", "--require-hashes", "-r", HERE / "uv.lock")
    ):
        print("uv cannot be had here: pip does its work, more slowly.", file=sys.stderr)
        return None
    listing = subprocess.run(pip("config", "list"), capture_output=True, text=True, check=True)
    return uv_environment(pip_settings(listing.stdout), dict(os.environ))


def install(*arguments: str | Path) -> bool:
    """Install with uv, and with pip where uv fails."""
    environ = uv_or_none()
    if environ and ran([UV, "pip", "install", "--quiet", "--python", PYTHON, *arguments], environ):
        return True
    return ran(pip("install", "--quiet", *arguments))


def install_locked(lock: Path) -> None:
    """Bring `.venv` to what a lock says, and put floodwarn itself in it, editable."""
    print(f"Installing {lock} into {VENV} ...", flush=True)
    if not install("--require-hashes", "-r", lock):
        sys.exit(f"The packages of {lock} could not be installed; the reason stands above.")
    if not install("--no-deps", "--no-build-isolation", "--editable", "."):
        sys.exit("floodwarn itself could not be installed; the reason stands above.")


def install_sample() -> None:
    """Unpack the wheel that holds the recorded floods; exit 1 where it cannot be had."""
    lock, done = HERE / "sample.lock", SAMPLE / ".complete"
    if done.exists() and done.read_bytes() == lock.read_bytes():
        return
    shutil.rmtree(SAMPLE, ignore_errors=True)
    SAMPLE.parent.mkdir(exist_ok=True)
    print(f"Fetching the recorded floods of config/cance into {SAMPLE} ...", flush=True)
    exact = ("--no-deps", "--require-hashes", "--only-binary", ":all:")
    if not install(*exact, "--target", SAMPLE, "-r", lock):
        sys.exit(1)
    done.write_bytes(lock.read_bytes())


def compile_locks() -> None:
    """Resolve pyproject.toml into the locks: hashes, and no address of any registry."""
    environ = uv_or_none()
    if environ is None:
        sys.exit("make lock needs uv.")
    for beside in ("UV_INDEX", "UV_FIND_LINKS"):
        environ.pop(
            beside, None
        )  # a mirror that holds some of a release's files would be locked in
    options = "--python-version 3.11 --no-emit-index-url --no-emit-find-links --generate-hashes"
    options += " --quiet --upgrade --annotation-style line"
    plain = [*options.split(), "--custom-compile-command", "make lock"]
    for name, chosen in {
        "uv": ["--group", "uv"],
        "test": ["pyproject.toml", "--group", "build", "--extra", "test"],
        "runtime": ["pyproject.toml", "--group", "build", "--constraint", str(HERE / "test.lock")],
    }.items():
        command: Command = [UV, "pip", "compile", *plain, *chosen, "-o", HERE / f"{name}.lock"]
        if not ran(command, environ):
            sys.exit(f"requirements/{name}.lock could not be resolved; the reason stands above.")


def main(what: str) -> None:
    """Do one of the four things the module's first lines name."""
    make_venv()
    if what == "sample":
        install_sample()
    elif what == "lock":
        compile_locks()
    else:
        install_locked(HERE / f"{what}.lock")


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        sys.exit(130)
