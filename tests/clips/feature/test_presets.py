"""Presets: what each asks for, and what may be changed beside it."""

from pathlib import Path

import numpy as np
import pytest

from features.errors import ConfigError
from features.extract.clips.cuts import cuts_of
from features.extract.clips.presets import PRESETS
from features.extract.clips.recipe import backend_of, clips_recipe
from features.extract.clips.view import View
from features.extract.driver import Input
from features.extract.flow.dis import DisRecipe
from features.extract.flow.tvl1 import Tvl1Recipe
from features.extract.frames.recipe import FramesRecipe, frames_recipe
from features.plan.listing import Video
from features.plan.stages import Context
from features.video.reading import make_index

# Crops and channels of the files that were published, or that the repositories write.
SHAPES = {
    "deepmind": (1, 400), "piergiaj": (1, 1024), "arnet-released": (1, 2048), "arnet-fixed": (1, 2048),
    "rtfm": (10, 2048), "gowtham": (10, 2048), "urdmu": (10, 1024), "deepmil": (10, 1024), "xd": (5, 1024),
    "mist": (1, 1024), "video_features": (1, 1024), "r2plus1d": (1, 512), "s3d": (1, 1024), "clip": (1, 512),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_each_gives_features_of_the_published_shape(context, name):
    recipe = clips_recipe(name, context)
    backend = backend_of(recipe)
    assert (backend.crops(recipe.source), backend.channels(recipe.source)) == SHAPES[name]


def test_every_preset_that_can_be_had_is_told_of_its_shape():
    assert set(SHAPES) == {name for name, preset in PRESETS.items() if not preset.missing}


def test_no_two_are_the_same_recipe(context):
    digests = {clips_recipe(name, context).digest for name in SHAPES}
    assert len(digests) == len(SHAPES)


@pytest.mark.parametrize("name", ["arnet-released", "arnet-fixed"])
def test_ar_net_s_read_flow_too(context, name):
    recipe = clips_recipe(name, context)
    assert backend_of(recipe).reads(recipe.source) == ("flow",)


def test_what_stands_beside_a_preset_changes_it_part_by_part(context):
    entry = {"preset": "video_features", "stream": "both", "length": 32, "resize": {"filter": "cv2-bilinear"}}
    view = clips_recipe(entry, context).source.view
    assert (view.length, view.stride, view.resize.size, view.resize.filter) == (32, 64, 256, "cv2-bilinear")
    assert view.flow.levels == "float"


def test_another_network_is_shown_what_the_preset_shows(context):
    recipe = clips_recipe({"preset": "rtfm", "backend": "tiny"}, context)
    assert recipe.source.backend == "tiny"
    assert recipe.source.view == clips_recipe("rtfm", context).source.view


def test_frames_at_the_rate_of_the_preset_are_all_seen():
    frames = FramesRecipe(policy="fps", fps=24)
    at_24 = Context("plaza", (), {"frames": frames, "flow": Tvl1Recipe(frames=frames)})
    assert clips_recipe({"preset": "xd", "stream": "both"}, at_24).source.view.fps is None
    own = Context("plaza", (), {"frames": frames_recipe("native")})
    assert clips_recipe("xd", own).source.view.fps == 24


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ("rftm", r"no preset or backend 'rftm' \(did you mean 'rtfm'\?\)"),
        ({"preset": "rftm"}, r"no preset 'rftm' \(did you mean 'rtfm'\?\)"),
        ("sultani", "preset 'sultani' needs the Caffe network C3D"),
        ({"weights": "a.pt"}, "clips names no preset; there are: arnet-fixed, arnet-released, .* and backend: import"),
        ("tiny", "is not told what to show its network; name a preset"),
        ({"preset": "xd", "stream": "both"}, r"24 fps leave frames out; set frames: \{fps: 24\}"),
        ({"preset": "rtfm", "stream": "flow"}, "sees rgb only, not flow; set stream: rgb"),
        ({"preset": "mist", "stream": "flow"}, "stream 'flow' needs 'flow'"),
        ({"preset": "arnet-fixed", "flow": {"backend": "tvl"}}, r"flow 'tvl' is not known \(did you mean 'tvl1'\?\)"),
    ],
)
def test_a_wrong_choice_is_refused(context, choice, message):
    with pytest.raises(ConfigError, match=message):
        clips_recipe(choice, context)


def test_flow_between_other_frames_is_refused():
    frames = FramesRecipe()
    other = Context("plaza", (), {"frames": frames, "flow": DisRecipe(frames=frames, pairing="hf2vad")})
    with pytest.raises(ConfigError, match="reads flow with pairing 'forward', found 'hf2vad'"):
        clips_recipe("arnet-fixed", other)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (
            "arnet-fixed",
            "shown flow by 'tvl1', and the config's is by 'dis'; set flow: tvl1, or say flow: {backend: dis}",
        ),
        ({"preset": "video_features", "stream": "both"}, "shown flow by 'raft', and the config's is by 'dis'"),
    ],
)
def test_flow_by_another_backend_than_the_preset_s_has_to_be_asked_for(choice, message):
    frames = FramesRecipe()
    other = Context("plaza", (), {"frames": frames, "flow": DisRecipe(frames=frames)})
    with pytest.raises(ConfigError, match=message):
        clips_recipe(choice, other)
    entry = dict(choice) if isinstance(choice, dict) else {"preset": choice}
    assert clips_recipe(entry | {"flow": {"backend": "dis"}}, other).source.view.flow.backend == "dis"


@pytest.mark.shared
@pytest.mark.parametrize(
    ("preset", "changes", "file", "array"),
    [
        ("video_features", {}, "i3d__v_GGSY1Qvo990_rgb_raft_None_None_None", "rgb"),
        ("video_features", {"length": 24, "stride": 24, "fps": 25}, "i3d__v_GGSY1Qvo990_None_raft_24_24_25", "rgb"),
        ("video_features", {"length": 24, "stride": 12, "fps": 15}, "i3d__v_GGSY1Qvo990_None_raft_24_12_15", "rgb"),
        ("r2plus1d", {}, "r21d__v_GGSY1Qvo990_r2plus1d_18_16_kinetics_None_None_None", "r21d"),
        ("s3d", {}, "s3d__v_GGSY1Qvo990_None_None_None", "s3d"),
        ("s3d", {"length": 32, "stride": 32, "fps": 20}, "s3d__v_GGSY1Qvo990_32_32_20", "s3d"),
        ("clip", {}, "clip__v_GGSY1Qvo990_ViT-B_32_1_None", "clip"),
    ],
)
def test_a_real_video_has_as_many_clips_as_were_published(shared: Path, preset, changes, file, array):
    folder = shared / "golden" / "video_features"
    published = np.load(folder / f"{file}.npz")
    path = folder / "v_GGSY1Qvo990.mp4"
    video = Input(Video("v", path, "test"), make_index(path), frames_recipe("native"), {}, None)
    cuts = cuts_of(View(**{**PRESETS[preset].view, "flow": None, **changes}), video)
    assert len(cuts) == len(published[array])
    if "timestamps_ms" in published and not changes and preset == "video_features":
        after = np.array([cuts.place(clip, 0, None)[1] for clip in range(len(cuts))])
        np.testing.assert_allclose(1000 * np.array(video.index.seconds)[after], published["timestamps_ms"], atol=0.1)
