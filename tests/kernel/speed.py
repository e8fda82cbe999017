"""Prints the pictures a second that go through the body in a cell: the best of five rounds."""
from harness import Kernel

CODE = """
let vgg = Vgg16::new()?;
let images = Tensor::zeros((8, 3, 224, 224), DType::F32, &Device::Cpu)?;
let mut best = f64::INFINITY;
for _ in 0..5 {
    let start = std::time::Instant::now();
    vgg.pool5(&images)?;
    best = best.min(start.elapsed().as_secs_f64());
}
8.0 / best
"""

kernel = Kernel()
try:
    cell = kernel.run(CODE)
    assert cell.status == "ok", cell.outputs
    print(float(cell.value))
finally:
    kernel.close()
