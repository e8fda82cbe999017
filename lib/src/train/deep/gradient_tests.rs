//! The gradients of a tiny network, of odd sizes and in several parts, against finite
//! differences of the same network in f64 as its definition says it.

use super::chain::Chain;
use super::conv::{Conv, Scratch};
use super::output::Output;
use super::step::Network;
use super::top::{Dense, Mask, Pooled, Top};
use crate::Error;
use crate::formulas::uniform;
use crate::train::Rows;
use crate::vgg16::classifier::Classifier;
use crate::vgg16::dense::FullyConnected;
use std::sync::Arc;

const HEIGHT: usize = 6;
const WIDTH: usize = 5;
/// More than one part of a batch.
const PICTURES: usize = 35;
const CHANNELS: [usize; 3] = [3, 21, 4];
const PLACES: usize = (HEIGHT / 2) * (WIDTH / 2);
const HIDDEN: [usize; 2] = [7, 5];
const CLASSES: usize = 3;

/// A parameter's name and numbers.
type Parameters = Vec<(&'static str, Vec<f64>)>;

fn parameters(full: bool) -> Parameters {
    let flat = PLACES * CHANNELS[2];
    let mut shapes = vec![("conv1", CHANNELS[1], CHANNELS[0] * 9), ("conv2", CHANNELS[2], CHANNELS[1] * 9)];
    match full {
        true => shapes.extend([
            ("fc6", HIDDEN[0], flat),
            ("fc7", HIDDEN[1], HIDDEN[0]),
            ("head", CLASSES, HIDDEN[1]),
        ]),
        false => shapes.push(("head", CLASSES, 2 * CHANNELS[2])),
    }
    let wide = |values: Vec<f32>| values.into_iter().map(f64::from).collect::<Vec<f64>>();
    let mut parameters = Vec::new();
    for (at, (name, outputs, inputs)) in shapes.into_iter().enumerate() {
        let limit = (6.0 / inputs as f64).sqrt();
        parameters.push((name, wide(uniform(at as u64, outputs * inputs, limit))));
        parameters.push((name, wide(uniform(50 + at as u64, outputs, 0.3))));
    }
    parameters
}

fn pictures() -> Rows {
    let len = HEIGHT * WIDTH * CHANNELS[0];
    uniform(90, PICTURES * len, 1.0).chunks(len).map(Arc::from).collect()
}

fn labels() -> Vec<u32> {
    (0..PICTURES).map(|at| (at % CLASSES) as u32).collect()
}

fn mask(which: usize) -> Vec<f32> {
    let values = uniform(95 + which as u64, PICTURES * HIDDEN[which], 1.0);
    values.iter().map(|u| if *u > -0.4 { 2.0 } else { 0.0 }).collect()
}

/// [`mask`] for some pictures after the other.
fn masks(which: usize) -> Mask<'static> {
    let mut rest = mask(which);
    Box::new(move |n| rest.drain(..n * HIDDEN[which]).collect())
}

fn mean_and_std() -> (Vec<f32>, f32) {
    (uniform(99, 2 * CHANNELS[2], 0.5), 0.7)
}

fn convolve(x: &[f64], weights: &[f64], bias: &[f64]) -> Vec<f64> {
    let inputs = weights.len() / 9 / bias.len();
    let mut y = Vec::new();
    for (row, column) in (0..HEIGHT).flat_map(|row| (0..WIDTH).map(move |column| (row, column))) {
        for (output, bias) in bias.iter().enumerate() {
            let mut sum = *bias;
            for (tap, input) in (0..9).flat_map(|tap| (0..inputs).map(move |input| (tap, input))) {
                let (r, c) = (row + tap / 3, column + tap % 3);
                if (1..=HEIGHT).contains(&r) && (1..=WIDTH).contains(&c) {
                    sum += weights[(output * inputs + input) * 9 + tap]
                        * x[((r - 1) * WIDTH + c - 1) * inputs + input];
                }
            }
            y.push(sum.max(0.0));
        }
    }
    y
}

fn dense(x: &[f64], weights: &[f64], bias: &[f64]) -> Vec<f64> {
    let row = |(weights, bias): (&[f64], &f64)| bias + weights.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
    weights.chunks(x.len()).zip(bias).map(row).collect()
}

/// The mean loss, as the definition says it.
fn loss(parameters: &Parameters) -> f64 {
    let of = |at: usize| (&parameters[2 * at].1[..], &parameters[2 * at + 1].1[..]);
    let mut sum = 0.0;
    for (index, (picture, label)) in pictures().iter().zip(labels()).enumerate() {
        let mut x: Vec<f64> = picture.iter().map(|x| f64::from(*x)).collect();
        x = convolve(&x, of(0).0, of(0).1);
        x = convolve(&x, of(1).0, of(1).1);
        // Channels, then places.
        let mut pool = vec![0f64; CHANNELS[2] * PLACES];
        for (at, value) in x.iter().enumerate() {
            let (row, column, channel) =
                (at / CHANNELS[2] / WIDTH, at / CHANNELS[2] % WIDTH, at % CHANNELS[2]);
            if column / 2 < WIDTH / 2 {
                let place = &mut pool[channel * PLACES + row / 2 * (WIDTH / 2) + column / 2];
                *place = place.max(*value);
            }
        }
        x = match parameters.len() > 6 {
            false => {
                let (mean, std) = mean_and_std();
                let means = pool.chunks(PLACES).map(|places| places.iter().sum::<f64>() / PLACES as f64);
                let most = pool.chunks(PLACES).map(|places| places.iter().copied().fold(0.0, f64::max));
                let scale = |(x, mean): (f64, &f32)| (x - f64::from(*mean)) / f64::from(std);
                means.chain(most).zip(&mean).map(scale).collect()
            }
            true => {
                for which in [0, 1] {
                    let mask = &mask(which)[index * HIDDEN[which]..];
                    let hidden = dense(&pool, of(2 + which).0, of(2 + which).1);
                    pool = hidden.iter().zip(mask).map(|(h, m)| h.max(0.0) * f64::from(*m)).collect();
                }
                pool
            }
        };
        let logits = dense(&x, of(parameters.len() / 2 - 1).0, of(parameters.len() / 2 - 1).1);
        sum += logits.iter().map(|logit| logit.exp()).sum::<f64>().ln() - logits[label as usize];
    }
    sum / PICTURES as f64
}

