//! Every instruction set that this processor has against the plain twin.

use super::path::Path;
use super::plan::{Crew, Plan};
use super::{Conv3x3, Scratch, Stack, Tiles, plain};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What single precision may lose, as a part of the greatest number.
const SINGLE: f64 = 2e-5;

#[derive(Debug)]
struct Case {
    n: usize,
    height: usize,
    width: usize,
    inputs: usize,
    outputs: usize,
    pool: bool,
}

struct Data {
    weights: Vec<f32>,
    bias: Vec<f32>,
    input: Vec<f32>,
}

fn numbers(rng: &mut ChaCha8Rng, len: usize) -> Vec<f32> {
    (0..len).map(|_| rng.random_range(-1.0..1.0)).collect()
}

impl Case {
    fn random(rng: &mut ChaCha8Rng) -> Case {
        let mut size = |most| rng.random_range(1..=most);
        let (n, height, width, inputs, outputs) = (size(3), size(20), size(20), size(40), size(40));
        Case { n, height, width, inputs, outputs, pool: rng.random() }
    }

    fn data(&self, rng: &mut ChaCha8Rng) -> Data {
        Data {
            weights: numbers(rng, self.outputs * self.inputs * 9),
            bias: numbers(rng, self.outputs),
            input: numbers(rng, self.n * self.height * self.width * self.inputs),
        }
    }

    /// The definition's answer.
    fn exact(&self, Data { weights, bias, input }: &Data, relu: bool) -> Vec<f64> {
        plain::conv3x3(weights, bias, self.inputs, input, self.n, self.height, self.width, self.pool, relu)
    }

    fn fast(&self, path: Path, tiles: Tiles, data: &Data, scratch: &mut Scratch) -> Vec<f32> {
        let conv = Conv3x3::with_path(path, tiles, &data.weights, &data.bias, self.inputs, self.outputs);
        // What the caller's memory held before must not matter.
        let mut output = vec![f32::NAN; self.n * conv.output_len(self.height, self.width, self.pool)];
        conv.forward_into(scratch, &data.input, self.n, self.height, self.width, &mut output, self.pool);
        let mut resized = vec![f32::NAN; 7];
        conv.forward(scratch, &data.input, self.n, self.height, self.width, &mut resized, self.pool);
        assert!(resized == output, "{self:?}");
        output
    }

    /// The greatest difference from the plain twin, as a part of the greatest number.
    fn error(&self, path: Path, tiles: Tiles, data: &Data, scratch: &mut Scratch) -> f64 {
        relative(&self.fast(path, tiles, data, scratch), &self.exact(data, true))
    }
}

/// The greatest difference, as a part of the greatest number.
fn relative(fast: &[f32], exact: &[f64]) -> f64 {
    assert_eq!(fast.len(), exact.len());
    let differences = fast.iter().zip(exact).map(|(&a, b)| (f64::from(a) - b).abs());
    // Not `f64::max`, which would overlook NaN.
    let greatest = differences.fold(0.0, |a: f64, b| if a >= b { a } else { b });
    greatest / exact.iter().fold(f64::MIN_POSITIVE, |a, b| a.max(b.abs()))
}

fn check_random_cases(path: Path, most: f64) {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut scratch = Scratch::new();
    let mut worst = 0.0;
    for _ in 0..150 {
        let case = Case::random(&mut rng);
        let data = case.data(&mut rng);
        let tiles = if rng.random() { Tiles::Any } else { Tiles::Small };
        let error = case.error(path, tiles, &data, &mut scratch);
        assert!(error <= most, "{path:?}, {case:?}: relative error {error:e}");
        worst = f64::max(worst, error);
    }
    println!("{path:?}: greatest relative error {worst:e}");
}

#[test]
fn portable_against_plain() {
    check_random_cases(*Path::available().last().expect("the portable one"), SINGLE);
}

