//! How one side of a picture is cut into tiles of 6 and of 4 points.

/// Points along the longer and the shorter kind of tile.
pub(super) const SIX: usize = 6;
pub(super) const FOUR: usize = 4;

/// The tiles along one side: first those of 6 points, then those of 4. The last may
/// hang over the end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Axis {
    pub(super) sixes: usize,
    pub(super) fours: usize,
}

impl Axis {
    /// The tiles that cover `len` points with the fewest products: a tile of 6 takes 8
    /// along its side, one of 4 takes 6.
    pub(super) fn cover(len: usize) -> Axis {
        let mut best = Axis::fours(len);
        for sixes in 1..=len.div_ceil(SIX) {
            let fours = len.saturating_sub(SIX * sixes).div_ceil(FOUR);
            let axis = Axis { sixes, fours };
            if axis.products() < best.products() {
                best = axis;
            }
        }
        best
    }

    /// Tiles of 4 points alone.
    pub(super) fn fours(len: usize) -> Axis {
        Axis { sixes: 0, fours: len.div_ceil(FOUR) }
    }

    pub(super) fn count(self) -> usize {
        self.sixes + self.fours
    }

    fn products(self) -> usize {
        (SIX + 2) * self.sixes + (FOUR + 2) * self.fours
    }

    /// The first point of tile `index`.
    pub(super) fn start(self, index: usize) -> usize {
        let sixes = index.min(self.sixes);
        SIX * sixes + FOUR * (index - sixes)
    }

    /// The points of tile `index`.
    pub(super) fn size(self, index: usize) -> usize {
        if index < self.sixes { SIX } else { FOUR }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_is_covered_once_and_vgg16_s_exactly() {
        for len in 1..300 {
            let axis = Axis::cover(len);
            let last = axis.count() - 1;
            assert!(axis.start(last) < len && axis.start(last) + axis.size(last) >= len, "{len}");
            for index in 0..last {
                assert_eq!(axis.start(index) + axis.size(index), axis.start(index + 1));
            }
        }
        for (len, products) in [(224, 300), (112, 150), (56, 76), (28, 38), (14, 20)] {
            let axis = Axis::cover(len);
            assert_eq!(axis.start(axis.count()), len);
            assert_eq!(axis.products(), products);
        }
    }
}
