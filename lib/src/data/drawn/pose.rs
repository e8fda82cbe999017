//! Bodies: the rods of trunk, legs and tail for each pose, from an animal's
//! proportions. The ground is y = 0, forward is +z.

use super::math::{Dice, V3, cos, sin, v3};
use super::solid::{Part, Rod, ball, chain};

/// How the animal holds itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pose {
    Standing,
    Sitting,
    Lying,
}

/// The tail's shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// Long and slender, carried in a curve.
    Slender,
    /// Up like a sabre.
    Sabre,
    /// Hanging.
    Hanging,
    /// Curled over the back.
    Curled,
}

/// Proportions, each about 1.
#[derive(Clone, Copy, Debug)]
pub struct Build {
    pub length: f32,
    pub legs: f32,
    pub girth: f32,
    pub limb: f32,
    pub head: f32,
    pub neck: f32,
    pub tail: Tail,
    pub tail_thick: f32,
}

/// The body's rods and where the head's centre is.
pub struct Body {
    pub rods: Vec<Rod>,
    pub head_at: V3,
    /// How far the body may be turned from the viewer: least and most, in half turns.
    pub turned: (f32, f32),
}

/// Builds the body of a cat or a dog in a pose.
pub fn body(build: &Build, dice: &mut Dice) -> Body {
    match dice.pick(&[Pose::Standing, Pose::Sitting, Pose::Sitting, Pose::Lying]) {
        Pose::Standing => standing(build, dice),
        Pose::Sitting => sitting(build, dice),
        Pose::Lying => lying(build, dice),
    }
}

fn standing(b: &Build, dice: &mut Dice) -> Body {
    let mut rods = Vec::new();
    let (l, g, t) = (b.length, b.girth, b.limb);
    let floor = 0.5 + 1.45 * b.legs;
    let back = v3(0.0, floor + 0.25, 0.0);
    let at = |x: f32, y: f32, z: f32| v3(x, y, z * l) + back;
    let trunk = [
        (at(0.0, 0.08, -1.5), 0.5 * g),
        (at(0.0, 0.0, -1.1), 0.7 * g),
        (at(0.0, 0.0, -0.1), 0.66 * g),
        (at(0.0, -0.04, 0.7), 0.78 * g),
        (at(0.0, 0.06, 1.2), 0.64 * g),
    ];
    chain(&mut rods, Part::Body, &trunk);
    let head_at = at(0.0, 0.75 + 0.85 * b.neck, 1.35) + v3(0.0, 0.0, 0.35 + 0.3 * b.neck);
    neck(&mut rods, at(0.0, 0.15, 1.1), 0.62 * g, head_at, b);
    let hip = back.y;
    for side in [-1.0, 1.0] {
        let stride = dice.about(0.0, 0.35);
        let x = 0.36 * g * side;
        let (top, knee) = (at(x, -0.2, 0.95), hip * 0.45);
        let z = top.z + stride;
        let foot = v3(x, 0.2 * t, z);
        let limb = [(top, 0.36 * t), (v3(x, knee, (top.z + z) / 2.0 + 0.05), 0.22 * t), (foot, 0.19 * t)];
        chain(&mut rods, Part::Leg, &limb);
        paw(&mut rods, foot, t);
        let stride = dice.about(0.0, 0.35);
        let top = at(x, -0.1, -1.1);
        let foot = v3(x, 0.2 * t, top.z - 0.15 + stride);
        let limb = [
            (top, 0.52 * t),
            (v3(x, hip * 0.56, top.z + 0.2 + stride * 0.5), 0.32 * t),
            (v3(x, hip * 0.28, top.z - 0.3 + stride), 0.19 * t),
            (foot, 0.18 * t),
        ];
        chain(&mut rods, Part::Leg, &limb);
        paw(&mut rods, foot, t);
    }
    tail(&mut rods, at(0.0, 0.2, -1.55), b, dice);
    Body { rods, head_at, turned: (0.35, 0.5) }
}

fn sitting(b: &Build, dice: &mut Dice) -> Body {
    let mut rods = Vec::new();
    let (l, g, t) = (b.length, b.girth, b.limb);
    let high = 0.75 + 1.25 * b.legs;
    let trunk = [
        (v3(0.0, 0.8 * g, -0.85 * l), 0.8 * g),
        (v3(0.0, 0.8 * g + 0.25 * high, -0.5 * l), 0.76 * g),
        (v3(0.0, 0.4 + 0.75 * high, 0.05), 0.7 * g),
        (v3(0.0, 0.55 + high, 0.22), 0.55 * g),
    ];
    chain(&mut rods, Part::Body, &trunk);
    let head_at = v3(0.0, 1.0 + high + 0.75 * b.neck, 0.5 + 0.15 * b.neck);
    neck(&mut rods, v3(0.0, 0.5 + high, 0.2), 0.56 * g, head_at, b);
    for side in [-1.0, 1.0] {
        let x = 0.34 * g * side;
        let foot = v3(x * 0.95, 0.2 * t, 0.55 + dice.about(0.0, 0.08));
        let limb =
            [(v3(x, 0.1 + 0.85 * high, 0.3), 0.34 * t), (v3(x, 0.55 * high, 0.5), 0.23 * t), (foot, 0.2 * t)];
        chain(&mut rods, Part::Leg, &limb);
        paw(&mut rods, foot, t);
        let thigh = v3(0.6 * g * side, 0.55 * t + 0.1, -0.45 * l);
        chain(&mut rods, Part::Body, &[(v3(0.4 * side, 0.8, -0.8 * l), 0.6 * g), (thigh, 0.52 * t)]);
        let foot = v3(0.74 * g * side, 0.19 * t, 0.05);
        chain(&mut rods, Part::Leg, &[(thigh - v3(0.0, 0.3 * t, 0.0), 0.26 * t), (foot, 0.2 * t)]);
        paw(&mut rods, foot, t);
    }
    tail(&mut rods, v3(0.0, 0.35, -1.4 * l), b, dice);
    Body { rods, head_at, turned: (0.0, 0.42) }
}

