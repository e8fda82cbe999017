//! Where an axis has its ticks.

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use std::ops::Range;

/// An axis from `low` to `high` with ticks at round numbers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Axis {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) ticks: Vec<f64>,
    decimals: usize,
    /// What is drawn are the values' decimal logarithms.
    logarithmic: bool,
}

impl Axis {
    /// From 0 to a little above the greatest value: losses.
    pub(crate) fn from_zero(values: &[f64]) -> Self {
        let most = values.iter().copied().fold(0.0, f64::max);
        let high = if most > 0.0 { most * 1.08 } else { 1.0 };
        Self::with_ticks(0.0, high, high)
    }

    /// From below the least value to 1, with room for points at 1: accuracies.
    pub(crate) fn to_one(values: &[f64]) -> Self {
        let least = values.iter().copied().fold(0.97, f64::min).max(0.0);
        let step = round_step((1.0 - least).max(0.04) / 4.0);
        let low = (((least - step * 0.25) / step).floor() * step).max(0.0);
        Self::with_ticks(low, 1.0 + (1.0 - low) * 0.04, 1.0)
    }

    /// About any finite values; from 0 where that is near.
    pub(crate) fn around(low: f64, high: f64) -> Self {
        // Wide enough for f64 to tell the ticks apart.
        let least = (low.abs().max(high.abs()) * 1e-6).max(f64::MIN_POSITIVE * 1e12);
        let (low, high) = match high - low > least {
            true => (low, high),
            false if low == 0.0 => (-0.5, 0.5),
            false => (low - low.abs() * 0.5, high + high.abs() * 0.5),
        };
        let room = (high - low) * 0.06;
        let from = if low >= 0.0 && low < high * 0.4 { 0.0 } else { low - room };
        let to = if high <= 0.0 && high > low * 0.4 { 0.0 } else { high + room };
        Self::with_ticks(from, to, to)
    }

    /// As wide as the values: steps, seconds.
    pub(crate) fn along(low: f64, high: f64) -> Self {
        let wide = Self::around(low, high);
        let room = (high - low) * 0.01;
        if high - low <= (wide.high - wide.low) * 0.1 {
            return wide;
        }
        let (low, high) = (low - room, high + room);
        let coarse = Self::with_ticks(low, high, high);
        match coarse.ticks.len() {
            0..3 => Self::with_steps(low, high, high, 8.0),
            _ => coarse,
        }
    }

    /// Whole epochs, with half an epoch about a single one.
    pub(crate) fn epochs(first: usize, last: usize) -> Self {
        let mut steps = (0..).map(|i| [1, 2, 5][i % 3] * 10usize.pow(i as u32 / 3));
        let step = steps.find(|step| (last - first) / step <= 7).unwrap_or(1);
        let ticks = (first..=last).filter(|epoch| first == last || epoch.is_multiple_of(step));
        let room = if first == last { 0.5 } else { (last - first) as f64 * 0.04 };
        Self {
            low: first as f64 - room,
            high: last as f64 + room,
            ticks: ticks.map(|epoch| epoch as f64).collect(),
            decimals: 0,
            logarithmic: false,
        }
    }

    /// From the decimal logarithm `low` to `high`: ticks at powers of ten, and between
    /// them where there are few.
    pub(crate) fn logarithmic(low: f64, high: f64) -> Self {
        let room = ((high - low) * 0.05).max(0.02);
        let (low, high) = (low - room, high + room);
        let between: &[f64] = if high - low < 1.6 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let every = ((high - low) / 6.0).ceil().max(1.0) as usize;
        let powers = (low.floor() as i64..=high.ceil() as i64).step_by(every);
        let ticks = powers.flat_map(|power| between.iter().map(move |digit| power as f64 + digit.log10()));
        let ticks = ticks.filter(|tick| (low..=high).contains(tick)).collect();
        Self { low, high, ticks, decimals: 0, logarithmic: true }
    }

    /// The text beside a tick.
    pub(crate) fn label(&self, tick: f64) -> String {
        if self.logarithmic {
            let value = 10f64.powf(tick);
            return match (-4.0..6.0).contains(&(tick + 1e-9)) {
                true => format!("{value:.*}", (-tick - 1e-9).ceil().max(0.0) as usize),
                false => format!("{value:.0e}"),
            };
        }
        let far = self.low.abs().max(self.high.abs());
        match far >= 1e6 || self.decimals > 5 {
            true if tick == 0.0 => "0".to_owned(),
            true => format!("{tick:.1e}"),
            false => format!("{tick:.*}", self.decimals),
        }
    }

    fn with_ticks(low: f64, high: f64, last_tick: f64) -> Self {
        Self::with_steps(low, high, last_tick, 4.0)
    }

