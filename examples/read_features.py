"""Reading features from another project: numpy, and zarr or h5py, are all it needs.

    python examples/read_features.py STORE

prints, for the first video of every data set, what its features hold.
"""

import sys

import features


def main(store: str) -> None:
    """Print the arrays of the first video of every data set."""
    library = features.open(store)
    for dataset in library.datasets():
        video = library.videos(dataset)[0]
        for kind in library.kinds(dataset):
            with library.read(dataset, video, kind) as artifact:
                for name in artifact.names:
                    array = artifact[name]
                    # Slicing reads only the chunks it needs; numbers come in physical units.
                    first = array[:5]
                    print(f"{dataset}/{video}/{kind}: {name} {array.shape} {first.dtype}, first rows {first.shape}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "store")
