"""Commands, run as a user runs them."""

from collections.abc import Callable

import pytest

from features.cli import main

Run = Callable[..., tuple[int, str, str]]


def commands(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command by its words: its exit code, its output, its errors."""

    def run(*words: object) -> tuple[int, str, str]:
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run