fn lying(b: &Build, dice: &mut Dice) -> Body {
    let mut rods = Vec::new();
    let (l, g, t) = (b.length, b.girth, b.limb);
    let trunk = [
        (v3(0.0, 0.62 * g, -1.6 * l), 0.58 * g),
        (v3(0.0, 0.7 * g, -1.1 * l), 0.7 * g),
        (v3(0.0, 0.72 * g, -0.2 * l), 0.7 * g),
        (v3(0.0, 0.8 * g, 0.6 * l), 0.72 * g),
        (v3(0.0, 0.95 * g, 0.95 * l), 0.6 * g),
    ];
    chain(&mut rods, Part::Body, &trunk);
    let head_at = v3(0.0, 1.35 * g + 0.65 * b.neck, 1.2 * l + 0.4);
    neck(&mut rods, v3(0.0, 1.0 * g, 0.9 * l), 0.58 * g, head_at, b);
    for side in [-1.0, 1.0] {
        let x = 0.45 * g * side;
        let reach = 0.9 * l + 0.5 + 0.7 * b.legs + dice.about(0.0, 0.2);
        let foot = v3(x * 0.9, 0.2 * t, reach);
        let limb =
            [(v3(x, 0.5, 0.7 * l), 0.34 * t), (v3(x * 1.15, 0.26 * t, 0.95 * l), 0.25 * t), (foot, 0.2 * t)];
        chain(&mut rods, Part::Leg, &limb);
        paw(&mut rods, foot, t);
        let thigh = v3(0.6 * g * side, 0.5 * t + 0.08, -l);
        chain(&mut rods, Part::Body, &[(v3(0.3 * side, 0.65, -1.3 * l), 0.58 * g), (thigh, 0.5 * t)]);
        let foot = v3(0.8 * g * side, 0.19 * t, -0.3 * l);
        chain(&mut rods, Part::Leg, &[(thigh - v3(0.0, 0.28 * t, 0.0), 0.24 * t), (foot, 0.2 * t)]);
        paw(&mut rods, foot, t);
    }
    tail(&mut rods, v3(0.0, 0.45, -2.0 * l), b, dice);
    Body { rods, head_at, turned: (0.1, 0.48) }
}

fn neck(rods: &mut Vec<Rod>, from: V3, thick: f32, head: V3, b: &Build) {
    chain(rods, Part::Neck, &[(from, thick), (head - v3(0.0, 0.1, 0.1), 0.56 * b.head)]);
}

fn paw(rods: &mut Vec<Rod>, foot: V3, thick: f32) {
    ball(rods, Part::Paw, v3(foot.x, 0.2 * thick, foot.z + 0.16), 0.25 * thick);
}

/// A tail from `root`, as a line that turns bit by bit in the plane of its side.
fn tail(rods: &mut Vec<Rod>, root: V3, b: &Build, dice: &mut Dice) {
    let k = b.tail_thick;
    // First direction (0: straight back, positive: up), turn and length of each bit.
    let (mut angle, turn, bit) = match b.tail {
        Tail::Slender => {
            let up = dice.chance(0.6);
            (if up { 0.7 } else { -0.2 }, dice.range(-0.2, 0.45), 0.36)
        }
        Tail::Sabre => (dice.range(0.5, 1.0), 0.14, 0.22),
        Tail::Hanging => (-0.7, 0.12, 0.24),
        Tail::Curled => (1.0, 0.5, 0.3),
    };
    let sideways = dice.about(0.0, 0.9);
    let mut at = root;
    let mut points = vec![(root, 0.24 * k)];
    for i in 0..7 {
        let flat = cos(angle) * bit;
        at = at + v3(flat * sin(sideways), sin(angle) * bit, -flat * cos(sideways));
        at.y = at.y.max(0.17 * k);
        angle += turn;
        let taper = match b.tail {
            Tail::Slender => 0.19 - 0.008 * i as f32,
            Tail::Sabre => 0.2 - 0.02 * i as f32,
            Tail::Hanging | Tail::Curled => 0.24 - 0.015 * i as f32,
        };
        points.push((at, taper * k));
    }
    chain(rods, Part::Tail, &points);
}
