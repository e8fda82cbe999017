"""Peak memory of the cells' process after the seven lines, at two batch sizes: bounded, and not growing with it."""
import tempfile

from harness import FOLDER, Kernel
from lesson import SEVEN_LINES, copy_set

PEAK = """
let status = std::fs::read_to_string("/proc/self/status")?;
let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default().trim().to_owned();
println!("{peak}");
"""
MOST = 1.5e9
GROWTH = 1.15


def peak(data, batch_size):
    """In bytes."""
    kernel = Kernel(env={"SEVENLINES_DATA": data})
    try:
        cell = kernel.run(SEVEN_LINES.replace("= 64", f"= {batch_size}"))
        assert cell.status == "ok", cell.outputs
        number, unit = kernel.run(PEAK).text().split()
        assert unit == "kB", unit
        print(f"batch_size {batch_size}: peak of the cells' process {int(number) / 1e6:.2f} GB, {cell.seconds:.0f} s")
        return int(number) * 1024
    finally:
        kernel.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        data = copy_set(folder, train=64, valid=16)
        small, large = peak(data, 16), peak(data, 128)
    assert max(small, large) < MOST, f"more than {MOST / 1e9} GB"
    assert large < small * GROWTH, "memory grows with the batch size"