    /// At most so many steps from one tick to the next.
    fn with_steps(low: f64, high: f64, last_tick: f64, steps: f64) -> Self {
        let step = round_step((last_tick - low) / steps);
        let first = (low / step).ceil() as i64;
        // A hair of room, or rounding loses the tick at the very end.
        let last = (last_tick / step + 1e-6).floor() as i64;
        let decimals = (-step.log10() - 1e-9).ceil().clamp(0.0, 12.0) as usize;
        Self {
            low,
            high,
            ticks: (first..=last).map(|i| i as f64 * step).collect(),
            decimals,
            logarithmic: false,
        }
    }
}

/// plotters' own axes choose their ticks themselves (0.8 of an epoch, say).
impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        let share = (value - self.low) / (self.high - self.low);
        from + (share * f64::from(to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

/// The round number (1, 2 or 5 times a power of ten) at or just above `step`.
fn round_step(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    let round = [1.0, 2.0, 5.0, 10.0].into_iter().find(|round| round * power >= step * 0.999);
    round.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<String> {
        axis.ticks.iter().map(|&tick| axis.label(tick)).collect()
    }

    #[test]
    fn losses_begin_at_zero() {
        let axis = Axis::from_zero(&[0.12, 0.07]);
        assert_eq!(labels(&axis), ["0.00", "0.05", "0.10"]);
        assert!(axis.low == 0.0 && axis.high > 0.12);
        assert_eq!(labels(&Axis::from_zero(&[3.2])), ["0", "1", "2", "3"]);
        assert_eq!(labels(&Axis::from_zero(&[0.0])), ["0.0", "0.5", "1.0"]);
    }

    #[test]
    fn accuracies_end_at_one() {
        let axis = Axis::to_one(&[0.97, 0.984]);
        assert_eq!(labels(&axis), ["0.96", "0.97", "0.98", "0.99", "1.00"]);
        assert!(axis.high > 1.0 && axis.low <= 0.97);
        assert_eq!(labels(&Axis::to_one(&[1.0])).last().unwrap(), "1.00");
        assert_eq!(labels(&Axis::to_one(&[0.02])), ["0.0", "0.5", "1.0"]);
    }

    #[test]
    fn epochs_are_whole() {
        let one = Axis::epochs(1, 1);
        assert_eq!((one.low, one.high, labels(&one)), (0.5, 1.5, vec!["1".to_string()]));
        assert_eq!(labels(&Axis::epochs(1, 3)), ["1", "2", "3"]);
        assert_eq!(labels(&Axis::epochs(1, 30)), ["5", "10", "15", "20", "25", "30"]);
        assert!(labels(&Axis::epochs(1, 12_345)).len() < 9);
    }

    #[test]
    fn logarithms_are_labelled_with_their_numbers() {
        assert_eq!(labels(&Axis::logarithmic(0.0, 2.3)), ["1", "10", "100"]);
        assert_eq!(labels(&Axis::logarithmic(-1.5, -0.2)), ["0.05", "0.1", "0.2", "0.5"]);
        assert_eq!(labels(&Axis::logarithmic(-6.0, -2.0)).last().unwrap(), "0.01");
        assert_eq!(labels(&Axis::logarithmic(-6.0, -2.0))[0], "1e-6");
        assert!(labels(&Axis::logarithmic(-6.0, 30.0)).len() < 8);
        assert!(!labels(&Axis::logarithmic(0.0, 0.0)).is_empty());
    }

    #[test]
    fn any_finite_values_have_an_axis() {
        assert_eq!(labels(&Axis::around(0.03, 2.9)), ["0", "1", "2", "3"]);
        assert_eq!(labels(&Axis::around(7.0, 9.0)), ["7", "8", "9"]);
        assert_eq!(labels(&Axis::along(0.0, 5e6)), ["0", "2.0e6", "4.0e6"]);
        assert_eq!(labels(&Axis::along(0.01, 0.99)), ["0.2", "0.4", "0.6", "0.8"]);
        assert_eq!(labels(&Axis::along(1.0, 5.0)), ["1", "2", "3", "4", "5"]);
        for value in [0.0f64, 1.0, -3.5, 1e150, -1e150, 1e-300, 123_456_789.125] {
            for other in [value, value + value.abs() * 1e-12, value * 2.0, -value] {
                let (low, high) = (f64::min(value, other), f64::max(value, other));
                for axis in [Axis::around(low, high), Axis::along(low, high)] {
                    assert!(axis.low <= low && axis.high >= high && axis.low < axis.high, "{axis:?}");
                    assert!((1..=12).contains(&axis.ticks.len()), "{low} {high}: {axis:?}");
                }
            }
        }
    }
}
