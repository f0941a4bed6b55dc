"""Data sets of 32-segment features from archives with one array for each video.

    python examples/segments_from_npz.py shanghaitech-weak ARCHIVES ShanghaiTech-I3D
    python examples/segments_from_npz.py ucf_crime ARCHIVES ANNOTATION UCF-C3D

The first reads `features_32seg_train.npz`, `features_32seg_test.npz`, `test_frame_mask.npz` and `weak_split.json` in
ARCHIVES, and writes `clips/01_0014.npy` ..., `test_frame_mask/01_0014.npy` ... and `weak_split.json`. The second reads
`extraction_a_*.npz`, of which it takes the training videos of `split.json` alone, and `extraction_b_*.npz`, the test
videos; names without `_x264` are given it. It copies the lists in ANNOTATION (`Anomaly_Train.txt`,
`test_annotation.json`). Then `dataset=shanghaitech-weak root=ShanghaiTech-I3D` is a data set, as is
`dataset=ucf_crime root=UCF-C3D`.

An array of features is (32, channels), float16 in the archives and float32 in the files.
"""

import json
import shutil
import sys
from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np

UCF_ENDING = "_x264"


def shanghaitech_weak(archives: Path, tree: Path) -> int:
    """Write features, masks and split of ShanghaiTech's weak split; how many videos there are."""
    shutil.copyfile(archives / "weak_split.json", _folder(tree) / "weak_split.json")
    write_arrays(archives / "test_frame_mask.npz", tree / "test_frame_mask", "uint8")
    splits = ("features_32seg_train.npz", "features_32seg_test.npz")
    return sum(write_arrays(archives / name, tree / "clips", "float32") for name in splits)


def ucf_crime(archives: Path, annotation: Path, tree: Path) -> int:
    """Write features and lists of UCF-Crime; how many videos there are."""
    for name in ("Anomaly_Train.txt", "test_annotation.json"):
        shutil.copyfile(annotation / name, _folder(tree) / name)
    split = json.loads((archives / "split.json").read_text(encoding="utf-8"))
    training = {video["name"] for video in split["train"]}
    (first,), (second,) = archives.glob("extraction_a_*.npz"), archives.glob("extraction_b_*.npz")
    written = write_arrays(first, tree / "clips", "float32", only=training, named=_official)
    return written + write_arrays(second, tree / "clips", "float32", named=_official)


def write_arrays(
    archive: Path,
    folder: Path,
    dtype: str,
    only: Collection[str] | None = None,
    named: Callable[[str], str] = str,
) -> int:
    """Write each array of an archive, or only some, as an npy file; how many there are."""
    _folder(folder)
    with np.load(archive, allow_pickle=False) as file:
        names = [name for name in file.files if only is None or name in only]
        for name in names:
            np.save(folder / f"{named(name)}.npy", file[name].astype(dtype))
    return len(names)


def _official(name: str) -> str:
    return name if name.endswith(UCF_ENDING) else name + UCF_ENDING


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


MAKERS: dict[str, Callable[..., int]] = {"shanghaitech-weak": shanghaitech_weak, "ucf_crime": ucf_crime}

if __name__ == "__main__":
    if len(sys.argv) < 4 or sys.argv[1] not in MAKERS:
        sys.exit(f"{__doc__}\nsay one of {', '.join(MAKERS)}, and its folders")
    made = MAKERS[sys.argv[1]](*map(Path, sys.argv[2:]))
    print(f"{made} videos written below {sys.argv[-1]}")
