//! A rabbit: a round hunched body on long hind feet, long ears that stand or hang,
//! dark eyes on the sides of the head, a tuft of a tail.

use super::coat::{Coat, Pattern};
use super::creature::{Creature, Skin};
use super::face::{Eye, Face};
use super::math::{Dice, Rgb, V3, v3};
use super::palette::{Theme, palette};
use super::pose::Body;
use super::solid::{Part, Rod, ball, chain};

/// How the ears are carried.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ears {
    /// Standing, so far apart.
    Upright(f32),
    /// Laid back over the neck.
    Back,
    /// Hanging, as a lop's.
    Lop,
}

/// A rabbit's proportions and colours.
#[derive(Clone, Copy, Debug)]
pub struct Rabbit {
    coat: Coat,
    nose: Rgb,
    eye: Eye,
    ears: Ears,
    /// Length of the ears, about 1.
    ear: f32,
    girth: f32,
    head: f32,
    whisker: Rgb,
}

/// Casts a rabbit of a colour theme.
pub fn cast(theme: Theme, dice: &mut Dice) -> Rabbit {
    let mut coat = palette(theme, dice);
    coat.pattern = match theme {
        Theme::Black | Theme::Cream => dice.pick(&[Pattern::Plain, Pattern::Bicolour]),
        Theme::White => dice.pick(&[Pattern::Plain, Pattern::Points, Pattern::Spots]),
        Theme::Grey | Theme::Brown | Theme::Ginger => {
            dice.pick(&[Pattern::Plain, Pattern::Plain, Pattern::Bicolour])
        }
        Theme::Pied => Pattern::Bicolour,
        Theme::Tricolour => Pattern::Patches,
    };
    coat.fur = dice.pick(&[0.2, 0.24, 0.3, 0.44]);
    coat.collar = None;
    let ears =
        dice.pick(&[Ears::Upright(0.5), Ears::Upright(1.0), Ears::Upright(0.75), Ears::Back, Ears::Lop]);
    let iris = match theme {
        Theme::White if coat.pattern == Pattern::Plain => [0.75, 0.25, 0.28],
        _ => dice.near([0.22, 0.13, 0.08], 0.2),
    };
    let eye = Eye {
        iris,
        size: dice.range(0.15, 0.185),
        pupil: (0.62, 0.62),
        lid: dice.range(0.0, 0.25),
        slant: 0.1,
        white: false,
    };
    let dark = matches!(theme, Theme::Black) && dice.chance(0.5);
    Rabbit {
        coat,
        nose: if dark { [0.2, 0.16, 0.16] } else { dice.near([0.82, 0.56, 0.53], 0.12) },
        eye,
        ears,
        ear: dice.range(0.85, 1.2),
        girth: dice.range(0.9, 1.1),
        head: dice.range(0.8, 0.92),
        whisker: if theme == Theme::White { [0.55, 0.53, 0.5] } else { [0.94, 0.93, 0.9] },
    }
}

impl Creature for Rabbit {
    fn body(&self, dice: &mut Dice) -> Body {
        match dice.below(5) {
            0 => self.upright(dice),
            1 => self.stretched(dice),
            _ => self.crouched(dice),
        }
    }

    fn head_size(&self) -> f32 {
        self.head
    }

    fn skin(&self) -> Skin {
        Skin { coat: self.coat, nose: self.nose, horn: self.nose, nose_at: v3(0.0, -0.2, 1.0) }
    }

    fn head(&self) -> Vec<Rod> {
        let mut rods = Vec::new();
        chain(&mut rods, Part::Head, &[(v3(0.0, 0.12, -0.1), 0.68), (v3(0.0, 0.06, 0.25), 0.6)]);
        chain(&mut rods, Part::Head, &[(v3(0.0, 0.1, 0.3), 0.52), (v3(0.0, -0.16, 0.74), 0.34)]);
        for side in [-1.0, 1.0] {
            ball(&mut rods, Part::Head, v3(0.34 * side, -0.26, 0.18), 0.44);
            ball(&mut rods, Part::Muzzle, v3(0.15 * side, -0.32, 0.82), 0.23);
            chain(&mut rods, Part::Ear, &self.ear_way(side));
        }
        ball(&mut rods, Part::Muzzle, v3(0.0, -0.5, 0.66), 0.19);
        rods
    }

