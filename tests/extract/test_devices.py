import subprocess
import sys
from pathlib import Path

from features.extract.devices import free_gpu, machine_for

TAKE = "import sys; from pathlib import Path; from features.extract.devices import free_gpu; "


def taken_by_another(folder: Path) -> int:
    code = TAKE + "print(free_gpu(2, Path(sys.argv[1])))"
    return int(subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True).stdout)


def test_each_job_takes_a_gpu_of_its_own(tmp_path: Path) -> None:
    assert free_gpu(2, tmp_path) == 0
    assert taken_by_another(tmp_path) == 1


def test_a_gpu_is_free_again_when_its_job_has_ended(tmp_path: Path) -> None:
    assert taken_by_another(tmp_path) == 0
    assert taken_by_another(tmp_path) == 0


def test_where_all_are_taken_they_are_shared(tmp_path: Path) -> None:
    assert {free_gpu(2, tmp_path), free_gpu(2, tmp_path)} == {0, 1}
    assert free_gpu(2, tmp_path) in {0, 1}


def test_a_job_without_a_network_does_not_load_torch() -> None:
    code = (
        "import sys; from features.extract.devices import machine_for as m; m('cpu', 1); print('torch' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"


def test_the_cpu_is_always_there() -> None:
    assert machine_for("cpu", 1).device == "cpu"
