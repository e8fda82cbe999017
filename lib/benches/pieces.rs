//! The pieces of a lesson, each alone: `cargo bench -p sevenlines`, or one of them by
//! name, `cargo bench -p sevenlines -- conv`. The whole is `sevenlines bench`'s.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sevenlines::bench::{AdamStep, HeadStep};
use sevenlines::conv::{Conv3x3, Precision, Scratch, Stack};
use sevenlines::data::drawn::{Animal, draw};
use sevenlines::data::{Augment, Resize, open_picture};
use sevenlines::vgg16::layers::{Conv, convs};
use std::hint::black_box;
use std::time::Duration;

type Group<'a> = BenchmarkGroup<'a, WallTime>;

/// A layer's side, in points.
fn side(conv: &Conv) -> usize {
    224 >> (conv.block - 1)
}

/// As a program without the Winograd method would count them.
fn operations(conv: &Conv, pictures: usize) -> u64 {
    (2 * 9 * conv.inputs * conv.outputs * side(conv) * side(conv) * pictures) as u64
}

/// Numbers between -`limit` and `limit`.
fn numbers(count: usize, limit: f32) -> Vec<f32> {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next() * limit).collect()
}

fn layer(precision: Precision, conv: &Conv) -> Conv3x3 {
    let limit = (6.0 / (9 * conv.inputs) as f32).sqrt();
    let weights = numbers(9 * conv.inputs * conv.outputs, limit);
    let bias = numbers(conv.outputs, 0.1);
    Conv3x3::in_precision(
        precision,
        sevenlines::conv::Tiles::default(),
        &weights,
        &bias,
        conv.inputs,
        conv.outputs,
    )
    .expect("this processor has it")
}

fn precisions() -> Vec<Precision> {
    [Precision::Single, Precision::Bfloat16]
        .into_iter()
        .filter(|precision| precision.is_available())
        .collect()
}

fn pictures(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // The size of the photographs that the lesson is about.
    let large =
        image::imageops::resize(&draw(Animal::Cat, 3), 500, 375, image::imageops::FilterType::Triangle);
    let file = folder.path().join("cat.jpg");
    large.save(&file).expect("writes");
    let mut group = c.benchmark_group("picture");
    group.bench_function("decode 500 x 375", |b| {
        b.iter(|| open_picture(black_box(&file)).expect("a picture"))
    });
    for resize in [Resize::Squash, Resize::CenterCrop, Resize::Nearest] {
        let name = BenchmarkId::new("to 224 x 224", resize);
        group.bench_function(name, |b| b.iter(|| resize.apply(black_box(&large))));
    }
    for augment in [Augment::default(), Augment::standard()] {
        let name = BenchmarkId::new("to 224 x 224, augmented", augment);
        let mut step = 0;
        group.bench_function(name, |b| {
            b.iter(|| {
                step += 1;
                augment.apply(black_box(large.clone()), Resize::Squash, 0, step)
            })
        });
    }
}

/// Each shape of VGG16's layers, for one picture and for eight.
fn convolutions(c: &mut Criterion) {
    let mut group = c.benchmark_group("conv");
    let mut shapes: Vec<Conv> = convs();
    shapes.dedup_by_key(|conv| (conv.block, conv.inputs, conv.outputs, conv.pooled));
    for conv in shapes {
        let pool = if conv.pooled { " with pool" } else { "" };
        let shape = format!("{0} x {0}, {1} to {2}{pool}", side(&conv), conv.inputs, conv.outputs);
        for precision in precisions() {
            for n in [1, 8] {
                let name = BenchmarkId::new(&shape, format!("{precision}, {n} pictures"));
                group.throughput(Throughput::Elements(operations(&conv, n)));
                convolution(&mut group, name, precision, &conv, n);
            }
        }
    }
}

fn convolution(group: &mut Group, name: BenchmarkId, precision: Precision, conv: &Conv, n: usize) {
    let (side, prepared) = (side(conv), layer(precision, conv));
    let input = numbers(n * side * side * conv.inputs, 1.0);
    let (mut scratch, mut output) = (Scratch::new(), Vec::new());
    group.bench_function(name, |b| {
        b.iter(|| prepared.forward(&mut scratch, black_box(&input), n, side, side, &mut output, conv.pooled));
    });
}

/// All thirteen layers for one picture, and the preparation of the largest.
fn stack(c: &mut Criterion) {
    let mut group = c.benchmark_group("stack");
    let all = convs();
    for precision in precisions() {
        let name = BenchmarkId::new("prepare 512 to 512", precision);
        group.bench_function(name, |b| b.iter(|| layer(precision, &all[12])));
    }
    group.throughput(Throughput::Elements(all.iter().map(|conv| operations(conv, 1)).sum()));
    for precision in precisions() {
        let stack = Stack::new(all.iter().map(|conv| (layer(precision, conv), conv.pooled)).collect());
        let (input, mut scratch) = (numbers(224 * 224 * 3, 1.0), Scratch::new());
        group.bench_function(BenchmarkId::new("thirteen layers, 1 picture", precision), |b| {
            b.iter(|| stack.forward(&mut scratch, black_box(&input), 1, 224, 224));
        });
    }
}

fn training(c: &mut Criterion) {
    let mut group = c.benchmark_group("train");
    for outputs in [2, 100] {
        let mut step = HeadStep::new(64, outputs).expect("a head");
        let name = BenchmarkId::new("head step, 64 rows", format!("{outputs} outputs"));
        group.bench_function(name, |b| b.iter(|| step.run()));
    }
    let mut adam = AdamStep::new(1 << 20).expect("numbers");
    group.throughput(Throughput::Elements(1 << 20));
    group.bench_function("Adam, 1,048,576 numbers", |b| b.iter(|| adam.run()));
}

criterion_group! {
    name = pieces;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3));
    targets = pictures, convolutions, stack, training
}
criterion_main!(pieces);
