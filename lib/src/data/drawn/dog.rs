//! A dog: a long muzzle with a big dark nose, floppy or pricked ears, round brown
//! eyes, often with its tongue out.

use super::coat::{Coat, Pattern};
use super::creature::{Creature, Skin};
use super::face::{Eye, Face};
use super::math::{Dice, Rgb, V3, mix, v3};
use super::palette::{Theme, palette};
use super::pose::{Body, Build, Tail, body};
use super::solid::{Part, Rod, ball, chain};

/// How the ears hang or stand.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ears {
    /// Hanging, so long.
    Floppy(f32),
    /// Standing, so high.
    Pricked(f32),
    /// Standing with the tip bent over.
    Folded,
}

/// A dog's proportions and colours.
#[derive(Clone, Copy, Debug)]
pub struct Dog {
    build: Build,
    coat: Coat,
    nose: Rgb,
    eye: Eye,
    ears: Ears,
    snout: f32,
    heavy: f32,
    /// How far the mouth is open, 0 to 1.
    open: f32,
    tongue: f32,
    topknot: bool,
}

/// A kind of dog that people know.
#[derive(Clone, Copy, Debug)]
enum Breed {
    Labrador,
    Golden,
    Beagle,
    Dalmatian,
    Husky,
    Shepherd,
    Dachshund,
    Poodle,
    Collie,
    Terrier,
    Weimaraner,
}

/// Casts a dog of a colour theme.
pub fn cast(theme: Theme, dice: &mut Dice) -> Dog {
    use Breed::*;
    let breed = match theme {
        Theme::Ginger => dice.pick(&[Golden, Dachshund, Labrador]),
        Theme::Black => dice.pick(&[Labrador, Poodle, Dachshund]),
        Theme::White => dice.pick(&[Poodle, Terrier, Terrier, Dalmatian]),
        Theme::Grey => dice.pick(&[Husky, Poodle, Weimaraner]),
        Theme::Cream => dice.pick(&[Labrador, Golden, Terrier]),
        Theme::Brown => dice.pick(&[Shepherd, Shepherd, Labrador, Poodle]),
        Theme::Pied => dice.pick(&[Collie, Dalmatian, Husky]),
        Theme::Tricolour => dice.pick(&[Beagle, Beagle, Collie]),
    };
    let mut coat = palette(theme, dice);
    coat.pattern = match breed {
        Labrador | Golden | Poodle | Terrier | Dachshund | Weimaraner => Pattern::Plain,
        Beagle => Pattern::Hound,
        Dalmatian => Pattern::Spots,
        Husky => Pattern::Mask,
        Shepherd => Pattern::Saddle,
        Collie => Pattern::Bicolour,
    };
    coat.fur = match breed {
        Golden | Collie | Terrier => dice.range(0.34, 0.46),
        Husky | Shepherd => dice.range(0.26, 0.34),
        Poodle => 0.34,
        _ => dice.range(0.16, 0.22),
    };
    coat.curly = matches!(breed, Poodle);
    let (snout, heavy) = match breed {
        Dachshund | Weimaraner | Poodle => (dice.range(0.95, 1.15), 0.84),
        Terrier => (dice.range(0.6, 0.75), 1.0),
        Husky | Shepherd | Collie => (dice.range(0.85, 1.05), 0.92),
        _ => (dice.range(0.75, 0.95), dice.range(1.0, 1.1)),
    };
    let ears = match breed {
        Husky => Ears::Pricked(dice.range(0.6, 0.75)),
        Shepherd => Ears::Pricked(dice.range(0.85, 1.0)),
        Terrier => dice.pick(&[Ears::Pricked(0.6), Ears::Folded]),
        Collie => dice.pick(&[Ears::Folded, Ears::Floppy(0.8)]),
        Beagle | Dachshund | Poodle => Ears::Floppy(dice.range(1.15, 1.4)),
        _ => Ears::Floppy(dice.range(0.8, 1.05)),
    };
    let open = if dice.chance(0.5) { dice.range(0.6, 1.0) } else { 0.0 };
    let iris = if matches!(breed, Husky) && dice.chance(0.7) { [0.5, 0.72, 0.9] } else { [0.36, 0.2, 0.09] };
    let eye = Eye {
        iris: dice.near(iris, 0.15),
        size: dice.range(0.125, 0.155),
        pupil: (0.55, 0.58),
        lid: dice.range(0.0, 0.3),
        slant: 0.0,
        white: dice.chance(0.2),
    };
    let nose = if matches!(breed, Weimaraner) { [0.3, 0.2, 0.2] } else { [0.09, 0.08, 0.09] };
    let tongue = if open > 0.0 { dice.range(0.5, 1.0) } else { 0.0 };
    Dog { build: build(breed, dice), coat, nose, eye, ears, snout, heavy, open, tongue, topknot: coat.curly }
}

