//! A bird: feathers, folded wings, two thin legs and a beak. Songbirds, crows, owls,
//! ducks and hens.

use super::coat::{Coat, Pattern};
use super::creature::{Creature, Skin};
use super::face::{Eye, Face};
use super::math::{Dice, Rgb, V3, cos, sin, v3};
use super::palette::{Theme, palette};
use super::pose::Body;
use super::solid::{Part, Rod, ball, chain};

/// A kind of bird that people know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Songbird,
    Crow,
    Owl,
    Duck,
    Hen,
}

/// A bird's proportions and colours.
#[derive(Clone, Copy, Debug)]
pub struct Bird {
    kind: Kind,
    coat: Coat,
    horn: Rgb,
    eye: Eye,
    legs: f32,
    girth: f32,
    /// Length of the neck, of the beak and of the tail, each about 1.
    neck: f32,
    beak: f32,
    tail: f32,
    head: f32,
}

/// Casts a bird of a colour theme.
pub fn cast(theme: Theme, dice: &mut Dice) -> Bird {
    use Kind::*;
    let kind = dice.pick(&[Songbird, Songbird, Crow, Owl, Duck, Hen]);
    let mut coat = palette(theme, dice);
    let speckled = kind == Owl || dice.chance(0.3);
    coat.pattern = Pattern::Feathers { speckled };
    coat.fur = dice.range(0.1, 0.16);
    coat.collar = None;
    let horn = match kind {
        Duck => dice.pick(&[[0.9, 0.62, 0.15], [0.85, 0.5, 0.15], [0.5, 0.5, 0.25]]),
        Hen => [0.85, 0.68, 0.35],
        Owl => dice.pick(&[[0.3, 0.28, 0.25], [0.75, 0.62, 0.35]]),
        _ if theme == Theme::Black => dice.pick(&[[0.92, 0.66, 0.16], [0.9, 0.5, 0.15], [0.2, 0.18, 0.18]]),
        _ => dice.pick(&[[0.9, 0.6, 0.15], [0.2, 0.18, 0.18], [0.35, 0.32, 0.3], [0.75, 0.45, 0.35]]),
    };
    let iris = match kind {
        Owl => dice.pick(&[[0.95, 0.7, 0.12], [0.9, 0.5, 0.1], [0.3, 0.18, 0.1]]),
        Hen => [0.8, 0.45, 0.12],
        _ => [0.12, 0.08, 0.06],
    };
    let eye = Eye {
        iris: dice.near(iris, 0.12),
        size: if kind == Owl { dice.range(0.23, 0.28) } else { dice.range(0.12, 0.16) },
        pupil: (0.52, 0.52),
        lid: dice.range(0.0, 0.3),
        slant: 0.0,
        white: false,
    };
    let (legs, neck, beak, tail, head) = match kind {
        Songbird => (0.7, 0.25, dice.range(1.0, 1.4), dice.range(0.8, 1.4), 0.82),
        Crow => (0.75, 0.5, dice.range(1.7, 2.1), dice.range(0.9, 1.2), 0.72),
        Owl => (0.3, 0.1, 0.8, 0.6, dice.range(0.95, 1.1)),
        Duck => (0.35, dice.range(0.9, 1.3), dice.range(0.95, 1.2), 0.5, 0.68),
        Hen => (0.7, dice.range(0.7, 1.0), 1.15, dice.range(0.9, 1.3), 0.62),
    };
    Bird {
        kind,
        coat,
        horn: dice.near(horn, 0.15),
        eye,
        legs: legs * dice.range(0.9, 1.15),
        girth: dice.range(0.9, 1.1),
        neck,
        beak,
        tail,
        head,
    }
}

