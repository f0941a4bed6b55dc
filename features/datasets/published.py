"""What is published of each benchmark: clips, frames, sizes. Found data are compared with it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """The totals of a benchmark.

    train_lengths   frames of each training clip, in order; empty where only the sum is known
    test_lengths    frames of each test clip, in order
    height, width   pixels of a frame, and of a mask
    abnormal        abnormal test frames by the labels named: several label sets may be in use
    """

    title: str
    train_clips: int
    train_frames: int
    train_lengths: tuple[int, ...]
    test_lengths: tuple[int, ...]
    height: int
    width: int
    abnormal: dict[str, int]

    @property
    def test_clips(self) -> int:
        """Number of test clips."""
        return len(self.test_lengths)


@dataclass(frozen=True)
class Totals:
    """What is published of a benchmark whose single clips are not: clips, test frames, abnormal ones (0: not known)."""

    train_clips: int
    test_clips: int
    test_frames: int = 0
    abnormal: int = 0


# Counted in the archive v1p2 and its masks; the papers' 4005 abnormal frames of Ped1 were not found in any file.
PED1 = Published(
    title="UCSD Ped1",
    train_clips=34,
    train_frames=6800,
    train_lengths=(200,) * 34,
    test_lengths=(200,) * 36,
    height=158,
    width=238,
    abnormal={"masks": 4291, "intervals": 4045},
)
PED2 = Published(
    title="UCSD Ped2",
    train_clips=16,
    train_frames=2550,
    train_lengths=(120, 150, 150, 180, 180, 150, 150, 120, 180, 180, 180, 180, 180, 150, 150, 150),
    test_lengths=(180, 180, 150, 180, 150, 180, 180, 180, 120, 150, 180, 180),
    height=240,
    width=360,
    abnormal={"masks": 1648, "intervals": 1648},
)
# Frames with a non-empty volLabel; papers print 3820.
AVENUE = Published(
    title="CUHK Avenue",
    train_clips=16,
    train_frames=15328,
    train_lengths=(),
    test_lengths=(
        *(1439, 1211, 923, 947, 1007, 1283, 605, 36, 1175, 841, 472),
        *(1271, 549, 507, 1001, 740, 426, 294, 248, 273, 76),
    ),
    height=360,
    width=640,
    abnormal={"masks": 3712, "intervals": 3712},
)
# Counted in the 107 frame masks; HR leaves out six clips whose anomalies are no persons (Morais et al., CVPR 2019).
SHANGHAITECH = Totals(train_clips=330, test_clips=107, test_frames=40791, abnormal=17326)
SHANGHAITECH_HR = Totals(train_clips=330, test_clips=101, test_frames=38697, abnormal=16122)
# Counted in the split lists of lilygeorgescu/UBnormal and the ground truth of orhir/STG-NF @edb5f32.
UBNORMAL = Totals(train_clips=186, test_clips=211, test_frames=92640, abnormal=49650)
UBNORMAL_SUPERVISED = Totals(train_clips=268, test_clips=211, test_frames=92640, abnormal=49650)
# The README of today, and the earlier one.
NJUST = (Totals(train_clips=130, test_clips=15), Totals(train_clips=107, test_clips=30))
# Videos of the weak split by the lists of tianyu0207/RTFM @cf938f4 and fjchange/MIST_VAD @d720cab, frames by the masks
# and MIST's list of test videos.
SHANGHAITECH_WEAK = Totals(train_clips=238, test_clips=199, test_frames=141870, abnormal=7962)
# Frames of the test videos as in MIST's list, equal to that of henrryzh1/UR-DMU @40cfdf5; abnormal ones counted from 1,
# the last one included, as the authors' MATLAB evaluation does (WaqasSultani/AnomalyDetectionCVPR2018 @8aa957c).
UCF_CRIME = Totals(train_clips=1610, test_clips=290, test_frames=1111808, abnormal=84338)
# Lists of Roc-Ng/XDVioDet @f846d8c; frames as evaluated there: 16 for each clip of the published features.
XD_VIOLENCE = Totals(train_clips=3954, test_clips=800, test_frames=2330384, abnormal=537805)
