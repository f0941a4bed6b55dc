"""Everything that can go wrong, as one tree.

FeaturesError
├── ConfigError        the config or a command line is wrong
├── DatasetError       a data set's folder is not what its layout says
├── SourceError        a video cannot be used; becomes that video's recorded outcome
├── WeightsError       a weights file is missing, damaged or of another network
├── PackageMissing     an optional package is needed and absent
└── StoreError
    ├── NotStored      no artifact under this key
    ├── Damaged        an artifact is not what was committed
    └── NoSpace        the disk is full, or would be

A message is one line: what is wrong, where, and what to do next.
"""


class FeaturesError(Exception):
    """A mistake or a mishap that a user can act on; shown as one line."""


class ConfigError(FeaturesError):
    """The config or a command line is wrong."""


class DatasetError(FeaturesError):
    """A data set's folder is not what its layout says."""


class SourceError(FeaturesError):
    """A video cannot be used; recorded as its outcome, other videos go on."""


class WeightsError(FeaturesError):
    """A weights file is missing, damaged or of another network."""


class PackageMissing(FeaturesError):
    """An optional package is needed and absent."""


class StoreError(FeaturesError):
    """The store cannot do what was asked."""


class NotStored(StoreError, FileNotFoundError):
    """No artifact under this key."""


class Damaged(StoreError):
    """An artifact is not what was committed."""


class NoSpace(StoreError):
    """The disk is full, or would be."""