impl Creature for Bird {
    fn body(&self, dice: &mut Dice) -> Body {
        let nests = dice.chance(0.2);
        let legs = if nests { 0.0 } else { self.legs };
        let tilt = match self.kind {
            Kind::Owl => dice.range(1.05, 1.3),
            Kind::Duck => dice.range(0.0, 0.2),
            Kind::Hen => dice.range(0.1, 0.35),
            _ => dice.range(0.25, 0.85),
        };
        let g = self.girth;
        let ahead = v3(0.0, sin(tilt), cos(tilt));
        let low = if self.kind == Kind::Owl { 1.45 } else { 0.82 + 0.35 * sin(tilt) };
        let centre = v3(0.0, low * g + legs, 0.0);
        let at = |k: f32| centre + ahead * k;
        let mut rods = Vec::new();
        let trunk = [
            (at(-1.15), 0.42 * g),
            (at(-0.6), 0.7 * g),
            (at(0.1), 0.84 * g),
            (at(0.7), 0.68 * g),
            (at(0.95), 0.52 * g),
        ];
        chain(&mut rods, Part::Body, &trunk);
        let rise = v3(0.0, 0.45 + 0.75 * self.neck, 0.28 + 0.1 * self.neck);
        let head_at = at(0.75) + rise;
        let thin = if self.neck > 0.6 { 0.36 } else { 0.52 };
        chain(
            &mut rods,
            Part::Neck,
            &[(at(0.75), 0.58 * g), (at(0.75).mix(head_at, 0.6), thin), (head_at, thin)],
        );
        self.wings(&mut rods, centre, ahead, dice);
        self.tail(&mut rods, at(-1.1), tilt, dice);
        if !nests {
            for side in [-1.0, 1.0] {
                self.leg(&mut rods, side, at(-0.05));
            }
        }
        Body { rods, head_at, turned: (0.08, 0.5) }
    }

    fn head_size(&self) -> f32 {
        self.head
    }

    fn skin(&self) -> Skin {
        Skin { coat: self.coat, nose: self.horn, horn: self.horn, nose_at: v3(0.0, -0.1, 0.9) }
    }

    fn head(&self) -> Vec<Rod> {
        let mut rods = Vec::new();
        let wide = if self.kind == Kind::Owl { 0.24 } else { 0.04 };
        chain(&mut rods, Part::Head, &[(v3(-wide, 0.0, 0.0), 0.76), (v3(wide, 0.0, 0.0), 0.76)]);
        ball(&mut rods, Part::Head, v3(0.0, -0.05, 0.28), 0.56);
        self.beak(&mut rods);
        if self.kind == Kind::Hen {
            for (y, z, r) in [(0.7, 0.5, 0.16), (0.9, 0.25, 0.2), (0.95, -0.05, 0.2), (0.85, -0.32, 0.15)] {
                ball(&mut rods, Part::Comb, v3(0.0, y, z), r);
            }
            for side in [-1.0, 1.0] {
                let wattle = [(v3(0.12 * side, -0.3, 0.62), 0.1), (v3(0.14 * side, -0.68, 0.66), 0.15)];
                chain(&mut rods, Part::Comb, &wattle);
            }
        }
        if self.kind == Kind::Owl && self.beak > 0.5 {
            for side in [-1.0, 1.0] {
                chain(
                    &mut rods,
                    Part::Ear,
                    &[(v3(0.5 * side, 0.55, 0.1), 0.2), (v3(0.72 * side, 0.98, 0.12), 0.04)],
                );
            }
        }
        rods
    }

    fn face(&self, face: &mut Face, _dice: &mut Dice) {
        for side in [-1.0f32, 1.0] {
            match self.kind {
                Kind::Owl => self.owl_eye(face, side),
                _ => face.eye(v3(0.52 * side, 0.16, 0.5), v3(0.85 * side, 0.12, 0.55), &self.eye),
            }
        }
        if matches!(self.kind, Kind::Duck | Kind::Crow | Kind::Songbird) {
            let side = if face.head.dir(v3(1.0, 0.0, 0.0)).z > 0.0 { 1.0 } else { -1.0 };
            let gape = [
                v3(0.2 * side, -0.2, 0.66),
                v3(0.14 * side, -0.2, 0.85),
                v3(0.0, -0.2, 0.6 + 0.4 * self.beak),
            ];
            face.line(gape, (0.035, 0.02), [0.1, 0.08, 0.07], 0.7, 0.3);
        }
    }
}

impl Bird {
    fn owl_eye(&self, face: &mut Face, side: f32) {
        let (p, out) = (v3(0.36 * side, 0.1, 0.76), v3(0.3 * side, 0.02, 1.0));
        let z = face.head.at(p).z + 0.3 * face.head.scale();
        for (r, colour) in [(0.5, self.coat.pale), (0.36, self.coat.base)] {
            if let Some(disc) = face.disc(p, out, r, r, 0.0) {
                face.fill(&disc, z, colour, 0.6);
            }
        }
        face.eye(p, out, &self.eye);
    }

