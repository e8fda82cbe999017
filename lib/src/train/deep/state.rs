//! How far the training of the deeper layers is: what must be saved beside their
//! weights, so that it can go on as if it had never stopped.

use super::{Deep, FC6};
use crate::Result;
use crate::train::adam::Moments;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What trains, and Adam's steps since `unfreeze`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct DeepState {
    pub from: Option<usize>,
    pub steps: i32,
}

/// Finds the moments of a layer by its name, for so many weights and biases.
pub(crate) type Find<'a> = &'a dyn Fn(&str, [usize; 2]) -> Result<Option<[Moments; 2]>>;

impl Deep {
    pub(crate) fn state(&self) -> DeepState {
        DeepState { from: self.from, steps: self.steps }
    }

    /// Adam's moments of the weights and biases, by layer, of those that have any.
    pub(crate) fn moments(&self) -> Vec<(String, &[Moments; 2])> {
        let convs = self.convs.iter().enumerate();
        let convs = convs.filter_map(|(at, conv)| Some((self.conv_name(at), conv.moments()?)));
        let dense = ["fc6", "fc7"].into_iter().zip(&*self.dense);
        let above = dense.chain([("output", &self.output)]);
        convs.chain(above.filter_map(|(name, moments)| Some((name.to_owned(), moments.as_ref()?)))).collect()
    }

    /// Goes on from a saved state. `counts` are the numbers of weights and biases of
    /// fc6, fc7 and the new last layer.
    pub(crate) fn resume(&mut self, state: DeepState, counts: [[usize; 2]; 3], find: Find) -> Result<()> {
        let names: Vec<String> = (0..self.convs.len()).map(|at| self.conv_name(at)).collect();
        for (conv, name) in Arc::make_mut(&mut self.convs).iter_mut().zip(&names) {
            let (inputs, outputs) = conv.channels();
            conv.set_moments(find(name, [inputs * outputs * 9, outputs])?);
        }
        self.dense = Arc::new([find("fc6", counts[0])?, find("fc7", counts[1])?]);
        self.output = find("output", counts[2])?;
        (self.from, self.steps) = (state.from, state.steps);
        self.below.clear();
        Ok(())
    }

    /// `conv10` for conv5_1.
    fn conv_name(&self, at: usize) -> String {
        format!("conv{}", FC6 - self.convs.len() + at)
    }
}