fn build(breed: Breed, dice: &mut Dice) -> Build {
    use Breed::*;
    let (length, legs) = match breed {
        Dachshund => (1.4, 0.42),
        Terrier => (0.95, 0.62),
        Beagle => (1.0, 0.85),
        Dalmatian | Weimaraner | Poodle => (0.95, 1.3),
        _ => (1.05, dice.range(1.05, 1.2)),
    };
    let tail = match breed {
        Husky => Tail::Curled,
        Golden | Shepherd | Collie => dice.pick(&[Tail::Hanging, Tail::Sabre]),
        _ => Tail::Sabre,
    };
    let fluffy = matches!(breed, Golden | Husky | Shepherd | Collie | Terrier);
    Build {
        length,
        legs,
        girth: dice.range(0.95, 1.15) * if fluffy { 1.08 } else { 1.0 },
        limb: dice.range(0.98, 1.18),
        head: dice.range(0.9, 1.05),
        neck: if matches!(breed, Dachshund | Terrier) { 0.45 } else { dice.range(0.5, 0.85) },
        tail,
        tail_thick: if fluffy { 1.5 } else { 0.9 },
    }
}

impl Creature for Dog {
    fn body(&self, dice: &mut Dice) -> Body {
        body(&self.build, dice)
    }

    fn head_size(&self) -> f32 {
        self.build.head
    }

    fn skin(&self) -> Skin {
        Skin { coat: self.coat, nose: self.nose, horn: self.nose, nose_at: self.nose_at() }
    }

    fn head(&self) -> Vec<Rod> {
        let mut rods = Vec::new();
        let h = self.heavy;
        let tip = self.tip();
        chain(&mut rods, Part::Head, &[(v3(-0.1, 0.1, -0.05), 0.74), (v3(0.1, 0.1, -0.05), 0.74)]);
        chain(&mut rods, Part::Head, &[(v3(0.0, 0.16, 0.4), 0.42), (v3(0.0, -0.2, 0.72), 0.4 * h)]);
        for side in [-1.0, 1.0] {
            ball(&mut rods, Part::Head, v3(0.34 * side, -0.24, 0.25), 0.46 * h);
            self.ear(&mut rods, side);
            let lip = v3(0.13 * side, tip.y - 0.13, tip.z - 0.04);
            chain(&mut rods, Part::Muzzle, &[(v3(0.2 * side, -0.4, 0.7), 0.27 * h), (lip, 0.22 * h)]);
        }
        chain(&mut rods, Part::Muzzle, &[(v3(0.0, -0.2, 0.75), 0.38 * h), (tip, 0.27 * h)]);
        self.jaw(&mut rods);
        let nose = v3(0.0, tip.y + 0.12, tip.z + 0.2 * h);
        chain(&mut rods, Part::Nose, &[(nose - v3(0.08, 0.0, 0.0), 0.15), (nose + v3(0.08, 0.0, 0.0), 0.15)]);
        ball(&mut rods, Part::Nose, nose - v3(0.0, 0.08, 0.02), 0.13);
        if self.topknot {
            ball(&mut rods, Part::Head, v3(0.0, 0.72, -0.05), 0.58);
        }
        rods
    }

    fn face(&self, face: &mut Face, dice: &mut Dice) {
        for side in [-1.0f32, 1.0] {
            if let Ears::Pricked(high) = self.ears {
                self.inner_ear(face, side, high);
            }
            face.eye(v3(0.35 * side, 0.2, 0.72), v3(0.42 * side, 0.08, 1.0), &self.eye);
            self.lip(face, side);
            self.nostril(face, side);
        }
        self.freckles(face, dice);
    }
}

impl Dog {
    /// Where the nose is, in the head's axes.
    fn nose_at(&self) -> V3 {
        self.tip() + v3(0.0, 0.1, 0.1)
    }

    /// The middle of the snout's end.
    fn tip(&self) -> V3 {
        v3(0.0, -0.32, 0.7 + 0.62 * self.snout)
    }

