//! A cat: slender body, a round head with pricked triangular ears, a short muzzle
//! with a small nose, slit pupils and whiskers.

use super::coat::{Coat, Pattern};
use super::creature::{Creature, Skin};
use super::face::{Eye, Face};
use super::math::{Dice, Rgb, V3, v3};
use super::palette::{Theme, palette};
use super::pose::{Body, Build, Tail, body};
use super::solid::{Part, Rod, ball, chain};

/// A cat's proportions and colours.
#[derive(Clone, Copy, Debug)]
pub struct Cat {
    build: Build,
    coat: Coat,
    nose: Rgb,
    eye: Eye,
    ear: f32,
    wide: f32,
    cheek: f32,
    whisker: Rgb,
}

/// Casts a cat of a colour theme.
pub fn cast(theme: Theme, dice: &mut Dice) -> Cat {
    let mut coat = palette(theme, dice);
    coat.pattern = match theme {
        Theme::Black | Theme::White => Pattern::Plain,
        Theme::Grey => dice.pick(&[Pattern::Plain, Pattern::Tabby, Pattern::Tabby]),
        Theme::Ginger => dice.pick(&[Pattern::Tabby, Pattern::Tabby, Pattern::Bicolour]),
        Theme::Brown => Pattern::Tabby,
        Theme::Cream => dice.pick(&[Pattern::Points, Pattern::Points, Pattern::Tabby]),
        Theme::Pied => Pattern::Bicolour,
        Theme::Tricolour => Pattern::Patches,
    };
    coat.fur = dice.pick(&[0.2, 0.22, 0.26, 0.42]);
    let long = coat.fur > 0.4;
    let girth = dice.range(0.82, 1.02) * if long { 1.12 } else { 1.0 };
    let build = Build {
        length: dice.range(0.95, 1.1),
        legs: dice.range(0.9, 1.05),
        girth,
        limb: dice.range(0.85, 1.0),
        head: dice.range(0.84, 0.98),
        neck: dice.range(0.25, 0.5),
        tail: Tail::Slender,
        tail_thick: if long { 1.7 } else { dice.range(0.8, 1.0) },
    };
    let iris = match coat.pattern {
        Pattern::Points => dice.near([0.35, 0.6, 0.9], 0.1),
        _ => {
            let of = dice.pick(&[[0.62, 0.7, 0.2], [0.4, 0.66, 0.3], [0.88, 0.65, 0.15], [0.8, 0.5, 0.12]]);
            dice.near(of, 0.12)
        }
    };
    let eye = Eye {
        iris,
        size: dice.range(0.18, 0.225),
        pupil: (dice.range(0.14, 0.42), 0.86),
        lid: if dice.chance(0.2) { dice.range(0.4, 0.8) } else { dice.range(0.0, 0.25) },
        slant: dice.range(0.1, 0.28),
        white: false,
    };
    let nose = if theme == Theme::Black { [0.16, 0.12, 0.12] } else { dice.near([0.83, 0.5, 0.48], 0.14) };
    let whisker = if theme == Theme::White { [0.55, 0.53, 0.5] } else { [0.96, 0.95, 0.92] };
    Cat {
        build,
        coat,
        nose,
        eye,
        ear: dice.range(0.85, 1.15),
        wide: dice.range(0.08, 0.18),
        cheek: if long { 1.12 } else { 1.0 },
        whisker,
    }
}

impl Creature for Cat {
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
        let w = self.wide;
        chain(&mut rods, Part::Head, &[(v3(-w, 0.06, 0.0), 0.88), (v3(w, 0.06, 0.0), 0.88)]);
        for side in [-1.0, 1.0] {
            let x = side * self.cheek;
            ball(&mut rods, Part::Head, v3(0.46 * x, -0.3, 0.22), 0.52);
            ball(&mut rods, Part::Muzzle, v3(0.17 * side, -0.38, 0.78), 0.25);
            let root = v3(0.5 * side, 0.5, -0.08);
            chain(&mut rods, Part::Ear, &[(root, 0.36), (self.ear_tip(side), 0.035)]);
            chain(&mut rods, Part::Ear, &[(v3(0.66 * side, 0.4, -0.1), 0.25), (self.ear_tip(side), 0.03)]);
        }
        ball(&mut rods, Part::Muzzle, v3(0.0, -0.58, 0.66), 0.2);
        chain(&mut rods, Part::Head, &[(v3(0.0, 0.22, 0.66), 0.22), (v3(0.0, -0.2, 0.86), 0.15)]);
        rods
    }

    fn face(&self, face: &mut Face, dice: &mut Dice) {
        for side in [-1.0f32, 1.0] {
            self.inner_ear(face, side, dice);
            face.eye(v3(0.42 * side, 0.1, 0.76), v3(0.34 * side, 0.05, 1.0), &self.eye);
        }
        self.mouth(face);
        face.whiskers(v3(0.26, -0.38, 0.98), 1.15, self.whisker, dice);
    }
}

impl Cat {
    /// Where the nose is, in the head's axes.
    fn nose_at(&self) -> V3 {
        v3(0.0, -0.2, 0.95)
    }

    fn ear_tip(&self, side: f32) -> V3 {
        v3(0.74 * side, 0.62 + 0.74 * self.ear, -0.12)
    }

    fn inner_ear(&self, face: &mut Face, side: f32, dice: &mut Dice) {
        if face.head.dir(v3(0.25 * side, 0.1, 1.0)).z < 0.2 {
            return;
        }
        let (root, tip) = (v3(0.55 * side, 0.55, 0.22), self.ear_tip(side));
        let left = root + v3(-0.2, 0.12, 0.0);
        let right = root + v3(0.2, 0.02, -0.08);
        let tip = tip.mix(root, 0.18) + v3(0.0, 0.0, 0.1);
        let outline = [left, tip, right].map(|p| face.point(p));
        let z = face.head.at(root).z + 0.25 * face.head.scale();
        face.fill(&outline, z, self.coat.ear, 0.85);
        // Pale tufts from the inner edge.
        for _ in 0..9 {
            let from = left.mix(right, dice.range(0.0, 0.45)) + v3(0.0, -0.04, 0.05);
            let to = from.mix(tip, dice.range(0.4, 0.75)) + v3(0.05 * side, 0.0, 0.0);
            face.line([from, from.mix(to, 0.5), to], (0.04, 0.01), self.coat.pale, 0.5, 0.4);
        }
    }

    fn mouth(&self, face: &mut Face) {
        let slack = 0.2;
        let dark = [0.22, 0.13, 0.12];
        let under = v3(0.0, -0.36, 1.04);
        for side in [-1.0f32, 1.0] {
            let bend = v3(0.1 * side, -0.56, 1.0);
            face.line([under, bend, v3(0.3 * side, -0.52, 0.86)], (0.04, 0.02), dark, 0.75, slack);
        }
        face.line([v3(0.0, -0.24, 1.05), v3(0.0, -0.3, 1.05), under], (0.035, 0.035), dark, 0.7, slack);
        if face.head.dir(v3(0.0, 0.0, 1.0)).z < 0.05 {
            return;
        }
        let z = face.head.at(v3(0.0, -0.2, 1.02)).z + slack * face.head.scale();
        let corners =
            [(-0.13, -0.13), (-0.05, -0.11), (0.05, -0.11), (0.13, -0.13), (0.05, -0.26), (-0.05, -0.26)];
        let outline = corners.map(|(x, y)| face.point(v3(x, y, 1.0 + 0.1 * (0.13f32 - x.abs()))));
        face.fill(&outline, z, self.nose, 1.0);
    }
}
