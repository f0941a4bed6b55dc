from pathlib import Path

import pytest

from features.plan.registry import names


@pytest.mark.parametrize("kind", list(names("feature")))
def test_every_feature_has_a_target_and_a_rule_of_its_own(project: Path, kind: str) -> None:
    rules = (project / "rules" / f"{kind}.smk").read_text(encoding="utf-8")
    assert f"rule {kind}:" in rules
    assert f"rule {kind}_batch:" in rules


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[2] / "rules").glob("*.smk")), ids=lambda path: path.stem
)
def test_every_rule_that_runs_something_says_what_it_needs(path: Path) -> None:
    for rule in path.read_text(encoding="utf-8").split("\nrule ")[1:]:
        if "script:" in rule:
            for word in ("log:", "benchmark:", "threads:", "mem_mb=", "gpu=", "runtime=", "message:", "conda:"):
                assert word in rule, f"{path.name}: a rule lacks {word}"


def test_scripts_hold_no_logic(project: Path) -> None:
    for script in (project / "scripts").glob("*.py"):
        assert len(script.read_text(encoding="utf-8").splitlines()) <= 10, script.name
