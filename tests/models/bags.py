"""Videos of clips, made here: of abnormal ones some clips stand out in their first number."""

from collections.abc import Callable, Sequence
from hashlib import sha256

import numpy as np

from features.extract.clips.backend import ClipRows
from features.extract.clips.table import ClipsWriter
from features.models.base import Features
from features.plan.listing import ABNORMAL, NORMAL, Annotation
from features.store.recipe import Recipe
from features.store.store import Store

CHANNELS = 16
NORMAL_VIDEO = Annotation(NORMAL)

Made = Callable[..., Features]


class MadeRecipe(Recipe):
    kind = "clips"
    backend = "made"


def clips_video(
    store: Store,
    name: str,
    clips: int = 8,
    odd: Sequence[int] = (),
    *,
    category: str = ABNORMAL,
    crops: int = 1,
    channels: int = CHANNELS,
    split: str = "train",
    timed: bool = True,
) -> Features:
    """A video of 16 frames for each clip, of which the `odd` are abnormal; `timed`: and it is said when."""
    source = sha256(name.encode()).hexdigest()
    features = np.random.default_rng(int(source[:8], 16)).random((clips, crops, channels), np.float32)
    features[list(odd), :, 0] += 3
    if not store.has("clips", source):
        write_clips(store, source, features)
    runs = tuple((16 * clip, 16 * clip + 16) for clip in odd) if timed else None
    annotation = Annotation(category, runs) if odd else NORMAL_VIDEO
    told = annotation if split == "train" else None
    return Features(source, 16 * clips, 240, 320, split, lambda kind: store.open(kind, source), told)


def write_clips(store: Store, key: str, features: np.ndarray) -> None:
    """Clips of 16 frames, one after the other."""
    start = np.arange(len(features)) * 16
    with store.create("clips", key, recipe=MadeRecipe(), inputs={"source": key}) as out:
        rows = ClipRows(features, start, start + 16, np.full(len(features), 16))
        ClipsWriter(out, *features.shape[1:]).add(rows)


def some(store: Store, each: int = 3, **more: object) -> list[Features]:
    """So many abnormal videos, each with two odd clips, and so many normal ones."""
    abnormal = [clips_video(store, f"abnormal {n}", 6 + n, (n, n + 1), **more) for n in range(each)]  # type: ignore[arg-type]
    return abnormal + [clips_video(store, f"normal {n}", 5 + n, **more) for n in range(each)]  # type: ignore[arg-type]
