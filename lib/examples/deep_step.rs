//! One training step of VGG16's last block, forwards, backwards and Adam, by this
//! library and by candle's own autograd, in turn: seconds and their ratio.
//!
//! `cargo run --release -p sevenlines --example deep_step [pictures] [rounds]`

use sevenlines::candle_core::{DType, Device, Tensor, Var};
use sevenlines::candle_nn::{AdamW, Optimizer, ParamsAdamW};
use sevenlines::train::deep::{Conv, Scratch};
use std::time::Instant;

const CHANNELS: usize = 512;
const SIDE: usize = 14;
const LEARNING_RATE: f64 = 1e-5;

type Failure = Box<dyn std::error::Error>;

/// Numbers that look random enough, within `limit`.
fn numbers(count: usize, limit: f32) -> Vec<f32> {
    let mut state = count as u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 8) as f32 / 8_388_608.0 - 1.0) * limit
    };
    (0..count).map(|_| next()).collect()
}

fn kernels() -> Vec<f32> {
    numbers(CHANNELS * CHANNELS * 9, (6.0 / (CHANNELS * 9) as f32).sqrt())
}

/// The loss is half the mean square of the last layer's output.
fn ours(convs: &mut [Conv], scratch: &mut Scratch, x: &[f32], step: i32) -> f64 {
    let mut seen = vec![x.to_vec()];
    for conv in convs.iter() {
        seen.push(conv.forward(scratch, &seen[seen.len() - 1], SIDE, SIDE));
    }
    let y = &seen[seen.len() - 1];
    let loss = y.iter().map(|y| f64::from(*y).powi(2)).sum::<f64>() / 2.0 / y.len() as f64;
    let mut gradient: Vec<f32> = y.iter().map(|value| value / y.len() as f32).collect();
    for index in (0..convs.len()).rev() {
        let (x, y) = (&seen[index], &seen[index + 1]);
        let below = convs[index].backward(scratch, x, y, gradient, SIDE, SIDE, index > 0);
        gradient = below.unwrap_or_default();
    }
    convs.iter_mut().for_each(|conv| conv.update(LEARNING_RATE, step));
    loss
}

fn candles(layers: &[[Var; 2]], adam: &mut AdamW, x: &Tensor) -> Result<f64, Failure> {
    let mut y = x.clone();
    for [kernel, bias] in layers {
        y = y.conv2d(kernel, 1, 1, 1, 1)?.broadcast_add(bias)?.relu()?;
    }
    let loss = (y.sqr()?.mean_all()? / 2.0)?;
    adam.backward_step(&loss)?;
    Ok(f64::from(loss.to_scalar::<f32>()?))
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |or: usize| arguments.next().map_or(Ok(or), |text| text.parse::<usize>());
    let (pictures, rounds) = (number(16)?, number(3)?);
    let device = Device::Cpu;
    let last = numbers(pictures * SIDE * SIDE * CHANNELS, 1.0).into_iter().map(|x| x.max(0.0));
    let last: Vec<f32> = last.collect();
    let first = Tensor::from_vec(last.clone(), (pictures, SIDE, SIDE, CHANNELS), &device)?;
    let first = first.permute((0, 3, 1, 2))?.contiguous()?;

    let mut convs: Vec<Conv> =
        (0..3).map(|_| Conv::new(&kernels(), &[0.0; CHANNELS], CHANNELS, CHANNELS)).collect();
    let mut scratch = Scratch::default();
    let layer = || -> Result<[Var; 2], Failure> {
        let kernel = Tensor::from_vec(kernels(), (CHANNELS, CHANNELS, 3, 3), &device)?;
        let bias = Tensor::zeros((1, CHANNELS, 1, 1), DType::F32, &device)?;
        Ok([Var::from_tensor(&kernel)?, Var::from_tensor(&bias)?])
    };
    let layers = [layer()?, layer()?, layer()?];
    let parameters = ParamsAdamW { lr: LEARNING_RATE, weight_decay: 0.0, ..Default::default() };
    let mut adam = AdamW::new(layers.iter().flatten().cloned().collect(), parameters)?;

    let (mut us, mut them) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let start = Instant::now();
        let loss = ours(&mut convs, &mut scratch, &last, round as i32 + 1);
        let our_time = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let their_loss = candles(&layers, &mut adam, &first)?;
        let their_time = start.elapsed().as_secs_f64();
        println!("loss {loss:.6}, candle's {their_loss:.6}: {our_time:.3} s, candle {their_time:.3} s");
        // The first round fills memory.
        if round > 0 {
            us.push(our_time);
            them.push(their_time);
        }
    }
    let (us, them) = (median(us), median(them));
    println!(
        "{pictures} pictures, median of {rounds}: {us:.3} s, candle {them:.3} s: {:.1} times",
        them / us
    );
    Ok(())
}
