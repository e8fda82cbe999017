//! Where the tiles of a chunk lie in its matrices: one product a plane (a point of the
//! transformed tile), with a row for each tile that has the point.
//!
//! A tile of 6 points along a side has all eight points there, one of 4 the first six.
//! Tiles are numbered so that those which share a plane follow each other: tall and
//! narrow ones, large ones, flat ones, small ones.

use super::axis::{Axis, SIX};
use super::buffer::spread;
use super::winograd::{FEW, POINTS};

/// Products of a tile.
pub(super) const PLANES: usize = POINTS * POINTS;

/// Which of the points along the sides a plane needs beyond the first six: none,
/// across, down, or both.
pub(super) const CLASSES: usize = 4;

/// The class of the plane at a point.
#[inline(always)]
pub(super) fn class(row: usize, column: usize) -> usize {
    2 * (row >= FEW) as usize + (column >= FEW) as usize
}

/// The rows of the planes of one class.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows {
    /// The first tile that has the point.
    first: usize,
    pub(super) count: usize,
    /// Rows in one call of the multiplication: as even as can be, since a small block
    /// costs nearly what a large one does.
    pub(super) block: usize,
}

impl Rows {
    fn new(first: usize, count: usize, most: usize) -> Rows {
        Rows { first, count, block: count.div_ceil(count.div_ceil(most).max(1)).max(1) }
    }

    /// First row and number of rows of the blocks.
    pub(super) fn blocks(self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.count).step_by(self.block).map(move |first| (first, self.block.min(self.count - first)))
    }
}

/// The matrices of one chunk.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    across: Axis,
    /// Rows of tiles of 6 and of 4 points.
    tall: usize,
    low: usize,
    pub(super) classes: [Rows; CLASSES],
    /// Numbers in a tile's row of one group of the input's channels, and of products.
    depth: usize,
    width: usize,
    /// Where each plane begins in a group of inputs, and in the products; then the end.
    inputs: Vec<usize>,
    products: Vec<usize>,
}

impl Grid {
    /// For rows of tiles of these sizes. `most` rows go into a block.
    pub(super) fn new(
        sizes: impl Iterator<Item = usize>,
        across: Axis,
        (depth, width): (usize, usize),
        most: usize,
    ) -> Grid {
        let (mut tall, mut low) = (0, 0);
        sizes.for_each(|size| if size == SIX { tall += 1 } else { low += 1 });
        let narrow = tall * across.fours;
        let all_tall = tall * across.count();
        let classes = [
            Rows::new(0, (tall + low) * across.count(), most),
            Rows::new(narrow, (tall + low) * across.sixes, most),
            Rows::new(0, all_tall, most),
            Rows::new(narrow, tall * across.sixes, most),
        ];
        let (inputs, products) = (vec![0], vec![0]);
        let mut grid = Grid { across, tall, low, classes, depth, width, inputs, products };
        for plane in 0..PLANES {
            let rows = grid.rows(plane).count;
            grid.inputs.push(grid.inputs[plane] + spread(rows * depth));
            grid.products.push(grid.products[plane] + spread(rows * width));
        }
        grid
    }

    /// Numbers from row to row of the products.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The rows of a plane.
    pub(super) fn rows(&self, plane: usize) -> Rows {
        self.classes[class(plane / POINTS, plane % POINTS)]
    }

    /// Numbers of one group of inputs.
    pub(super) fn input_len(&self) -> usize {
        self.inputs[PLANES]
    }

    /// Numbers of all products.
    pub(super) fn product_len(&self) -> usize {
        self.products[PLANES]
    }

    /// Where a plane begins in a group of inputs.
    #[inline(always)]
    pub(super) fn input(&self, plane: usize) -> usize {
        self.inputs[plane]
    }

    /// Where a plane begins in the products.
    #[inline(always)]
    pub(super) fn product(&self, plane: usize) -> usize {
        self.products[plane]
    }

    /// The number of a tile: the `row`th of its height, in column `column`.
    pub(super) fn tile(&self, size: usize, row: usize, column: usize) -> usize {
        let Axis { sixes, fours } = self.across;
        let tall = size == SIX;
        let before = match (tall, column < sixes) {
            (true, false) => 0,
            (true, true) => self.tall * fours,
            (false, true) => self.tall * (fours + sixes),
            (false, false) => self.tall * (fours + sixes) + self.low * sixes,
        };
        match column < sixes {
            true => before + row * sixes + column,
            false => before + row * fours + column - sixes,
        }
    }

    /// Where the vectors of a tile lie in the planes of each class of a group of
    /// inputs: the first one's place, and how far the next one is.
    #[inline(always)]
    pub(super) fn input_places(&self, tile: usize, lanes: usize) -> [(usize, usize); CLASSES] {
        let mut places = [(0, 0); CLASSES];
        for class in 0..CLASSES {
            let rows = self.classes[class];
            if rows.count > 0 && tile >= rows.first && tile < rows.first + rows.count {
                let row = tile - rows.first;
                let start = row - row % rows.block;
                let count = rows.block.min(rows.count - start);
                places[class] = (start * self.depth + row % rows.block * lanes, count * lanes);
            }
        }
        places
    }

    /// Where the products of a tile begin in the planes of each class.
    #[inline(always)]
    pub(super) fn product_places(&self, tile: usize) -> [usize; CLASSES] {
        let mut places = [0; CLASSES];
        for class in 0..CLASSES {
            places[class] = tile.wrapping_sub(self.classes[class].first).wrapping_mul(self.width);
        }
        places
    }
}
