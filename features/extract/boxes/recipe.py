"""The recipe of `boxes`: a detector, motion, and the rules that merge them; presets as published."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from features.errors import ConfigError
from features.extract.boxes.backend import IMPORTED, MOTION, BoxBackend
from features.extract.boxes.presets import HF2VAD_GRADIENT_AREA, LBRSPR, LBRSPR_OTHER, VEC, VEC_OTHER, Selection
from features.extract.frames.recipe import FramesRecipe, OnFrames
from features.plan.refusals import only_known, refusal
from features.plan.registry import find, names
from features.plan.stages import Context
from features.store.recipe import Recipe

OFF = (None, False, "off", "none")


class Keep(BaseModel):
    """Which detections are kept (LBR-SPR, steps 1 and 2).

    score     a detection must exceed it
    min_area  smallest box: pixels, or below 1 a share of the frame
    cover     a box goes if a larger one covers more than this share of it
    clip      negative corners become 0 (LBR-SPR: yes, VEC: no)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    score: float = Field(ge=0, le=1)
    min_area: float = Field(ge=0)
    cover: float = Field(0.6, gt=0, le=1)
    clip: bool = True


class BoxesRecipe(OnFrames):
    """Boxes of each frame: detections that pass `keep`, then motion where no detection is.

    Imported boxes are final: nothing is dropped from them (`keep` is None).
    """

    kind: ClassVar[str] = "boxes"
    backend: ClassVar[str] = "merge"

    detector: Recipe | None
    motion: Recipe | None
    keep: Keep | None


def boxes_recipe(choice: str | Mapping[str, Any], context: Context) -> BoxesRecipe:
    """The recipe for a config entry, e.g. `motion` or `{preset: lbrspr, detector: rtmdet_nano.onnx, motion: off}`."""
    entry = _entry(choice)
    name = entry.pop("preset", None)
    preset = _preset(name, context.dataset) if name is not None else {}
    only_known("boxes", entry, ["preset", "backend", "detector", "motion", *Keep.model_fields])
    detector = _backend("detector", _chosen(preset.get("detector"), entry, "detector"), context)
    motion = _backend("motion", _chosen(preset.get("motion"), entry, "motion"), context)
    if detector is None and motion is None:
        raise ConfigError("boxes: neither a detector nor motion; name a preset, e.g. boxes: motion")
    wished = {field: entry[field] for field in Keep.model_fields if field in entry}
    keep = _keep(detector, preset.get("keep") or _keep_of(LBRSPR.get(context.dataset, LBRSPR_OTHER)), wished)
    frames = context.recipes["frames"]
    assert isinstance(frames, FramesRecipe)
    return BoxesRecipe(frames=frames.pixels(), detector=detector, motion=motion, keep=keep)


def _entry(choice: str | Mapping[str, Any]) -> dict[str, Any]:
    """The choice as a mapping in which a lone backend stands under its role."""
    entry = dict(choice) if isinstance(choice, Mapping) else {}
    if isinstance(choice, str):
        only_known("boxes", [choice], sorted({*PRESETS, *names("boxes")}), "preset or backend")
        entry = {"preset": choice} if choice in PRESETS else {"backend": choice}
    if "backend" in entry:
        backend: type[BoxBackend] = find("boxes", str(entry["backend"]))
        entry = {"motion" if backend.origin == MOTION else "detector": entry}
    return entry


def _preset(name: Any, dataset: str) -> dict[str, Any]:
    only_known("boxes", [name], PRESETS, "preset")
    return PRESETS[name](dataset)


def _chosen(published: Mapping[str, Any] | None, entry: Mapping[str, Any], role: str) -> dict[str, Any] | None:
    """What the preset says of a role, changed by what the entry says; another backend replaces it as a whole."""
    if role not in entry:
        return None if published is None else dict(published)
    wish = entry[role]
    if wish in OFF:
        return None
    if isinstance(wish, str):
        wish = {"backend": "onnx", "weights": wish} if wish.endswith(".onnx") else {"backend": wish}
    if not isinstance(wish, Mapping):
        raise ConfigError(f"boxes: {role} is {wish!r}, expected off, a backend's name, or a mapping with 'backend'")
    same = published is not None and wish.get("backend", published["backend"]) == published["backend"]
    return {**published, **wish} if published is not None and same else dict(wish)


def _backend(role: str, parameters: dict[str, Any] | None, context: Context) -> Recipe | None:
    if parameters is None:
        return None
    if "backend" not in parameters:
        raise ConfigError(f"boxes: {role} names no backend; there are: {', '.join(sorted(names('boxes')))}")
    name = str(parameters.pop("backend"))
    backend: type[BoxBackend] = find("boxes", name)
    if (backend.origin == MOTION) != (role == "motion"):
        other = "motion" if role == "detector" else "detector"
        raise ConfigError(f"boxes: backend {name!r} is no {role}; put it under '{other}'")
    return backend.recipe(parameters, context)


def _keep(detector: Recipe | None, published: Mapping[str, Any], wished: Mapping[str, Any]) -> Keep | None:
    if detector is None or find("boxes", detector.backend).origin == IMPORTED:
        if wished:
            raise ConfigError(f"boxes: {', '.join(wished)} choose among a detector's boxes, and there is no detector")
        return None
    try:
        return Keep(**{**published, **wished})
    except ValidationError as error:
        raise ConfigError(f"boxes: {refusal(error, Keep)}") from None


def _keep_of(numbers: Selection, clip: bool = True) -> dict[str, Any]:
    return {"score": numbers.score, "min_area": numbers.area, "cover": numbers.cover, "clip": clip}


def _lbrspr(dataset: str) -> dict[str, Any]:
    """LBR-SPR (CVPR 2022): detections and flow boxes. Its YOLOv3 is replaced by the small YOLOX unless named."""
    keep = _keep_of(LBRSPR.get(dataset, LBRSPR_OTHER))
    return {"detector": {"backend": "onnx", "weights": "yolox_nano.onnx"}, "motion": {"backend": "flow"}, "keep": keep}


def _vec(dataset: str) -> dict[str, Any]:
    """VEC (ACM MM 2020): detections and gradient boxes. Its Cascade R-CNN is replaced likewise."""
    keep = _keep_of(VEC.get(dataset, VEC_OTHER), clip=False)
    return {
        "detector": {"backend": "onnx", "weights": "yolox_nano.onnx"},
        "motion": {"backend": "gradient"},
        "keep": keep,
    }


def _hf2vad(dataset: str) -> dict[str, Any]:
    """HF2-VAD (ICCV 2021): VEC's, with another contour area on ShanghaiTech."""
    preset = _vec(dataset)
    if dataset in HF2VAD_GRADIENT_AREA:
        preset["motion"]["min_area"] = HF2VAD_GRADIENT_AREA[dataset]
    return preset


def _motion(dataset: str) -> dict[str, Any]:
    """Gradient boxes alone: ours, for running without weights.

    A higher threshold than VEC's leaves most shadows out, a tall closing joins the pieces of people, who stand upright.
    """
    return {"motion": {"backend": "gradient", "threshold": 25, "join": (3, 15), "wrap": False}}


PRESETS: dict[str, Callable[[str], dict[str, Any]]] = {
    "lbrspr": _lbrspr,
    "vec": _vec,
    "hf2vad": _hf2vad,
    "motion": _motion,
}
