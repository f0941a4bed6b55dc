"""The frozen plan: one file that survives any name, of which a job reads no more than it needs."""

import os
import shutil
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import ConfigError
from features.plan.config import Config, read_config
from features.plan.listing import Annotation, Recording, Video
from features.plan.plan import PART, Batch, Plan, batch_id, freeze, load, new_folder
from features.plan.planner import forget_old_plans
from features.plan.stages import resolve
from features.plan.standing import stages_of
from features.plan.workflow import LARGE_PAGES, PLAN_VARIABLE, Workflow, workflow_of

# Names as POSIX has them: any bytes, of which Python makes text with lone surrogates.
file_names = st.binary(min_size=1, max_size=30).map(lambda name: name.replace(b"/", b"_").replace(b"\0", b"_"))
paths = file_names.map(lambda name: Path("/videos") / name.decode("utf-8", "surrogateescape"))
recordings = st.builds(
    Recording, st.integers(0, 9999), st.integers(1, 999), st.integers(1, 999), st.floats(1, 99, width=32)
)
runs = st.lists(st.tuples(st.integers(0, 9), st.integers(10, 99)), max_size=3).map(tuple)
annotations = st.builds(Annotation, st.sampled_from(["normal", "Fighting"]), st.none() | runs)
videos = st.builds(
    Video,
    st.text(min_size=1),
    paths,
    st.sampled_from(["train", "test"]),
    st.dictionaries(st.sampled_from(["poses", "masks"]), paths),
    st.none() | recordings,
    st.none() | annotations,
)


def plan_in(folder: Path, config: Config | None = None, **facts: object) -> Plan:
    values: dict = {"recipes": {}, "reads": {}, "batches": {}, "report": "", **facts}
    return Plan(folder, config or read_config({}), "plaza", **values)


def batch(name: str, group: int = 0, members: int = 1) -> Batch:
    return Batch(name, "", group, members, 10 * members, 1.5)


def listed(count: int) -> list[Video]:
    return [Video(f"test/{number}", Path(f"/videos/{number}.mp4"), "test") for number in range(count)]


@given(st.lists(videos, max_size=8), st.data())
def test_videos_and_batches_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, all_videos: list[Video], data: st.DataObject
) -> None:
    rows = data.draw(st.lists(st.integers(0, len(all_videos) - 1), unique=True)) if all_videos else []
    plan = plan_in(tmp_path_factory.mktemp("plan"), batches={"flow": [batch("one", members=len(rows))]})
    freeze(plan, all_videos, {("flow", "one"): rows})
    again = load(plan.folder)
    assert again.videos() == all_videos
    assert again.members("flow", "one") == [all_videos[row] for row in rows]
    assert again.batches == plan.batches


@given(paths)
def test_the_config_comes_back_with_its_paths(tmp_path_factory: pytest.TempPathFactory, root: Path) -> None:
    config = read_config({"dataset": {"name": "ucsd", "part": "ped2"}, "root": root, "weights": [root, "/w"],
                          "models": [{"name": "lbrspr", "blocks": [2, 2]}]})  # fmt: skip
    plan = plan_in(
        tmp_path_factory.mktemp("plan"), config, recipes={"flow": "ab"}, reads={"boxes": ["flow"]}, named="a.yaml"
    )
    freeze(plan, [], {})
    again = load(plan.folder)
    assert again.config == config
    assert (again.recipes, again.reads, again.dataset) == (plan.recipes, plan.reads, "plaza")
    assert again == plan


def test_a_job_reads_its_own_batch_and_the_parts_that_its_videos_lie_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everyone = listed(5 * PART)
    members = {("flow", str(number)): [PART * number, PART * number + 1] for number in range(5)}
    freeze(plan_in(tmp_path, batches={"flow": [batch(name) for _, name in members]}), everyone, members)
    read: list[str] = []
    whole = zipfile.ZipFile.read
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda file, name: (read.append(name), whole(file, name))[1])
    found = load(tmp_path).members("flow", "3")
    assert [video.id for video in found] == ["test/3000", "test/3001"]
    assert read == ["plan.json", "batches/flow/3.json", "videos/3.json"]


def test_a_plan_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        freeze(plan_in(tmp_path), listed(2), {("flow", "one"): [object()]})  # type: ignore[list-item]
    with pytest.raises(ConfigError, match="no plan in"):
        load(tmp_path)


@pytest.mark.parametrize("ask", [Plan.videos, lambda plan: plan.members("flow", "one"), lambda plan: load(plan.folder)])
def test_a_plan_folder_that_vanished_is_one_clear_line(tmp_path: Path, ask: object) -> None:
    plan = plan_in(new_folder(tmp_path))
    freeze(plan, listed(1), {("flow", "one"): [0]})
    shutil.rmtree(plan.folder)
    with pytest.raises(ConfigError, match="start snakemake again, it makes a new one") as caught:
        ask(plan)  # type: ignore[operator]
    assert "\n" not in str(caught.value)


