"""Stands in for AlphaPose's scripts/demo_inference.py: its options, its result file, and the ways in which it fails.

What it does is said by the first line of its cfg file. A bright spot is a person whose nose it is.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import cv2


def options() -> argparse.Namespace:
    found = argparse.ArgumentParser()
    for name in ("--cfg", "--checkpoint", "--outdir"):
        found.add_argument(name, required=True)
    for name, default in (("--video", ""), ("--indir", ""), ("--detector", "yolo"), ("--gpus", "0")):
        found.add_argument(name, default=default)
    for name in ("--sp", "--pose_track"):
        found.add_argument(name, action="store_true")
    return found.parse_args()


def images(said: argparse.Namespace):
    """Name and picture of each frame: numbered from 0 for a video, by the names of files, in natural order, else."""
    if said.video:
        reader = cv2.VideoCapture(said.video)
        number = 0
        while (read := reader.read())[0]:
            yield f"{number}.jpg", read[1]
            number += 1
        return
    files = Path(said.indir).iterdir()
    for file in sorted(files, key=lambda file: [int(part or 0) for part in re.split(r"\D+", file.name)]):
        yield file.name, cv2.imread(str(file))


def person(name: str, image, tracked: bool) -> dict:
    y, x = (int(axis) for axis in divmod(int(image.max(axis=2).argmax()), image.shape[1]))
    keypoints = [value for joint in range(17) for value in (float(x), float(y + joint), 0.9 - joint / 100)]
    found = {"image_id": name, "category_id": 1, "keypoints": keypoints, "score": 2.5, "box": [x - 10, y - 20, 20, 40]}
    return found | {"idx": 7 if tracked else [0.0]}


def main() -> None:
    said = options()
    mode = Path(said.cfg).read_text().split("\n")[0]
    assert Path("scripts/demo_inference.py").is_file() and Path(said.checkpoint).is_file()
    Path("seen.json").write_text(json.dumps({**vars(said), "argv": sys.argv[1:]}))
    print("Loading pose model...")
    found = [person(name, image, said.pose_track) for name, image in images(said) if image.max() > 128]
    result = Path(said.outdir, "alphapose-results.json")
    print(f"\r 50%\r100%|##| {len(found)}", file=sys.stderr)
    if mode == "crash":
        raise RuntimeError("CUDA out of memory")
    if mode == "hang":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        Path("pids").write_text(f"{os.getpid()} {child.pid}")
        time.sleep(600)
    if mode in ("give up", "give up and hang"):
        print("KeyError('conv')")
        print("An error as above occurs when processing the images, please check it")
        time.sleep(600 if "hang" in mode else 0)
        return
    if mode == "once" and Path("done").exists():
        return
    Path("done").touch()
    if mode == "no file":
        return
    if mode == "untracked":
        found = [{**entry, "idx": [0.0]} for entry in found]
    if mode == "one more":
        found[-1]["image_id"] = f"{len(found)}.jpg"
    result.write_text(json.dumps(found) if mode != "cut off" else json.dumps(found)[:-20])


if __name__ == "__main__":
    main()
