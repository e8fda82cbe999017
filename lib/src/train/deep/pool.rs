//! The pools and their gradients, channels last.

use rayon::prelude::*;

/// The greatest of each 2 x 2 points of `(n, height, width, channels)`; a last odd row
/// or column is left out.
pub(super) fn forward(y: &[f32], height: usize, width: usize, channels: usize) -> Vec<f32> {
    let picture = height * width * channels;
    let row = width / 2 * channels;
    let mut pooled = vec![0.0; y.len() / picture * (height / 2) * row];
    pooled.par_chunks_mut(row).enumerate().for_each(|(at, pooled)| {
        let (index, pair) = (at / (height / 2), at % (height / 2));
        let start = index * picture + pair * 2 * width * channels;
        for (column, pooled) in pooled.chunks_exact_mut(channels).enumerate() {
            let points = points(start + column * 2 * channels, width, channels);
            for (channel, pooled) in pooled.iter_mut().enumerate() {
                *pooled = points.iter().fold(f32::NEG_INFINITY, |most, point| most.max(y[point + channel]));
            }
        }
    });
    pooled
}

/// The gradient by the pool's outputs to the gradient by `y`, its inputs: each goes to
/// the first of the greatest.
pub(super) fn backward(y: &[f32], pooled: &[f32], height: usize, width: usize, channels: usize) -> Vec<f32> {
    let picture = height * width * channels;
    let small = (height / 2) * (width / 2) * channels;
    let mut dy = vec![0.0; y.len()];
    let pictures = dy.par_chunks_mut(picture).zip(y.par_chunks(picture)).zip(pooled.par_chunks(small));
    pictures.for_each(|((dy, y), pooled)| {
        for (at, pooled) in pooled.chunks_exact(channels).enumerate() {
            let (row, column) = (at / (width / 2), at % (width / 2));
            let points = points((row * 2 * width + column * 2) * channels, width, channels);
            for (channel, gradient) in pooled.iter().enumerate() {
                let mut best = points[0];
                for &point in &points[1..] {
                    if y[point + channel] > y[best + channel] {
                        best = point;
                    }
                }
                dy[best + channel] = *gradient;
            }
        }
    });
    dy
}

/// Where the four points of a pool begin.
fn points(first: usize, width: usize, channels: usize) -> [usize; 4] {
    let below = first + width * channels;
    [first, first + channels, below, below + channels]
}

/// Mean and greatest of each channel over all places, `(n, 2 * channels)`, from
/// `(n, places, channels)`.
pub(super) fn global(x: &[f32], places: usize, channels: usize) -> Vec<f32> {
    let mut features = Vec::with_capacity(x.len() / places * 2);
    for picture in x.chunks_exact(places * channels) {
        let mut mean = vec![0f32; channels];
        let mut most = vec![f32::NEG_INFINITY; channels];
        for place in picture.chunks_exact(channels) {
            mean.iter_mut().zip(place).for_each(|(sum, x)| *sum += x);
            most.iter_mut().zip(place).for_each(|(most, x)| *most = most.max(*x));
        }
        features.extend(mean.into_iter().map(|sum| sum / places as f32));
        features.extend(most);
    }
    features
}

/// The gradient by [`global`]'s features `(n, 2 * channels)` to that by `x`.
pub(super) fn global_backward(x: &[f32], gradient: &[f32], places: usize, channels: usize) -> Vec<f32> {
    let mut dx = vec![0.0; x.len()];
    let pictures = dx.chunks_exact_mut(places * channels).zip(x.chunks_exact(places * channels));
    for ((dx, x), gradient) in pictures.zip(gradient.chunks_exact(2 * channels)) {
        let (mean, most) = gradient.split_at(channels);
        for dx in dx.chunks_exact_mut(channels) {
            dx.iter_mut().zip(mean).for_each(|(dx, mean)| *dx = mean / places as f32);
        }
        for (channel, most) in most.iter().enumerate() {
            let at = |place: usize| place * channels + channel;
            let best =
                (1..places).fold(0, |best, place| if x[at(place)] > x[at(best)] { place } else { best });
            dx[at(best)] += most;
        }
    }
    dx
}
