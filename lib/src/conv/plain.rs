//! The convolution as its definition says it, with sums in double precision: what
//! the fast one is compared with.

/// Convolves `(n, height, width, inputs)` with kernels `(outputs, inputs, 3, 3)`,
/// stride 1, padding 1, adds the bias, with `relu` applies it and, if `pool`, takes the
/// maximum of each 2 x 2 points (a last odd row or column is left out).
#[allow(clippy::too_many_arguments)]
pub fn conv3x3(
    weights: &[f32],
    bias: &[f32],
    inputs: usize,
    input: &[f32],
    n: usize,
    height: usize,
    width: usize,
    pool: bool,
    relu: bool,
) -> Vec<f64> {
    let point = |picture: usize, y: usize, x: usize, output: usize| -> f64 {
        let mut sum = f64::from(bias[output]);
        for ky in 0..3 {
            for kx in 0..3 {
                let (row, column) = (y + ky, x + kx);
                if !(1..=height).contains(&row) || !(1..=width).contains(&column) {
                    continue;
                }
                let pixel = ((picture * height + row - 1) * width + column - 1) * inputs;
                for channel in 0..inputs {
                    let weight = weights[((output * inputs + channel) * 3 + ky) * 3 + kx];
                    sum += f64::from(weight) * f64::from(input[pixel + channel]);
                }
            }
        }
        if relu { sum.max(0.0) } else { sum }
    };
    let step = if pool { 2 } else { 1 };
    let mut result = Vec::new();
    for picture in 0..n {
        for y in 0..height / step {
            for x in 0..width / step {
                for output in 0..bias.len() {
                    let points = (0..step * step)
                        .map(|i| point(picture, y * step + i / step, x * step + i % step, output));
                    result.push(points.fold(f64::NEG_INFINITY, f64::max));
                }
            }
        }
    }
    result
}
