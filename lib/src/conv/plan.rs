//! How a layer is worked on: what fits the caches, and gives every thread its part.

use super::shape::Shape;
use super::weights::Weights;

/// Who works on a chunk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Crew {
    One,
    All,
}

/// How a layer's rows of tiles are worked on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Plan {
    pub(super) crew: Crew,
    /// Rows of tiles in a chunk.
    pub(super) rows: usize,
    /// Panels whose products are computed for all planes, then transformed back.
    pub(super) panels: usize,
}

/// Transformed weights above this size do not stay in a cache: all threads share one
/// reading of them.
const SHARED: usize = 24 << 20;

/// Tiles that are worth reading such weights for.
const MANY: usize = 112;

impl Plan {
    /// For so many pictures and threads. What comes out does not depend on the plan.
    pub(super) fn new(shape: &Shape, weights: &Weights, pictures: usize, threads: usize) -> Plan {
        let (down, across) = shape.axes(weights.sixes());
        let rows = pictures * down.count();
        let most = |tiles: usize| (tiles / across.count()).clamp(1, rows);
        let all = Plan { crew: Crew::All, rows: most(MANY), panels: usize::MAX };
        if weights.bytes() >= SHARED {
            return all;
        }
        // What a thread transforms stays in its own cache; of few channels all
        // products of a panel do too.
        let (tiles, panels) = if weights.depth <= 128 { (38, 1) } else { (20, 4) };
        let (each, busy) = even(rows, most(tiles), threads);
        // Too few rows for the threads.
        if busy < 0.75 { all } else { Plan { crew: Crew::One, rows: each, panels } }
    }
}

/// Rows of a chunk, at most `most`, with which the threads end soonest; and how much
/// of that time they have work.
fn even(rows: usize, most: usize, threads: usize) -> (usize, f64) {
    let time = |each: usize| {
        let chunks = rows.div_ceil(each);
        let last = rows - (chunks - 1) * each;
        let alone = chunks % threads == 1 % threads;
        (chunks.div_ceil(threads) - 1) * each + if alone { last } else { each }
    };
    let each = (1..=most).rev().min_by_key(|&each| time(each)).unwrap_or(1);
    (each, rows as f64 / (time(each) * threads) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_shared_out_evenly() {
        assert_eq!(even(10, 2, 2), (1, 1.0));
        assert_eq!(even(38, 1, 2), (1, 1.0));
        assert_eq!(even(40, 2, 2), (2, 1.0));
        assert_eq!(even(5, 3, 1), (3, 1.0));
        assert_eq!(even(10, 2, 16), (1, 10.0 / 16.0));
    }
}