/// The mean loss and all gradients, in [`parameters`]' order.
fn ours(parameters: &Parameters) -> (f64, Vec<Vec<f32>>) {
    let of = |at: usize| parameters[at].1.iter().map(|value| *value as f32).collect::<Vec<f32>>();
    let mut convs = [0, 1].map(|at| Conv::new(&of(2 * at), &of(2 * at + 1), CHANNELS[at], CHANNELS[at + 1]));
    let layer = |at: usize| FullyConnected::new(of(2 * at), of(2 * at + 1));
    let full = parameters.len() > 6;
    let mut classifier = full.then(|| Classifier::new(layer(2), layer(3), layer(4)));
    let (mean, std) = mean_and_std();
    let mut moments = [None, None];
    let top = match &mut classifier {
        None => Top::Pooled(Pooled { mean, std }),
        Some(classifier) => Top::Dense(Box::new(Dense {
            from: 0,
            classifier,
            moments: &mut moments,
            masks: [0, 1].map(masks),
            seen: Default::default(),
        })),
    };
    let last = parameters.len() - 2;
    let chain = Chain { convs: &mut convs, pooled: &[false, true], height: HEIGHT, width: WIDTH };
    let scratch = &mut Scratch::default();
    let mut network = Network { chain, top, output: Output::new(of(last), of(last + 1)), scratch };
    let pictures = pictures();
    let sum = network.gradients(&mut |range| Ok(pictures[range].to_vec()), &labels()).unwrap();
    let mut gradients = Vec::new();
    for conv in network.chain.convs.iter() {
        let (weights, bias) = conv.gradients();
        gradients.extend([weights, bias.to_vec()]);
    }
    if let Top::Dense(top) = &network.top {
        for (seen, layer) in top.seen.iter().zip([&top.classifier.fc6, &top.classifier.fc7]) {
            let outputs = layer.sizes().1;
            gradients.extend([seen.gradient(layer.sizes(), 0, outputs), seen.bias_gradient(outputs)]);
        }
    }
    gradients.extend([network.output.weights_gradient, network.output.bias_gradient]);
    (sum.loss / PICTURES as f64, gradients)
}

fn check(full: bool) {
    let parameters = parameters(full);
    let (got, gradients) = ours(&parameters);
    assert!((got - loss(&parameters)).abs() < 1e-5, "the loss");
    assert_eq!(gradients.len(), parameters.len());
    for (at, gradient) in gradients.iter().enumerate() {
        let (name, values) = &parameters[at];
        assert_eq!(gradient.len(), values.len(), "{name}");
        let largest = gradient.iter().fold(0f32, |most, g| most.max(g.abs()));
        assert!(largest > 1e-4, "{name}: all gradients vanish");
        for index in (0..values.len()).step_by(1 + values.len() / 16) {
            let moved = |by: f64| {
                let mut parameters = parameters.clone();
                parameters[at].1[index] += by;
                loss(&parameters)
            };
            let expected = (moved(1e-6) - moved(-1e-6)) / 2e-6;
            let off = (f64::from(gradient[index]) - expected).abs() / f64::from(largest);
            assert!(off < 1e-3, "{name} {index}: {} by hand, {expected} by differences", gradient[index]);
        }
    }
}

#[test]
fn gradients_with_the_pooled_head_are_the_loss_s_differences() {
    check(false);
}

#[test]
fn gradients_with_fc6_and_fc7_are_the_loss_s_differences() {
    check(true);
}

#[test]
fn a_batch_that_breaks_off_leaves_no_gradients_behind() {
    let of = |at: usize| parameters(false)[at].1.iter().map(|value| *value as f32).collect::<Vec<f32>>();
    let mut convs = [0, 1].map(|at| Conv::new(&of(2 * at), &of(2 * at + 1), CHANNELS[at], CHANNELS[at + 1]));
    let (mean, std) = mean_and_std();
    let chain = Chain { convs: &mut convs, pooled: &[false, true], height: HEIGHT, width: WIDTH };
    let (top, output) = (Top::Pooled(Pooled { mean, std }), Output::new(of(4), of(5)));
    let mut network = Network { chain, top, output, scratch: &mut Scratch::default() };
    let pictures = pictures();
    let mut lots = 0;
    let mut stopped = |range: std::ops::Range<usize>| {
        lots += 1;
        if range.end == PICTURES { Err(Error::Interrupted) } else { Ok(pictures[range].to_vec()) }
    };
    assert!(matches!(network.gradients(&mut stopped, &labels()), Err(Error::Interrupted)));
    assert!(lots > 1, "it broke off before anything was summed");
    for conv in network.chain.convs.iter() {
        let (weights, bias) = conv.gradients();
        assert!(weights.iter().chain(bias).all(|gradient| *gradient == 0.0), "{conv}");
    }
}
