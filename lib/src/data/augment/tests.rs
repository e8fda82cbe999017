//! Each change alone, on pictures of any size.

use super::*;
use crate::data::SIDE;
use crate::rng::{self, Purpose};
use image::{Rgb, imageops};
use rand::Rng;

/// Smooth waves of light, as photographs are smooth.
fn waves(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let wave =
            |k: f64| (127.5 + 100.0 * (f64::from(x) / k).sin() * (f64::from(y) / (k + 3.0)).cos()) as u8;
        Rgb([wave(9.0), wave(13.0), wave(21.0)])
    })
}

const SIZES: [(u32, u32); 7] = [(1, 1), (1, 7), (9, 1), (3, 5), (224, 224), (225, 223), (500, 375)];

#[test]
fn the_default_is_what_true_was() {
    // The whole of it as it stood when the option was a bool.
    let before = |picture: RgbImage, seed: u64, step: u64| {
        let mut rng = rng::stream(seed, Purpose::Augment, step);
        let picture = if rng.random_bool(0.5) { imageops::flip_horizontal(&picture) } else { picture };
        let (width, height) = picture.dimensions();
        let mut cut = |side: u32| (f64::from(side) * rng.random_range(0.0..0.12)) as u32;
        let (left, right, top, bottom) = (cut(width), cut(width), cut(height), cut(height));
        imageops::crop_imm(&picture, left, top, width - left - right, height - top - bottom).to_image()
    };
    for (width, height) in SIZES {
        for (seed, step) in (0..4).flat_map(|seed| [0, 1, 5 << 32, (3 << 32) ^ 17].map(|step| (seed, step))) {
            let picture = waves(width, height);
            let look = Look::draw(&Augment::default(), seed, step);
            let expected = Resize::Squash.apply(&before(picture.clone(), seed, step));
            assert!(look.apply(picture, Resize::Squash) == expected, "{width} x {height}, {seed}, {step}");
        }
    }
    assert_eq!(Augment::default().before(448), 590);
}

#[test]
fn at_zero_each_change_is_the_identity() {
    assert_eq!(Look::draw(&Augment::none(), 3, 9), Look::PLAIN);
    for resize in [Resize::Squash, Resize::CenterCrop, Resize::Nearest] {
        for (width, height) in SIZES {
            let picture = waves(width, height);
            assert!(
                Look::PLAIN.apply(picture.clone(), resize) == resize.apply(&picture),
                "{width} x {height}"
            );
        }
    }
    // Not by the shortcut alone: a turn and a light too weak to see.
    for (width, height) in SIZES {
        let picture = waves(width, height);
        assert!(warp::turned(picture.clone(), 1e-9, 1.0, 1.3) == picture, "{width} x {height}");
        let mut lit = picture.clone();
        light::lit(&mut lit, 1e-9, 1.0 + 1e-9);
        assert!(lit == picture, "{width} x {height}");
    }
}

#[test]
fn every_change_takes_pictures_of_any_size() {
    let strongest = Augment {
        flip: true,
        vertical_flip: true,
        crop: 0.4,
        rotate: 180.0,
        zoom: 4.0,
        brightness: 0.9,
        contrast: 0.9,
    };
    strongest.check().unwrap();
    for (width, height) in SIZES {
        for step in 0..20 {
            let look = Look::draw(&strongest, 0, step);
            let changed = look.apply(waves(width, height), Resize::Squash);
            assert_eq!(changed.dimensions(), (SIDE, SIDE), "{look:?}");
        }
    }
    for side in [1, 2, 3] {
        let grey = RgbImage::from_pixel(side, side, Rgb([90; 3]));
        assert!(warp::turned(grey.clone(), 33.0, 1.5, 0.5) == grey, "its own reflection");
    }
}

#[test]
fn flipping_twice_gives_the_picture_back() {
    for (width, height) in [(224, 224), (448, 224)] {
        let picture = Resize::Squash.apply(&waves(width, height));
        for look in [Look { mirror: true, ..Look::PLAIN }, Look { upside_down: true, ..Look::PLAIN }] {
            let once = look.apply(picture.clone(), Resize::Squash);
            assert!(once != picture && look.apply(once, Resize::Squash) == picture, "{look:?}");
        }
    }
}

/// The mean difference of the middle half's values.
fn apart(a: &RgbImage, b: &RgbImage) -> f64 {
    let (width, height) = a.dimensions();
    let middle = |picture: &RgbImage| {
        imageops::crop_imm(picture, width / 4, height / 4, width / 2, height / 2).to_image().into_raw()
    };
    let (a, b) = (middle(a), middle(b));
    a.iter().zip(&b).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / a.len() as f64
}

#[test]
fn a_turn_and_its_opposite_give_the_middle_back() {
    for (width, height, aspect) in [(224, 224, 1.0), (224, 224, 1.6), (201, 155, 0.7)] {
        let picture = waves(width, height);
        for degrees in [3.0, -10.0, 27.5] {
            let once = warp::turned(picture.clone(), degrees, 1.0, aspect);
            let back = warp::turned(once.clone(), -degrees, 1.0, aspect);
            let (moved, left) = (apart(&picture, &once), apart(&picture, &back));
            assert!(left < 2.0 && left * 5.0 < moved, "{degrees}°: {left} after {moved}");
        }
    }
}