    fn face(&self, face: &mut Face, dice: &mut Dice) {
        for side in [-1.0f32, 1.0] {
            self.inner_ear(face, side);
            face.eye(v3(0.5 * side, 0.16, 0.42), v3(0.85 * side, 0.1, 0.55), &self.eye);
        }
        self.mouth(face);
        face.whiskers(v3(0.24, -0.32, 0.98), 0.85, self.whisker, dice);
    }
}

impl Rabbit {
    /// The ear's middle line with its radius, from root to tip.
    fn ear_way(&self, side: f32) -> [(V3, f32); 5] {
        let long = self.ear;
        match self.ears {
            Ears::Upright(apart) => [0.0, 0.3, 0.6, 0.85, 1.0].map(|t: f32| {
                let p = v3((0.26 + 0.34 * apart * t) * side, 0.55 + 1.6 * long * t, -0.15 - 0.1 * t);
                (p, 0.17 + 0.45 * t * (1.0 - t) - 0.11 * t)
            }),
            Ears::Back => [0.0, 0.3, 0.6, 0.85, 1.0].map(|t: f32| {
                let p = v3((0.26 + 0.3 * t) * side, 0.6 + 0.55 * long * t, -0.2 - 1.4 * long * t);
                (p, 0.17 + 0.45 * t * (1.0 - t) - 0.11 * t)
            }),
            Ears::Lop => [
                (v3(0.36 * side, 0.62, -0.1), 0.2),
                (v3(0.78 * side, 0.5, 0.0), 0.22),
                (v3(0.9 * side, 0.0, 0.1), 0.27),
                (v3(0.9 * side, -0.55 * long, 0.14), 0.27),
                (v3(0.86 * side, -0.95 * long, 0.16), 0.16),
            ],
        }
    }

    fn inner_ear(&self, face: &mut Face, side: f32) {
        if self.ears == Ears::Lop || face.head.dir(v3(0.25 * side, 0.1, 1.0)).z < 0.2 {
            return;
        }
        let way = self.ear_way(side);
        let edge = |k: f32, i: usize| way[i].0 + v3(k * way[i].1 * 0.62, 0.0, way[i].1 * 0.8);
        let tip = way[4].0.mix(way[3].0, 0.4) + v3(0.0, 0.0, 0.1);
        let outline =
            [edge(-1.0, 1), edge(-1.0, 2), edge(-0.8, 3), tip, edge(0.8, 3), edge(1.0, 2), edge(1.0, 1)];
        let outline = [way[0].0 + v3(0.0, 0.1, 0.2)].into_iter().chain(outline).map(|p| face.point(p));
        let outline: Vec<_> = outline.collect();
        let z = face.head.at(way[2].0).z + 0.4 * face.head.scale();
        face.fill(&outline, z, self.coat.ear, 0.75);
    }

    fn mouth(&self, face: &mut Face) {
        let dark = [0.25, 0.15, 0.14];
        let under = v3(0.0, -0.32, 1.04);
        face.line([v3(0.0, -0.24, 1.04), v3(0.0, -0.28, 1.05), under], (0.03, 0.03), dark, 0.7, 0.2);
        for side in [-1.0f32, 1.0] {
            let bend = v3(0.08 * side, -0.48, 1.0);
            face.line([under, bend, v3(0.2 * side, -0.48, 0.9)], (0.03, 0.02), dark, 0.7, 0.2);
        }
        if face.head.dir(v3(0.0, 0.0, 1.0)).z < 0.05 {
            return;
        }
        let z = face.head.at(v3(0.0, -0.18, 1.02)).z + 0.2 * face.head.scale();
        let corners = [(-0.11, -0.13), (0.0, -0.1), (0.11, -0.13), (0.03, -0.24), (-0.03, -0.24)];
        let outline = corners.map(|(x, y)| face.point(v3(x, y, 1.03)));
        face.fill(&outline, z, self.nose, 0.95);
    }

    /// Hunched on all fours, as a rabbit sits most of its life.
    fn crouched(&self, dice: &mut Dice) -> Body {
        let g = self.girth;
        let mut rods = Vec::new();
        let hump = dice.range(0.0, 0.2);
        let trunk = [
            (v3(0.0, 0.82 * g, -1.25), 0.72 * g),
            (v3(0.0, 0.98 * g + hump, -0.7), 0.92 * g),
            (v3(0.0, 0.9 * g + hump * 0.5, 0.0), 0.84 * g),
            (v3(0.0, 0.86 * g, 0.65), 0.62 * g),
        ];
        chain(&mut rods, Part::Body, &trunk);
        let head_at = v3(0.0, 1.45 * g + dice.range(0.0, 0.45), 1.2);
        neck(&mut rods, v3(0.0, 0.95 * g, 0.6), head_at);
        for side in [-1.0, 1.0] {
            let x = 0.28 * g * side;
            chain(&mut rods, Part::Leg, &[(v3(x, 0.6, 0.75), 0.27), (v3(x, 0.18, 1.05), 0.17)]);
            ball(&mut rods, Part::Paw, v3(x, 0.17, 1.2), 0.19);
            haunch(&mut rods, side, g, -0.8);
        }
        ball(&mut rods, Part::Muzzle, v3(0.0, 0.85, -2.05 * g.max(1.0)), 0.34);
        Body { rods, head_at, turned: (0.0, 0.46) }
    }