#[cfg(target_arch = "x86_64")]
#[test]
fn avx2_against_plain() {
    match Path::available().into_iter().find(|path| matches!(path, Path::Avx2(_))) {
        Some(path) => check_random_cases(path, SINGLE),
        None => eprintln!("SKIPPED avx2_against_plain: this processor has no AVX2"),
    }
}

#[cfg(target_arch = "x86_64")]
#[test]
fn avx512_against_plain() {
    match Path::available().into_iter().find(|path| matches!(path, Path::Avx512(_))) {
        Some(path) => check_random_cases(path, SINGLE),
        None => eprintln!("SKIPPED avx512_against_plain: this processor has no AVX-512"),
    }
}

#[test]
fn bfloat16_against_plain() {
    match Path::bfloat16() {
        Some(path) => check_random_cases(path, 0.1),
        None => eprintln!("SKIPPED bfloat16_against_plain: this processor has no bfloat16 products"),
    }
}

/// Every way to share the work out, whatever the sizes would have chosen.
#[test]
fn every_plan_gives_the_same_bits() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let case = Case { n: 2, height: 34, width: 26, inputs: 70, outputs: 100, pool: false };
    let data = case.data(&mut rng);
    for path in Path::available() {
        let conv = Conv3x3::with_path(path, Tiles::Any, &data.weights, &data.bias, case.inputs, case.outputs);
        let mut first = Vec::new();
        for crew in [Crew::One, Crew::All] {
            for (rows, panels) in [(1, 1), (3, 2), (100, usize::MAX)] {
                let plan = Plan { crew, rows, panels };
                let mut output = vec![f32::NAN; case.n * conv.output_len(case.height, case.width, false)];
                conv.with_plan(plan, &Scratch::new(), &data.input, (case.height, case.width), &mut output);
                if first.is_empty() {
                    assert!(relative(&output, &case.exact(&data, true)) <= SINGLE, "{path:?}");
                    first = output.clone();
                }
                assert!(output == first, "{path:?}, {plan:?}");
            }
        }
    }
}

#[test]
fn without_relu_what_is_negative_stays() {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    for inputs in [3, 20] {
        let case = Case { n: 2, height: 9, width: 15, inputs, outputs: 24, pool: false };
        let data = case.data(&mut rng);
        let conv = Conv3x3::linear(&data.weights, &data.bias, inputs, case.outputs);
        let mut output = Vec::new();
        conv.forward(&mut Scratch::new(), &data.input, case.n, case.height, case.width, &mut output, false);
        assert!(output.iter().any(|value| *value < -0.1));
        assert!(relative(&output, &case.exact(&data, false)) <= SINGLE);
    }
}

/// A first layer that reads bytes and takes the mean off itself: against the plain
/// twin of what it should have read.
#[test]
fn bytes_are_normalised_by_the_first_layer() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let case = Case { n: 3, height: 21, width: 18, inputs: 3, outputs: 40, pool: true };
    let mut data = case.data(&mut rng);
    let (mean, scale) = ([123.7, 116.8, 103.9], [0.017, 0.018, 0.019]);
    let bytes: Vec<u8> = (0..data.input.len()).map(|_| rng.random()).collect();
    for (at, value) in data.input.iter_mut().enumerate() {
        *value = (f32::from(bytes[at]) - mean[at % 3]) * scale[at % 3];
    }
    let first = Conv3x3::first(&data.weights, &data.bias, &mean, &scale, case.outputs);
    let stack = Stack::new(vec![(first, true)]);
    let output = stack.forward_bytes(&mut Scratch::new(), &bytes, case.n, case.height, case.width);
    assert!(relative(&output, &case.exact(&data, true)) <= SINGLE);
}

#[test]
#[should_panic(expected = "takes numbers, not bytes")]
fn a_later_layer_takes_no_bytes() {
    let layer = Conv3x3::new(&[0.0; 8 * 9], &[0.0], 8, 1);
    Stack::new(vec![(layer, false)]).forward_bytes(&mut Scratch::new(), &[0; 8 * 9], 1, 3, 3);
}