    fn jaw(&self, rods: &mut Vec<Rod>) {
        let tip = self.tip();
        let drop = 0.34 * self.open;
        let end = v3(0.0, tip.y - 0.3 - drop, mix(0.6, tip.z, 0.86));
        chain(rods, Part::Muzzle, &[(v3(0.0, -0.5, 0.35), 0.32), (end, 0.15)]);
        if self.open > 0.0 {
            let inside = v3(0.0, tip.y - 0.2 - drop * 0.4, mix(0.6, tip.z, 0.86));
            chain(rods, Part::Mouth, &[(v3(0.0, -0.42, 0.5), 0.26), (inside, 0.17)]);
            let lip = end + v3(0.0, 0.12, 0.08);
            let over = lip + v3(0.0, -0.12, 0.1);
            let hang = over + v3(0.03, -0.45 * self.tongue, 0.02);
            for x in [-0.06, 0.06] {
                let side = v3(x, 0.0, 0.0);
                let way = [
                    (lip + side - v3(0., -0.02, 0.4), 0.1),
                    (lip + side, 0.1),
                    (over + side, 0.1),
                    (hang + side, 0.09),
                ];
                chain(rods, Part::Tongue, &way);
            }
        }
    }

    fn ear(&self, rods: &mut Vec<Rod>, side: f32) {
        match self.ears {
            Ears::Floppy(long) => {
                let way = [
                    (v3(0.5 * side, 0.55, -0.12), 0.2),
                    (v3(0.78 * side, 0.42, -0.05), 0.22),
                    (v3(0.88 * side, 0.45 - 0.5 * long, 0.05), 0.27),
                    (v3(0.86 * side, 0.45 - 0.85 * long, 0.1), 0.2),
                    (v3(0.84 * side, 0.45 - 1.02 * long, 0.1), 0.12),
                ];
                chain(rods, Part::Ear, &way);
            }
            Ears::Pricked(high) => {
                let tip = v3(0.56 * side, 0.62 + 0.8 * high, -0.1);
                chain(rods, Part::Ear, &[(v3(0.42 * side, 0.55, -0.15), 0.27), (tip, 0.05)]);
            }
            Ears::Folded => {
                let bend = v3(0.6 * side, 0.98, -0.1);
                chain(rods, Part::Ear, &[(v3(0.45 * side, 0.52, -0.15), 0.26), (bend, 0.17)]);
                chain(rods, Part::Ear, &[(bend, 0.17), (v3(0.76 * side, 0.72, 0.18), 0.07)]);
            }
        }
    }

    fn inner_ear(&self, face: &mut Face, side: f32, high: f32) {
        if face.head.dir(v3(0.2 * side, 0.1, 1.0)).z < 0.25 {
            return;
        }
        let root = v3(0.43 * side, 0.6, 0.1);
        let tip = v3(0.55 * side, 0.58 + 0.68 * high, 0.0);
        let outline = [root - v3(0.13, 0.0, 0.0), tip, root + v3(0.13, 0.0, 0.0)].map(|p| face.point(p));
        let z = face.head.at(root).z + 0.2 * face.head.scale();
        face.fill(&outline, z, self.coat.ear.map(|c| c * 0.75), 0.7);
    }

    fn lip(&self, face: &mut Face, side: f32) {
        let tip = self.tip();
        let dark = [0.12, 0.08, 0.08];
        let h = self.heavy;
        let front = v3(0.0, tip.y - 0.22, tip.z + 0.2 * h);
        let bend = v3(0.2 * side, tip.y - 0.4, tip.z + 0.1 * h);
        let mid = v3(0.33 * side, tip.y - 0.34, mix(0.8, tip.z, 0.45));
        face.line([front, bend, mid], (0.045, 0.04), dark, 0.8, 0.16);
        face.line(
            [mid, mid + v3(0.05 * side, 0.02, -0.2), v3(0.42 * side, -0.5, 0.5)],
            (0.04, 0.02),
            dark,
            0.7,
            0.2,
        );
        face.line([v3(0.0, tip.y, tip.z + 0.3 * h), front, front], (0.035, 0.035), dark, 0.7, 0.16);
    }

    fn nostril(&self, face: &mut Face, side: f32) {
        let p = self.tip() + v3(0.085 * side, 0.09, 0.2 * self.heavy + 0.13);
        let z = face.head.at(p).z + 0.12;
        if let Some(hole) = face.disc(p, v3(0.4 * side, 0.0, 1.0), 0.05, 0.035, 0.3 * side) {
            face.fill(&hole, z, [0.01, 0.01, 0.01], 0.9);
        }
    }

    /// The dark roots of the short whiskers.
    fn freckles(&self, face: &mut Face, dice: &mut Dice) {
        let tip = self.tip();
        for _ in 0..14 {
            let side = dice.sign();
            let p = v3(
                dice.range(0.16, 0.32) * side,
                tip.y - dice.range(0.02, 0.24),
                tip.z + dice.range(-0.25, 0.12),
            );
            let z = face.head.at(p).z + 0.15;
            if let Some(dot) = face.disc(p, v3(side, 0.0, 0.7), 0.018, 0.018, 0.0) {
                face.fill(&dot, z, [0.1, 0.08, 0.08], 0.6);
            }
        }
    }
}
