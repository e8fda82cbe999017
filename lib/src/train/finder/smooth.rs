//! Losses made smooth, and where they fall.

/// The weight of what came before in a smoothed loss, as in fastai.
const BEFORE: f64 = 0.98;

/// An exponentially weighted mean, without its bias towards 0 at the beginning.
#[derive(Default)]
pub(super) struct Smooth {
    mean: f64,
    count: i32,
}

impl Smooth {
    /// The mean with one more loss.
    pub(super) fn add(&mut self, loss: f64) -> f64 {
        self.mean = BEFORE * self.mean + (1.0 - BEFORE) * loss;
        self.count += 1;
        self.mean / (1.0 - BEFORE.powi(self.count))
    }
}

/// The middle of the longest fall: of the longest list of places, not necessarily
/// neighbours, each with a smaller loss than the one before. The first of equally long
/// ones.
pub(super) fn middle_of_fall(losses: &[f64]) -> Option<usize> {
    // Of the longest list that ends at each place: its length, and the place before.
    let mut lists: Vec<(usize, usize)> = Vec::with_capacity(losses.len());
    for (at, loss) in losses.iter().enumerate() {
        let before = (0..at).filter(|&before| losses[before] > *loss).map(|before| (lists[before].0, before));
        let longest = before.reduce(|a, b| if b.0 > a.0 { b } else { a });
        lists.push(longest.map_or((1, at), |(length, before)| (length + 1, before)));
    }
    let (end, &(length, _)) = lists.iter().enumerate().reduce(|a, b| if b.1.0 > a.1.0 { b } else { a })?;
    (length > 1).then(|| (0..length / 2).fold(end, |at, _| lists[at].1))
}

/// Where the loss falls most steeply, by the difference of its two neighbours.
pub(super) fn steepest_fall(losses: &[f64]) -> Option<usize> {
    let slopes = losses.windows(3).map(|three| three[2] - three[0]);
    let (at, slope) = (1..).zip(slopes).reduce(|a, b| if b.1 < a.1 { b } else { a })?;
    (slope < 0.0).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_stays_and_noise_shrinks() {
        let mut smooth = Smooth::default();
        assert!((0..50).all(|_| (smooth.add(3.0) - 3.0).abs() < 1e-12));
        let mut smooth = Smooth::default();
        let last = (0..1000).map(|i| smooth.add(f64::from(i % 2))).last().unwrap();
        assert!((last - 0.5).abs() < 0.02, "{last}");
    }

    #[test]
    fn the_valley_is_the_middle_of_the_longest_fall() {
        // Flat, a fall from place 20 to 60 with bumps, then up.
        let loss = |i: usize| match i {
            0..20 => 2.0 + 0.001 * (i % 2) as f64,
            20..=60 => 2.0 - 0.04 * (i - 20) as f64 + if i.is_multiple_of(7) { 0.03 } else { 0.0 },
            _ => 0.4 + 0.1 * (i - 60) as f64,
        };
        let losses: Vec<f64> = (0..80).map(loss).collect();
        let middle = middle_of_fall(&losses).unwrap();
        assert!((38..=42).contains(&middle), "{middle}");
    }

    #[test]
    fn the_steepest_place_is_found() {
        let losses: Vec<f64> = (0..60).map(|i| 1.0 / (1.0 + (f64::from(i - 33) / 3.0).exp())).collect();
        assert_eq!(steepest_fall(&losses), Some(33));
    }

    #[test]
    fn a_loss_that_never_falls_has_neither() {
        let growing: Vec<f64> = (0..10).map(f64::from).collect();
        for losses in [&growing[..], &[1.0; 5], &[1.0], &[]] {
            assert_eq!((middle_of_fall(losses), steepest_fall(losses)), (None, None), "{losses:?}");
        }
    }
}
