//! A long line drawn from few points: those that the eye could not tell from all.

/// The points (in the order of x) of a line that is `columns` of pixels wide: in
/// each column the first, the least, the greatest and the last. A line of few
/// points is left as it is.
pub(crate) fn by_columns(points: &[(f64, f64)], columns: usize) -> Vec<(f64, f64)> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Vec::new() };
    let columns = columns.max(1);
    if points.len() <= 2 * columns {
        return points.to_vec();
    }
    let scale = columns as f64 / (last.0 - first.0);
    // All at one x: a single column. The last point belongs to the last column.
    let column =
        |x: f64| if scale.is_finite() { ((x - first.0) * scale).min(columns as f64 - 1.0) } else { 0.0 };
    let mut thin = Vec::with_capacity(4 * columns);
    for run in points.chunk_by(|a, b| column(a.0).floor() == column(b.0).floor()) {
        let greater = |a: usize, b: usize| if run[b].1 > run[a].1 { b } else { a };
        let less = |a: usize, b: usize| if run[b].1 < run[a].1 { b } else { a };
        let extremes = (0..run.len()).fold((0, 0), |(low, high), i| (less(low, i), greater(high, i)));
        let mut kept = [0, extremes.0, extremes.1, run.len() - 1];
        kept.sort_unstable();
        let mut before = None;
        for index in kept {
            if before.replace(index) != Some(index) {
                thin.push(run[index]);
            }
        }
    }
    thin
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_points_are_left_alone() {
        let points: Vec<(f64, f64)> = (0..200).map(|i| (f64::from(i), 0.5)).collect();
        assert_eq!(by_columns(&points, 100), points);
        assert_eq!(by_columns(&[], 100), []);
    }

    #[test]
    fn both_ends_and_every_peak_are_kept() {
        let mut points: Vec<(f64, f64)> =
            (0..100_000).map(|i| (f64::from(i), (f64::from(i) * 0.1).sin())).collect();
        points[61_803].1 = 9.0;
        points[31_415].1 = -9.0;
        let thin = by_columns(&points, 300);
        assert!(thin.len() <= 4 * 300, "{}", thin.len());
        assert_eq!((thin[0], thin[thin.len() - 1]), (points[0], points[99_999]));
        assert!(thin.contains(&points[61_803]) && thin.contains(&points[31_415]));
        assert!(thin.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn all_points_at_one_x_are_few() {
        let points: Vec<(f64, f64)> = (0..5000).map(|i| (1.0, f64::from(i))).collect();
        assert_eq!(by_columns(&points, 10), [(1.0, 0.0), (1.0, 4999.0)]);
    }
}