    fn beak(&self, rods: &mut Vec<Rod>) {
        let long = self.beak;
        match self.kind {
            Kind::Duck => {
                for side in [-1.0, 1.0] {
                    let bill = [
                        (v3(0.1 * side, -0.12, 0.55), 0.24),
                        (v3(0.16 * side, -0.24, 0.85), 0.15),
                        (v3(0.19 * side, -0.26, 0.75 + 0.6 * long), 0.13),
                    ];
                    chain(rods, Part::Horn, &bill);
                }
                chain(
                    rods,
                    Part::Horn,
                    &[(v3(0.0, -0.2, 0.7), 0.16), (v3(0.0, -0.25, 0.8 + 0.6 * long), 0.14)],
                );
            }
            Kind::Owl => {
                chain(rods, Part::Horn, &[(v3(0.0, -0.05, 0.84), 0.15), (v3(0.0, -0.3, 0.98), 0.13)]);
                chain(rods, Part::Horn, &[(v3(0.0, -0.3, 0.98), 0.13), (v3(0.0, -0.54, 0.94), 0.04)]);
            }
            _ => {
                let tip = v3(0.0, -0.2, 0.72 + 0.55 * long);
                chain(rods, Part::Horn, &[(v3(0.0, -0.04, 0.66), 0.27), (tip, 0.04)]);
                chain(rods, Part::Horn, &[(v3(0.0, -0.22, 0.66), 0.2), (tip - v3(0.0, 0.04, 0.1), 0.03)]);
            }
        }
    }

    fn wings(&self, rods: &mut Vec<Rod>, centre: V3, ahead: V3, dice: &mut Dice) {
        let g = self.girth;
        let droop = dice.range(-0.1, 0.12);
        let up = v3(0.0, ahead.z, -ahead.y);
        for side in [-1.0, 1.0] {
            let at = |along: f32, x: f32, high: f32| {
                centre + ahead * along + v3(x * g * side, 0.0, 0.0) + up * (high - droop)
            };
            let wing = [
                (at(0.7, 0.5, 0.12), 0.26 * g),
                (at(0.15, 0.66, 0.16), 0.38 * g),
                (at(-0.6, 0.58, 0.2), 0.3 * g),
                (at(-1.3, 0.36, 0.22), 0.15 * g),
                (at(-1.75, 0.2, 0.2), 0.05 * g),
            ];
            chain(rods, Part::Wing, &wing);
        }
    }

    /// A fan of feathers; a hen's stands up.
    fn tail(&self, rods: &mut Vec<Rod>, root: V3, tilt: f32, dice: &mut Dice) {
        let lift = match self.kind {
            Kind::Hen => dice.range(0.7, 1.1),
            Kind::Duck => 0.3,
            Kind::Owl => -tilt,
            _ => dice.range(-0.25, 0.35) - 0.5 * tilt,
        };
        let long = 0.5 + 0.75 * self.tail;
        for i in -2..=2 {
            let spread = i as f32 * 0.15;
            let tip = root + v3(spread * long, sin(lift) * long, -cos(lift) * long);
            let tip = v3(tip.x, tip.y.max(0.12), tip.z);
            chain(rods, Part::Tail, &[(root + v3(spread * 0.6, 0.0, 0.0), 0.2), (tip, 0.09)]);
        }
    }

    fn leg(&self, rods: &mut Vec<Rod>, side: f32, under: V3) {
        let x = 0.34 * self.girth * side;
        let ankle = v3(x, 0.12, under.z + 0.05);
        let knee = v3(x, 0.2 + 0.75 * self.legs, under.z - 0.1);
        chain(rods, Part::Body, &[(v3(x, under.y - 0.35, under.z), 0.36), (knee, 0.15)]);
        chain(rods, Part::Horn, &[(knee, 0.1), (ankle, 0.075)]);
        let webbed = if self.kind == Kind::Duck { 0.13 } else { 0.05 };
        for turn in [-0.6, 0.0, 0.6, 3.1] {
            let toe = v3(x + 0.5 * sin(turn), 0.06, ankle.z + 0.5 * cos(turn));
            chain(rods, Part::Horn, &[(ankle - v3(0.0, 0.04, 0.0), 0.08), (toe, webbed)]);
        }
    }
}
