//! Bicubic resampling of a square grid of vectors, widened when it shrinks (a = -0.5), as
//! PyTorch's `interpolate(mode="bicubic", antialias=True)` and Pillow do it.

/// `values` `(from, from, width)` as `(to, to, width)`.
pub(super) fn bicubic(values: &[f32], from: usize, to: usize, width: usize) -> Vec<f32> {
    let rows = taps(from, to);
    let mut across = vec![0f32; from * to * width];
    for y in 0..from {
        for (x, taps) in rows.iter().enumerate() {
            let target = &mut across[(y * to + x) * width..][..width];
            taps.iter().for_each(|&(at, weight)| add(target, &values[(y * from + at) * width..], weight));
        }
    }
    let mut down = vec![0f32; to * to * width];
    for (y, taps) in rows.iter().enumerate() {
        for x in 0..to {
            let target = &mut down[(y * to + x) * width..][..width];
            taps.iter().for_each(|&(at, weight)| add(target, &across[(at * to + x) * width..], weight));
        }
    }
    down
}

fn add(target: &mut [f32], values: &[f32], weight: f32) {
    target.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * value);
}

/// Which places of `from` make each of `to`, and with which weights.
fn taps(from: usize, to: usize) -> Vec<Vec<(usize, f32)>> {
    let scale = from as f64 / to as f64;
    let widened = scale.max(1.0);
    let support = 2.0 * widened;
    let taps = |target: usize| {
        let centre = (target as f64 + 0.5) * scale;
        let first = (centre - support + 0.5).max(0.0) as usize;
        let last = ((centre + support + 0.5) as usize).min(from);
        let weights: Vec<f64> = (first..last).map(|at| cubic((at as f64 - centre + 0.5) / widened)).collect();
        let sum: f64 = weights.iter().sum();
        (first..last).zip(weights.iter().map(|weight| (weight / sum) as f32)).collect()
    };
    (0..to).map(taps).collect()
}

/// Keys's cubic (1981) with a = -0.5.
fn cubic(x: f64) -> f64 {
    let (a, x) = (-0.5, x.abs());
    match x {
        x if x < 1.0 => ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0,
        x if x < 2.0 => (((x - 5.0) * x + 8.0) * x - 4.0) * a,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_of_the_same_size_stays() {
        let values: Vec<f32> = (0..5 * 5 * 3).map(|n| (n * n % 17) as f32).collect();
        assert_eq!(bicubic(&values, 5, 5, 3), values);
    }

    #[test]
    fn weights_sum_up_to_one_and_a_slope_stays_a_slope() {
        for taps in taps(37, 16) {
            assert!((taps.iter().map(|tap| tap.1).sum::<f32>() - 1.0).abs() < 1e-6);
        }
        let slope: Vec<f32> = (0..37 * 37).map(|n| (n % 37) as f32 + 0.5).collect();
        let small = bicubic(&slope, 37, 16, 1);
        for x in 4..12 {
            assert!(
                (small[8 * 16 + x] - (x as f32 + 0.5) * 37.0 / 16.0).abs() < 0.05,
                "{x}: {}",
                small[8 * 16 + x]
            );
        }
    }
}