def test_a_job_without_its_plan_ends_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(*LARGE_PAGES)
    monkeypatch.setenv(PLAN_VARIABLE, str(tmp_path / "gone"))
    with pytest.raises(SystemExit, match=r"features: no plan in .*gone; start snakemake again"):
        workflow_of({}, main=False, cores=1)


@pytest.mark.parametrize(("said", "expected"), [("", "glibc.malloc.hugetlb=1"), ("glibc.malloc.check=1",) * 2])
def test_jobs_use_large_pages_unless_the_user_says_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, expected: str
) -> None:
    name, _ = LARGE_PAGES
    monkeypatch.setenv(name, said)
    if not said:
        monkeypatch.delenv(name)
    monkeypatch.setenv(PLAN_VARIABLE, str(tmp_path / "gone"))
    with pytest.raises(SystemExit):
        workflow_of({}, main=False, cores=1)
    assert os.environ[name] == expected


def test_plan_folders_are_never_used_twice(tmp_path: Path) -> None:
    assert len({new_folder(tmp_path) for _ in range(20)}) == 20


@given(st.lists(st.text(), max_size=5))
def test_a_batch_of_the_same_members_keeps_its_id(ids: list[str]) -> None:
    assert batch_id("flow", ids) == batch_id("flow", list(ids))
    assert batch_id("flow", ids) != batch_id("boxes", ids)
    assert batch_id("flow", ids) != batch_id("flow", [*ids, "one more"])


def test_batches_of_one_group_follow_each_other(tmp_path: Path) -> None:
    """Boxes of group 1 wait for flow of group 1, of group 2 for nothing, since no flow is missing there."""
    batches = {
        "survey": [batch("s")],
        "flow": [batch("f0", 0), batch("f1", 1)],
        "boxes": [batch("b1", 1), batch("b2", 2)],
    }
    workflow = Workflow(plan_in(tmp_path, batches=batches, reads={"boxes": ["flow"], "flow": []}), cores=2)
    before = {name: waits_for(workflow, "boxes", name) for name in ("b1", "b2")}
    assert before == {"b1": ["survey/s", "flow/f1"], "b2": ["survey/s"]}
    assert waits_for(workflow, "flow", "f0") == ["survey/s"]


def waits_for(workflow: Workflow, rule: str, name: str) -> list[str]:
    wildcards = type("Wildcards", (), {"batch": name})
    return [f"{Path(path).parent.name}/{Path(path).stem}" for path in workflow.before(rule)(wildcards)]


@pytest.mark.parametrize("feature", ["flow", "boxes"])
def test_weights_that_were_replaced_since_the_plan_stop_the_job_in_one_line(tmp_path: Path, feature: str) -> None:
    files = {"flow": "raft-small.pth", "boxes": "net.onnx"}
    choices = {
        "flow": {"backend": "raft", "model": "small"},
        "boxes": {"detector": {"backend": "onnx", "weights": "net.onnx"}},
    }
    (tmp_path / files[feature]).write_bytes(b"as trained")
    config = read_config({"weights": tmp_path, "features": {feature: choices[feature]}})
    recipes = {stage.kind: stage.recipe.digest for stage in resolve(config, "plaza").features}
    plan = plan_in(tmp_path, config, recipes=recipes)
    assert stages_of(plan).kinds == (feature,)
    (tmp_path / files[feature]).write_bytes(b"trained for longer")
    with pytest.raises(ConfigError, match=f"the recipe of {feature} changed since the run was planned") as caught:
        stages_of(plan)
    assert "\n" not in str(caught.value)


def test_plan_folders_go_when_nothing_has_happened_in_them_for_long(tmp_path: Path) -> None:
    for name, logs, days in (("dry-new", False, 0.5), ("dry-old", False, 2), ("run", True, 2), ("run-old", True, 20)):
        folder = tmp_path / "plans" / name
        folder.mkdir(parents=True)
        if logs:
            (folder / "logs" / "flow").mkdir(parents=True)
        for path in (folder / "logs" / "flow", folder):
            if path.exists():
                os.utime(path, times=(time.time() - days * 86_400,) * 2)
    forget_old_plans(tmp_path)
    assert sorted(path.name for path in (tmp_path / "plans").iterdir()) == ["dry-new", "run"]


@pytest.mark.parametrize(("missing", "waits"), [({}, []), ({"evaluate": [batch("one")]}, ["one.json", "plan.zip"])])
def test_a_page_that_is_current_is_made_anew_where_anything_it_stands_on_is_missing(
    tmp_path: Path, missing: dict[str, list[Batch]], waits: list[str]
) -> None:
    config = read_config({"work": tmp_path})
    page = tmp_path / "report.html"
    page.write_text('<meta name="features-shows" content="' + 64 * "a" + '">', encoding="utf-8")
    plan = plan_in(new_folder(tmp_path), config, batches=missing, report=64 * "a")
    assert [Path(name).name for name in Workflow(plan, 1).results()] == waits