#[test]
fn a_quarter_turn_is_clockwise_and_half_a_turn_flips_both_ways() {
    let picture = waves(101, 101);
    assert!(warp::turned(picture.clone(), 90.0, 1.0, 1.0) == imageops::rotate90(&picture));
    let both = imageops::flip_vertical(&imageops::flip_horizontal(&picture));
    assert!(warp::turned(picture, 180.0, 1.0, 1.0) == both);
}

#[test]
fn a_squashed_picture_turns_in_its_own_shape() {
    // A square on a picture twice as wide as it is high: turned by 90 degrees it is a
    // square again, so half as wide as high when squashed.
    let picture = RgbImage::from_fn(400, 200, |x, y| {
        let inside = (150..250).contains(&x) && (50..150).contains(&y);
        Rgb([if inside { 255 } else { 0 }; 3])
    });
    let look = Look { degrees: 90.0, ..Look::PLAIN };
    let turned = look.apply(picture.clone(), Resize::Squash);
    let plain = Resize::Squash.apply(&picture);
    assert!(apart(&turned, &plain) < 3.0, "{}", apart(&turned, &plain));
}

#[test]
fn zooming_enlarges_about_the_middle() {
    let dot = |half: u32| {
        RgbImage::from_fn(200, 200, |x, y| {
            let near = |place: u32| place.abs_diff(100) <= half;
            Rgb([if near(x) && near(y) { 255 } else { 0 }; 3])
        })
    };
    let bright = |picture: &RgbImage| picture.pixels().filter(|pixel| pixel.0[0] > 127).count() as f64;
    let picture = dot(20);
    let grown = bright(&warp::turned(picture.clone(), 0.0, 1.5, 1.0)) / bright(&picture);
    assert!((2.1..2.4).contains(&grown), "the area is 2.25 times, not {grown}");
}

#[test]
fn light_is_bounded_and_keeps_the_order() {
    let ramp = RgbImage::from_fn(256, 1, |x, _| Rgb([x as u8; 3]));
    for (brightness, contrast) in [(0.9, 1.0), (-0.9, 1.0), (0.0, 10.0), (0.0, 0.1), (0.2, 0.8), (-0.9, 10.0)]
    {
        let mut lit = ramp.clone();
        light::lit(&mut lit, brightness, contrast);
        let values: Vec<u8> = lit.pixels().map(|pixel| pixel.0[0]).collect();
        assert!(values.is_sorted(), "{brightness} {contrast}: {values:?}");
        assert!(lit.pixels().all(|pixel| pixel.0 == [pixel.0[0]; 3]), "grey stays grey");
    }
    let middle = |brightness, contrast| {
        let mut grey = RgbImage::from_pixel(1, 1, Rgb([127; 3]));
        light::lit(&mut grey, brightness, contrast);
        i32::from(grey.get_pixel(0, 0).0[0])
    };
    assert!((middle(0.2, 1.0) - 153).abs() <= 1 && (middle(-0.2, 1.0) - 102).abs() <= 1);
    assert!((middle(0.0, 5.0) - 127).abs() <= 3, "contrast turns about the middle grey");
}

#[test]
fn one_change_more_leaves_the_others_as_they_were() {
    let flat = Augment { flip: true, crop: 0.12, ..Augment::none() };
    let all =
        Augment { rotate: 10.0, zoom: 0.2, brightness: 0.3, contrast: 0.4, vertical_flip: true, ..flat };
    let (mut turned, mut mirrored) = (Vec::new(), 0);
    for step in 0..200 {
        let (few, many) = (Look::draw(&flat, 7, step), Look::draw(&all, 7, step));
        assert_eq!((few.mirror, few.cut), (many.mirror, many.cut));
        assert!(many.cut.iter().all(|cut| (0.0..0.12).contains(cut)));
        assert!(many.degrees.abs() <= 10.0 && (1.0..=1.2).contains(&many.zoom), "{many:?}");
        assert!(many.brightness.abs() <= 0.3 && (0.6..=1.0 / 0.6).contains(&many.contrast), "{many:?}");
        turned.push(many.degrees);
        mirrored += usize::from(many.mirror);
    }
    assert!((70..130).contains(&mirrored), "{mirrored} of 200 are mirrored");
    assert!(turned.iter().any(|&d| d > 8.0) && turned.iter().any(|&d| d < -8.0), "both ways, and far");
}

#[test]
fn strengths_out_of_range_are_refused_by_name() {
    let none = Augment::none();
    for (augment, name) in [
        (Augment { crop: 0.5, ..none }, "crop is 0.5"),
        (Augment { rotate: -1.0, ..none }, "rotate is -1"),
        (Augment { zoom: f64::NAN, ..none }, "zoom is NaN"),
        (Augment { brightness: 1.0, ..none }, "brightness is 1"),
        (Augment { contrast: f64::INFINITY, ..none }, "contrast is inf"),
    ] {
        let error = augment.check().unwrap_err().to_string();
        assert!(error.contains(name) && error.contains("must be between 0 and"), "{error}");
    }
    assert_eq!(none.to_string(), "unchanged");
    let all = Augment::standard().to_string();
    assert_eq!(
        all,
        "mirrored, cropped by up to 8 % a side, turned by up to 10°, enlarged by up to 10 %, brightness by up \
         to 0.2, contrast by up to 0.2"
    );
}
