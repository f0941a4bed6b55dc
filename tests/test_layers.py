"""The folders show the architecture: imports run downward only, and reading stays light."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

LAYERS = ("cli", "report", "evaluate", "models", "extract", "datasets", "plan", "video", "store")
HEAVY = ("torch", "torchvision", "snakemake", "cv2", "pydantic", "rfc8785", "sklearn", "matplotlib", "av", "decord")


def imported_modules(path: Path) -> Iterator[str]:
    """Every module that a file imports, at its head or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("layer", LAYERS)
def test_a_folder_imports_only_from_those_below_it(project: Path, layer: str) -> None:
    above = LAYERS[: LAYERS.index(layer)]
    upward = [
        f"{path.relative_to(project)} imports {module}"
        for path in (project / "features" / layer).rglob("*.py")
        for module in imported_modules(path)
        if module.startswith(tuple(f"features.{name}" for name in above))
    ]
    assert upward == []


def test_every_folder_of_the_package_is_a_layer(project: Path) -> None:
    folders = {path.parent.name for path in (project / "features").glob("*/*.py")}
    assert folders == set(LAYERS)


def test_imports_have_no_circles(project: Path) -> None:
    graph = {
        ".".join(path.relative_to(project).with_suffix("").parts).removesuffix(".__init__"): set(at_head(path))
        for path in (project / "features").rglob("*.py")
    }
    assert list(circles(graph)) == []


def at_head(path: Path) -> Iterator[str]:
    """Modules of this package that a file imports when it is imported itself."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("features"):
            yield node.module or ""


def circles(graph: dict[str, set[str]]) -> Iterator[str]:
    """Modules that import themselves by way of others."""
    for start in graph:
        reached, waiting = set(), list(graph[start])
        while waiting:
            module = waiting.pop()
            if module == start:
                yield start
                break
            if module not in reached:
                reached.add(module)
                waiting.extend(graph.get(module, ()))


def test_importing_features_loads_nothing_heavy() -> None:
    code = f"import features, sys; print([name for name in {HEAVY} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
