"""The command line: found by name, explained by --help, wrong in one line, quick to start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from features import cli
from features.cli import COMMANDS
from features.cli.common import table
from features.store.store import Store
from tests.commands import Run

HEAVY = ("torch", "snakemake", "cv2", "pydantic", "rfc8785", "matplotlib", "sklearn", "av")


def test_help_lists_every_command(features: Run) -> None:
    for words in ([], ["--help"], ["help"]):
        code, out, _ = features(*words)
        assert code == 0
        assert all(name in out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_with_an_example(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit, match="0"):
        cli.main([name, "--help"])
    out = capsys.readouterr().out
    assert f"features {name}" in out.split("example:")[1]
    assert "--debug" in out


def test_every_file_of_the_folder_is_in_the_table() -> None:
    files = {path.stem for path in Path(cli.__file__).parent.glob("*.py")} - {"__init__", "common"}
    assert {name.rstrip("_") for name in files} == COMMANDS.keys()


def test_an_unknown_command_gets_the_nearest_known_one(features: Run) -> None:
    code, out, err = features("verfy")
    assert (code, out) == (2, "")
    assert "did you mean 'verify'" in err


def test_a_mistake_is_one_line_and_exit_code_2(features: Run, tmp_path: Path) -> None:
    code, out, err = features("ls", "--store", str(tmp_path / "nowhere"))
    assert (code, out) == (2, "")
    assert err.startswith("features ls: no feature store at") and err.count("\n") == 1


def test_debug_shows_where_an_error_comes_from(features: Run, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="no feature store"):
        features("ls", "--store", str(tmp_path / "nowhere"), "--debug")


def test_version(features: Run) -> None:
    assert features("--version")[1].startswith("features ")


@pytest.mark.parametrize(
    "text, message",
    [("store: [", "not valid YAML"), ("store: elsewhere", "no feature store at elsewhere"), ("a: 1", "at store")],
)
def test_the_store_comes_from_the_config_in_the_folder(
    features: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    monkeypatch.delenv("FEATURES_STORE")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "here" / "config.yaml").write_text(text)
    code, _, err = features("ls")
    assert code == 2
    assert message in err


def test_output_that_nobody_reads_to_the_end_is_no_error(store: Store) -> None:
    command = f"{sys.executable} -c 'import features.cli, sys; sys.exit(features.cli.main())' ls --store {store.path}"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command} | true"], capture_output=True, text=True)
    assert "Traceback" not in done.stderr and "BrokenPipe" not in done.stderr


@pytest.mark.parametrize("words", [["--help"], ["ls"]])
def test_it_starts_at_once_and_loads_nothing_heavy(store: Store, words: list[str]) -> None:
    """Under one CPU second; the bound leaves room for a slow machine."""
    code = (
        "import sys; from features.cli import main; main(sys.argv[1:])\n"
        f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    )
    before = os.times()
    environment = {**os.environ, "FEATURES_STORE": str(store.path)}
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, env=environment)
    after = os.times()
    assert done.stderr.strip() == "[]"
    assert after.children_user + after.children_system - before.children_user - before.children_system < 2.0


@pytest.mark.parametrize("words", [["plan"], ["view", "ped2/Test/a"], ["import", "poses", "."], ["doctor"], ["ls"]])
def test_without_the_pipeline_s_packages_a_command_works_or_says_what_to_install(
    store: Store, tmp_path: Path, words: list[str]
) -> None:
    """As after `pip install .`, which brings what reading needs and no more."""
    code = (
        "import importlib.machinery as m, sys\n"
        f"absent, find = {(*HEAVY, 'yaml', 'PIL', 'scipy')}, m.PathFinder.find_spec\n"
        "m.PathFinder.find_spec = classmethod(lambda c, n, *a: None if n.split('.')[0] in absent else find(n, *a))\n"
        "from features.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "FEATURES_STORE": str(store.path)},
    )
    assert "Traceback" not in done.stderr
    if words[0] in ("plan", "view", "import"):
        assert done.returncode == 2
        assert done.stderr.endswith("is not installed; pip install 'vad-features[pipeline]'\n")


def test_a_name_can_neither_break_a_line_nor_colour_the_terminal() -> None:
    assert table(("video",), [("two\nlines",), ("\x1b[31mred",)]) == "video\ntwo\\nlines\n\\x1b[31mred"