    /// Up on the hind legs, paws before the chest.
    fn upright(&self, dice: &mut Dice) -> Body {
        let g = self.girth;
        let mut rods = Vec::new();
        let lean = dice.range(-0.1, 0.3);
        let trunk = [
            (v3(0.0, 0.8 * g, -0.75), 0.82 * g),
            (v3(0.0, 1.35 * g, -0.5), 0.84 * g),
            (v3(0.0, 2.1, -0.2 + lean * 0.5), 0.68 * g),
            (v3(0.0, 2.65, lean), 0.5 * g),
        ];
        chain(&mut rods, Part::Body, &trunk);
        let head_at = v3(0.0, 3.35, 0.3 + lean);
        neck(&mut rods, v3(0.0, 2.7, lean), head_at);
        for side in [-1.0, 1.0] {
            let x = 0.34 * g * side;
            let paw = v3(x * 0.75, 1.6 + dice.range(0.0, 0.3), 0.8 + lean);
            let limb = [(v3(x, 2.35, 0.3 + lean), 0.27), (v3(x * 1.1, 1.75, 0.5 + lean), 0.19), (paw, 0.15)];
            chain(&mut rods, Part::Leg, &limb);
            ball(&mut rods, Part::Paw, paw, 0.17);
            haunch(&mut rods, side, g, -0.55);
        }
        ball(&mut rods, Part::Muzzle, v3(0.0, 0.6, -1.65), 0.32);
        Body { rods, head_at, turned: (0.0, 0.45) }
    }

    /// Stretched out flat.
    fn stretched(&self, dice: &mut Dice) -> Body {
        let g = self.girth;
        let mut rods = Vec::new();
        let trunk = [
            (v3(0.0, 0.62 * g, -1.9), 0.6 * g),
            (v3(0.0, 0.75 * g, -1.3), 0.76 * g),
            (v3(0.0, 0.7 * g, -0.2), 0.68 * g),
            (v3(0.0, 0.72 * g, 0.7), 0.58 * g),
        ];
        chain(&mut rods, Part::Body, &trunk);
        let head_at = v3(0.0, 1.15 * g + dice.range(0.0, 0.3), 1.3);
        neck(&mut rods, v3(0.0, 0.8 * g, 0.65), head_at);
        for side in [-1.0, 1.0] {
            let x = 0.32 * g * side;
            chain(&mut rods, Part::Leg, &[(v3(x, 0.4, 0.7), 0.26), (v3(x, 0.17, 1.6), 0.16)]);
            ball(&mut rods, Part::Paw, v3(x, 0.17, 1.7), 0.18);
            haunch(&mut rods, side, g * 0.9, -1.5);
        }
        ball(&mut rods, Part::Muzzle, v3(0.0, 0.65, -2.6), 0.32);
        Body { rods, head_at, turned: (0.1, 0.48) }
    }
}

fn neck(rods: &mut Vec<Rod>, from: V3, head: V3) {
    chain(rods, Part::Neck, &[(from, 0.54), (head - v3(0.0, 0.12, 0.12), 0.48)]);
}

/// A thigh at depth `z` and the long foot under it.
fn haunch(rods: &mut Vec<Rod>, side: f32, girth: f32, z: f32) {
    let hip = v3(0.5 * girth * side, 0.8, z);
    let knee = v3(0.62 * girth * side, 0.5, z + 0.5);
    chain(rods, Part::Body, &[(hip, 0.6 * girth), (knee, 0.44)]);
    let x = 0.64 * girth * side;
    chain(rods, Part::Leg, &[(v3(x, 0.19, z + 0.2), 0.22), (v3(x, 0.16, z + 1.1), 0.17)]);
    ball(rods, Part::Paw, v3(x, 0.17, z + 1.15), 0.19);
}