/// Enough tiles for many chunks, an amount for few, and first layers.
#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let cases = [(2, 70, 66, 5, 20, true), (1, 14, 14, 40, 33, false), (1, 61, 40, 3, 17, true)];
    for (n, height, width, inputs, outputs, pool) in cases {
        let case = Case { n, height, width, inputs, outputs, pool };
        let data = case.data(&mut rng);
        for path in Path::available() {
            assert!(case.error(path, Tiles::Any, &data, &mut Scratch::new()) <= SINGLE, "{path:?}, {case:?}");
            let with_threads = |count| -> Vec<u32> {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build().expect("a thread pool");
                let output = pool.install(|| case.fast(path, Tiles::Any, &data, &mut Scratch::new()));
                output.into_iter().map(f32::to_bits).collect()
            };
            let one = with_threads(1);
            for threads in [2, 5] {
                assert!(with_threads(threads) == one, "{path:?}, {case:?}, {threads} threads");
            }
        }
    }
}

#[test]
fn nothing_in_nothing_out() {
    let conv = Conv3x3::new(&[1.0; 9], &[0.0], 1, 1);
    for (n, height, width, pool) in [(0, 4, 4, false), (1, 0, 4, false), (1, 1, 8, true), (2, 8, 1, true)] {
        let mut output = vec![1.0; 3];
        let input = vec![1.0; n * height * width];
        conv.forward(&mut Scratch::new(), &input, n, height, width, &mut output, pool);
        assert!(output.is_empty());
    }
}

/// Three layers, pooled and not, first layer and others.
fn small_stack(rng: &mut ChaCha8Rng) -> Vec<(Conv3x3, bool)> {
    let mut layer = |inputs, outputs, pool| {
        let (weights, bias) = (numbers(rng, outputs * inputs * 9), numbers(rng, outputs));
        (Conv3x3::new(&weights, &bias, inputs, outputs), pool)
    };
    vec![layer(3, 18, true), layer(18, 7, false), layer(7, 11, true)]
}

#[test]
fn a_stack_is_its_layers_in_turn() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let layers = small_stack(&mut rng);
    let (n, mut height, mut width) = (19, 13, 22);
    let input = numbers(&mut rng, n * height * width * 3);
    let (mut x, mut y) = (input.clone(), Vec::new());
    for (conv, pool) in &layers {
        conv.forward(&mut Scratch::new(), &x, n, height, width, &mut y, *pool);
        std::mem::swap(&mut x, &mut y);
        if *pool {
            (height, width) = (height / 2, width / 2);
        }
    }
    let stack = Stack::new(layers);
    assert!(x.iter().any(|&number| number > 0.0));
    assert!(stack.forward(&mut Scratch::new(), &input, n, 13, 22) == x);
    assert_eq!(stack.to_string(), "3 3x3 convolutions, 3 to 11 channels");
}

#[test]
fn memory_does_not_grow_with_pictures() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let stack = Stack::new(small_stack(&mut rng));
    let threads = 2;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a thread pool");
    // The sums of: workspaces of at most 128 tiles and a row, activations of two pictures.
    let (tiles, picture) = (128 + 10, 20 * 20 * 32);
    let most = threads * 36 * tiles * (32 + 32) * 4 + 2 * 2 * picture * 4;
    for n in [10, 100, 200] {
        let input = numbers(&mut rng, n * 40 * 40 * 3);
        let mut scratch = Scratch::new();
        pool.install(|| stack.forward(&mut scratch, &input, n, 40, 40));
        assert!(scratch.workspaces() <= threads, "{} workspaces", scratch.workspaces());
        assert!(scratch.bytes() <= most, "{} bytes for {n} pictures", scratch.bytes());
    }
}
