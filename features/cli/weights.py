"""Check weights end to end: features of a sample video against those that were published for it.

The reference folder holds the sample video of v-iashin/video_features and its published features. Exit code 1 if the
features differ: other weights under this name, or a machine that computes something else.
"""

import argparse
from dataclasses import asdict
from pathlib import Path

from features.cli import common

EXAMPLE = """
features weights verify i3d_rgb --weights /data/weights --reference golden/video_features
features weights verify clip --weights /data/weights --reference golden/video_features --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("action", choices=("verify",), help="what to do")
    parser.add_argument("name", metavar="NAME", help="which weights: i3d_rgb, r2plus1d, clip")
    parser.add_argument("--weights", type=Path, required=True, metavar="DIR", help="the folder of the weights files")
    parser.add_argument("--reference", type=Path, required=True, metavar="DIR", help="sample video and its features")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:N (default: auto)")
    parser.add_argument("--threads", type=int, default=1, help="threads to compute with (default: 1)")
    common.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Compute and compare."""
    from features.extract.clips.references import Verdict, verify
    from features.extract.devices import machine_for

    def said(verdict: Verdict) -> str:
        found, published = verdict.clips
        if found != published:
            return f"{verdict.name}: {found} clips, published are {published}: another recipe or another video"
        word = "the published features" if verdict.same else "not the published features: other weights"
        return (
            f"{verdict.name}: {found} clips, smallest cosine {verdict.cosine:.6f}, largest difference "
            f"{verdict.largest:.2g} where numbers are {verdict.scale:.2g} on average: {word}"
        )

    verdict = verify(args.name, args.weights, args.reference, machine_for(args.device, args.threads))
    common.emit(args, {**asdict(verdict), "same": verdict.same}, lambda: said(verdict))
    return 0 if verdict.same else 1
