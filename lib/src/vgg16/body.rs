//! The convolution body: thirteen frozen layers from a picture to pool5.
//!
//! Everything that runs the body goes through [`Body`]; how it computes is known here
//! alone: [`conv`](crate::conv) on the processor, candle's `conv2d` on another device.
//! Pictures come as they are; the weights' normalisation is folded into the first layer.

use super::layers;
use crate::conv::{Conv3x3, Precision, Scratch, Stack, Tiles};
use crate::data::to_tensor;
use crate::train::deep::Conv;
use crate::weights::{Normalisation, Weights};
use crate::{Result, interrupt};
use candle_core::{Device, Tensor};
use image::RgbImage;
use std::sync::{Arc, Mutex, PoisonError};

/// Pictures that go through the body at once: as many as share one reading of the last
/// layers' weights. Memory must not grow with the batch size.
pub(crate) const MICRO_BATCH: usize = 16;

/// VGG16's convolution base.
#[derive(Clone)]
pub(crate) struct Body {
    pub(super) engine: Engine,
    /// The last convolutions where they were trained (see `split`); none while all are
    /// those of the file.
    pub(super) trained: Arc<Vec<Conv>>,
}

#[derive(Clone)]
pub(super) enum Engine {
    Processor(Arc<Processor>),
    Candle { layers: Vec<Layer>, normalisation: Normalisation, device: Device },
}

/// The layers, prepared when the first picture comes: where all features are stored
/// already, none does.
pub(super) struct Processor {
    weights: Weights,
    precision: Precision,
    prepared: Mutex<Option<(Stack, Scratch)>>,
}

#[derive(Clone)]
pub(super) struct Layer {
    kernel: Tensor,
    bias: Tensor,
    pooled: bool,
}

impl Body {
    /// The body on a device; `precision` is the processor's alone.
    pub(crate) fn load(weights: &Weights, device: &Device, precision: Precision) -> Result<Body> {
        let engine = match device {
            Device::Cpu => {
                precision.check()?;
                let (weights, prepared) = (weights.clone(), Mutex::new(None));
                Engine::Processor(Arc::new(Processor { weights, precision, prepared }))
            }
            device => {
                let (layers, normalisation) = (candle_layers(weights, device)?, weights.normalisation());
                Engine::Candle { layers, normalisation, device: device.clone() }
            }
        };
        Ok(Body { engine, trained: Arc::default() })
    }

    /// Pictures `(N, 3, 224, 224)`, RGB, 0 to 255, to pool5 `(N, 512, 7, 7)`,
    /// [`MICRO_BATCH`] at a time.
    pub(crate) fn pool5(&self, images: &Tensor) -> Result<Tensor> {
        let count = images.dim(0)?;
        let mut parts = Vec::new();
        for start in (0..count).step_by(MICRO_BATCH) {
            interrupt::check_interrupt()?;
            let part = images.narrow(0, start, MICRO_BATCH.min(count - start))?;
            parts.push(self.pool5_of_tensor(&part)?);
        }
        Ok(Tensor::cat(&parts, 0)?)
    }

    /// [`Body::pool5`] of pictures that are 224 x 224 already.
    pub(crate) fn pool5_of(&self, pictures: &[RgbImage]) -> Result<Tensor> {
        let Engine::Processor(processor) = &self.engine else {
            return self.pool5(&to_tensor(pictures)?);
        };
        let mut parts = Vec::new();
        for part in pictures.chunks(MICRO_BATCH) {
            interrupt::check_interrupt()?;
            parts.push(self.pool5_above(processor.bytes(part, self.trained_from())?, part.len())?);
        }
        Ok(Tensor::cat(&parts, 0)?)
    }

    fn pool5_of_tensor(&self, images: &Tensor) -> Result<Tensor> {
        match &self.engine {
            Engine::Processor(processor) => {
                self.pool5_above(processor.numbers(images, self.trained_from())?, images.dim(0)?)
            }
            Engine::Candle { layers, normalisation, device } => {
                let mut x = normalisation.apply_to(&images.to_device(device)?)?;
                for layer in layers {
                    x = x.conv2d(&layer.kernel, 1, 1, 1, 1)?.broadcast_add(&layer.bias)?.relu()?;
                    if layer.pooled {
                        x = x.max_pool2d(2)?;
                    }
                }
                Ok(x)
            }
        }
    }
}

/// What looking at pictures takes beside the weights: a workspace for each thread, what
/// lies between the layers (see [`Scratch`]), and the pictures of two lots.
pub(crate) fn looking_bytes() -> u64 {
    let pictures = 2 * MICRO_BATCH * (crate::data::SIDE * crate::data::SIDE) as usize * (3 + 12);
    (rayon::current_num_threads() * Scratch::A_THREAD + Scratch::BETWEEN_LAYERS + pictures) as u64
}

