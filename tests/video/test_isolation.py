"""A decoder that crashes, hangs or eats memory costs its video, and nothing else."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from features.errors import FeaturesError, SourceError
from features.video.isolation import GIB, Limits, borrowed, end_decoders
from features.video.reading import make_index, read_blocks
from features.video.sampling import Sampling
from tests.video.numbered import numbers_of, write_video


@pytest.fixture(autouse=True)
def no_decoders_left():
    """Each test starts and ends without decoding processes."""
    end_decoders()
    yield
    end_decoders()
    assert decoders() == []


def decoders() -> list[psutil.Process]:
    """The decoding processes of this process; other tests may have left children of other kinds."""
    return [child for child in psutil.Process().children() if "import main; main(" in command_of(child)]


def command_of(child: psutil.Process) -> str:
    try:
        return " ".join(child.cmdline())
    except psutil.Error:
        return ""


@pytest.mark.parametrize(
    "name, silence, reason",
    [
        ("crash.mp4", 60.0, r"the decoder died \(SIGSEGV\)"),
        ("hang.mp4", 2.0, "the decoder gave no frame for 2 s; it was ended"),
        ("eat.mp4", 60.0, "takes more memory than is allowed"),
    ],
)
def test_the_video_fails_with_the_reason_and_the_batch_goes_on(
    tmp_path: Path, name: str, silence: float, reason: str
) -> None:
    limits = Limits(silence, GIB, "tests.video.faulty")
    before, bad, after = (write_video(tmp_path / each, 5) for each in ("before.mp4", name, "after.mp4"))
    assert make_index(before, limits).frames == 5
    with pytest.raises(SourceError, match=rf"{name}: .*{reason}"):
        make_index(bad, limits)
    assert make_index(after, limits).frames == 5


def test_what_a_library_prints_is_no_answer(tmp_path: Path) -> None:
    assert make_index(write_video(tmp_path / "babble.mp4", 5), Limits(worker="tests.video.faulty")).frames == 5


def test_one_process_serves_many_videos(tmp_path: Path) -> None:
    videos = [write_video(tmp_path / f"{number}.mp4", 5) for number in range(4)]
    used = set()
    for video in videos:
        index = make_index(video)
        list(read_blocks(video, index, Sampling(), 2))
        used |= {child.pid for child in decoders()}
    assert len(used) == 1


@pytest.mark.parametrize("signal_, reason", [(signal.SIGKILL, "SIGKILL"), (signal.SIGSTOP, "no frame for 2 s")])
def test_a_decoder_lost_in_the_middle_of_a_video_is_replaced(
    tmp_path: Path, signal_: signal.Signals, reason: str
) -> None:
    video = write_video(tmp_path / "a.mp4", 300)
    limits = Limits(silence=2.0)
    index = make_index(video, limits)
    blocks = read_blocks(video, index, Sampling(), 4, limits=limits)
    next(blocks)
    os.kill(decoders()[0].pid, signal_)
    with pytest.raises(SourceError, match=reason):
        list(blocks)
    assert numbers_of(read_blocks(video, index, Sampling(), 64, limits=limits)) == list(range(300))


def test_a_reader_left_in_the_middle_ends_its_process(tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mp4", 300)
    blocks = read_blocks(video, make_index(video), Sampling(), 4)
    next(blocks)
    blocks.close()
    assert decoders() == []


def test_a_decoder_does_not_outlive_its_parent(tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mp4", 300)
    code = (
        "import os, sys, psutil; from pathlib import Path\n"
        "from features.video.reading import make_index, read_blocks; from features.video.sampling import Sampling\n"
        "path = Path(sys.argv[1]); blocks = read_blocks(path, make_index(path), Sampling(), 4); next(blocks)\n"
        "print(psutil.Process().children()[0].pid, flush=True); os.kill(os.getpid(), 9)"
    )
    answer = subprocess.run([sys.executable, "-c", code, str(video)], capture_output=True, text=True, check=False)
    with pytest.raises(psutil.NoSuchProcess):
        psutil.Process(int(answer.stdout)).wait(5)
        psutil.Process(int(answer.stdout))


def test_processes_are_not_shared_with_a_fork(tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mp4", 20)
    index = make_index(video)
    (mine,) = decoders()
    if (fork := os.fork()) == 0:
        good = numbers_of(read_blocks(video, index, Sampling(), 8)) == list(range(20))
        end_decoders()
        os._exit(0 if good else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1]) == 0
    assert numbers_of(read_blocks(video, index, Sampling(), 8)) == list(range(20))
    assert decoders() == [mine]


def test_a_worker_that_does_not_start_is_no_fault_of_the_video() -> None:
    with (
        pytest.raises(FeaturesError, match=r"no decoding process .*No module named 'absent'") as failure,
        borrowed(Limits(worker="absent")),
    ):
        pass
    assert not isinstance(failure.value, SourceError)


def test_the_decoding_process_is_light() -> None:
    heavy = ("torch", "pydantic", "zarr")
    code = f"import sys, features.video.worker; print([name for name in {heavy} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
