//! One call's sizes, and where its tiles lie: row by row through all pictures.

use super::axis::Axis;

/// The sizes of a convolution's input and output, and how it is cut into tiles.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) pool: bool,
}

impl Shape {
    /// Numbers in one picture of the input.
    pub(super) fn input_len(&self) -> usize {
        self.height * self.width * self.inputs
    }

    /// Height and width of the output.
    pub(super) fn output(&self) -> (usize, usize) {
        (self.height / self.step(), self.width / self.step())
    }

    /// Numbers in one picture of the output.
    pub(super) fn output_len(&self) -> usize {
        let (height, width) = self.output();
        height * width * self.outputs
    }

    /// Points of the convolution along each side of a point of the output.
    pub(super) fn step(&self) -> usize {
        if self.pool { 2 } else { 1 }
    }

    /// The tiles down and across a picture, with `sixes` of 6 points too.
    pub(super) fn axes(&self, sixes: bool) -> (Axis, Axis) {
        let (height, width) = self.output();
        let axis = if sixes { Axis::cover } else { Axis::fours };
        (axis(height * self.step()), axis(width * self.step()))
    }

    /// The output, cut into the rows of tiles of all pictures in turn.
    pub(super) fn cut<'a>(&self, output: &'a mut [f32], down: Axis) -> Vec<TileRow<'a>> {
        let line = self.output().1 * self.outputs;
        let mut rows = Vec::new();
        for (picture, mut rest) in output.chunks_mut(self.output_len()).enumerate() {
            for index in 0..down.count() {
                let len = (down.size(index) / self.step() * line).min(rest.len());
                let (out, after) = rest.split_at_mut(len);
                rows.push(TileRow { picture, top: down.start(index), size: down.size(index), out });
                rest = after;
            }
        }
        rows
    }
}

/// One row of tiles of one picture.
pub(super) struct TileRow<'a> {
    pub(super) picture: usize,
    /// The first point's place in the convolution's output, before pooling.
    pub(super) top: usize,
    /// Points of the tiles from top to bottom.
    pub(super) size: usize,
    /// The lines of the output that the row becomes.
    pub(super) out: &'a mut [f32],
}