impl Body {
    /// What the prepared layers take, beside the weights of the file.
    pub(crate) fn ready_bytes(&self) -> u64 {
        let Engine::Processor(processor) = &self.engine else { return 0 };
        let bytes = |conv: &layers::Conv| {
            Conv3x3::prepared_bytes(processor.precision, tiles(conv), conv.inputs, conv.outputs)
        };
        layers::convs()[1..].iter().map(bytes).sum::<usize>() as u64
    }

    /// Whether the layers are prepared already.
    pub(crate) fn is_ready(&self) -> bool {
        match &self.engine {
            Engine::Processor(processor) => {
                processor.prepared.lock().unwrap_or_else(PoisonError::into_inner).is_some()
            }
            Engine::Candle { .. } => true,
        }
    }
}

impl Processor {
    /// The first `layers` layers' output for pictures of 224 x 224, channels last; the
    /// normalised pictures if it is none.
    pub(super) fn bytes(&self, pictures: &[RgbImage], layers: usize) -> Result<Vec<f32>> {
        if layers == 0 {
            return self.numbers(&to_tensor(pictures)?, 0);
        }
        let mut input =
            Vec::with_capacity(pictures.len() * 3 * (crate::data::SIDE * crate::data::SIDE) as usize);
        pictures.iter().for_each(|picture| input.extend_from_slice(picture.as_raw()));
        let side = crate::data::SIDE as usize;
        self.with(|stack, scratch| Ok(stack.forward_to(layers, scratch, &input, pictures.len(), side, side)))
    }

    /// [`Processor::bytes`] for `(N, 3, H, W)`, 0 to 255.
    fn numbers(&self, images: &Tensor, layers: usize) -> Result<Vec<f32>> {
        let channels_last = |x: &Tensor| x.permute((0, 2, 3, 1))?.flatten_all()?.to_vec1::<f32>();
        if layers == 0 {
            return Ok(channels_last(&self.weights.normalisation().apply_to(images)?)?);
        }
        let (count, _, height, width) = images.dims4()?;
        let input = channels_last(images)?;
        self.with(|stack, scratch| Ok(stack.forward_to(layers, scratch, &input, count, height, width)))
    }

    /// Calls `work` with the prepared layers, alone.
    fn with<T>(&self, work: impl FnOnce(&Stack, &mut Scratch) -> Result<T>) -> Result<T> {
        // A panic elsewhere leaves nothing in the scratch that matters.
        let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        if prepared.is_none() {
            *prepared = Some((stack(&self.weights, self.precision)?, Scratch::new()));
        }
        match prepared.as_mut() {
            Some((stack, scratch)) => work(stack, scratch),
            None => unreachable!("prepared just now"),
        }
    }
}

pub(super) fn channels_first(
    values: Vec<f32>,
    count: usize,
    (channels, height, width): (usize, usize, usize),
) -> Result<Tensor> {
    let last = Tensor::from_vec(values, (count, height, width, channels), &Device::Cpu)?;
    Ok(last.permute((0, 3, 1, 2))?.contiguous()?)
}

fn stack(weights: &Weights, precision: Precision) -> Result<Stack> {
    let n = weights.normalisation();
    // (p scale - mean) / std = (p - mean / scale) (scale / std).
    let (mean, scale) = (n.mean.map(|mean| mean / n.scale), n.std.map(|std| n.scale / std));
    let mut layers = Vec::new();
    for conv in layers::convs() {
        let (kernel, bias) = weights.conv_values(conv.block, conv.index)?;
        let layer = match layers.is_empty() {
            true => Conv3x3::first(&kernel, &bias, &mean, &scale, conv.outputs),
            false => {
                Conv3x3::in_precision(precision, tiles(&conv), &kernel, &bias, conv.inputs, conv.outputs)?
            }
        };
        layers.push((layer, conv.pooled));
    }
    Ok(Stack::new(layers))
}

/// The last block's pictures have few tiles.
fn tiles(conv: &layers::Conv) -> Tiles {
    if conv.block == layers::BLOCKS.len() { Tiles::Small } else { Tiles::Any }
}

fn candle_layers(weights: &Weights, device: &Device) -> Result<Vec<Layer>> {
    let mut layers = Vec::new();
    for conv in layers::convs() {
        let (kernel, bias) = weights.conv(conv.block, conv.index, device)?;
        let bias = bias.reshape((1, conv.outputs, 1, 1))?;
        layers.push(Layer { kernel, bias, pooled: conv.pooled });
    }
    Ok(layers)
}
