//! A horse: long legs with hooves, a deep trunk, an arched neck with a mane, a long
//! head with small pricked ears and large nostrils.

use super::coat::{Coat, Pattern};
use super::creature::{Creature, Skin};
use super::face::{Eye, Face};
use super::math::{Dice, Rgb, V3, mix, v3};
use super::palette::{Theme, palette};
use super::pose::Body;
use super::solid::{Part, Rod, ball, chain};

/// A horse's proportions and colours.
#[derive(Clone, Copy, Debug)]
pub struct Horse {
    coat: Coat,
    nose: Rgb,
    horn: Rgb,
    eye: Eye,
    legs: f32,
    girth: f32,
    length: f32,
    /// Thickness of neck and limbs.
    heavy: f32,
    head: f32,
    /// How far the mane hangs, about 1.
    mane: f32,
}

/// Casts a horse of a colour theme.
pub fn cast(theme: Theme, dice: &mut Dice) -> Horse {
    let mut coat = palette(theme, dice);
    let blaze = dice.chance(0.5);
    let socks = dice.chance(0.4);
    coat.pattern = match theme {
        Theme::Pied | Theme::Tricolour => Pattern::Pinto,
        Theme::Grey if dice.chance(0.5) => Pattern::Dapple,
        _ => Pattern::Horse { blaze, socks },
    };
    coat.mark = match theme {
        Theme::Ginger => dice.pick(&[coat.mark, coat.base, [0.86, 0.72, 0.52]]),
        Theme::White => dice.pick(&[[0.8, 0.78, 0.74], [0.55, 0.53, 0.52], coat.pale]),
        Theme::Cream => dice.pick(&[coat.pale, coat.mark]),
        _ => coat.mark,
    };
    coat.fur = dice.range(0.12, 0.18);
    // A halter is the horse's collar, and is not drawn.
    coat.collar = None;
    let foal = dice.chance(0.2);
    let pony = !foal && dice.chance(0.25);
    let legs = if pony { 0.72 } else { dice.range(0.95, 1.08) };
    let eye = Eye {
        iris: dice.near([0.2, 0.12, 0.08], 0.2),
        size: 0.105,
        pupil: (0.72, 0.5),
        lid: dice.range(0.0, 0.35),
        slant: 0.1,
        white: false,
    };
    let dark = [0.16, 0.13, 0.13];
    Horse {
        nose: dark,
        horn: dice.pick(&[[0.18, 0.16, 0.15], [0.55, 0.46, 0.36]]),
        coat,
        eye,
        legs: if foal { 1.2 } else { legs },
        girth: if foal { 0.72 } else { dice.range(0.92, 1.08) * if pony { 1.08 } else { 1.0 } },
        length: if foal { 0.78 } else { dice.range(0.92, 1.04) },
        heavy: if foal { 0.85 } else { dice.range(0.95, 1.15) },
        head: if foal { 1.05 } else { dice.range(1.2, 1.35) },
        mane: if foal { 0.35 } else { dice.range(0.7, 1.2) },
    }
}

impl Creature for Horse {
    fn body(&self, dice: &mut Dice) -> Body {
        let grazes = dice.chance(0.25);
        let mut rods = Vec::new();
        let (l, g) = (self.length, self.girth);
        let back = v3(0.0, 0.55 + 2.3 * self.legs, 0.0);
        let at = |x: f32, y: f32, z: f32| v3(x, y, z * l) + back;
        let trunk = [
            (at(0.0, 0.1, -1.75), 0.66 * g),
            (at(0.0, 0.08, -1.3), 0.86 * g),
            (at(0.0, -0.06, -0.2), 0.84 * g),
            (at(0.0, 0.0, 0.8), 0.86 * g),
            (at(0.0, 0.12, 1.25), 0.68 * g),
        ];
        chain(&mut rods, Part::Body, &trunk);
        for side in [-1.0, 1.0] {
            let x = 0.4 * g * side;
            self.foreleg(&mut rods, at(x, -0.3, 1.0), dice);
            self.hind_leg(&mut rods, at(x, -0.1, -1.35), dice);
        }
        let withers = at(0.0, 0.35, 1.1);
        let (mid, head_at) = match grazes {
            true => {
                let low = mix(1.35, 1.0, dice.range(0.0, 1.0));
                (v3(0.0, mix(withers.y, low, 0.45) - 0.1, 1.95), v3(0.0, low + 0.35, 2.35))
            }
            false => {
                let up = dice.range(0.75, 1.1);
                (withers + v3(0.0, 0.85 * up, 0.6), withers + v3(0.0, 1.75 * up, 1.15))
            }
        };
        self.neck(&mut rods, withers, mid, head_at);
        self.tail(&mut rods, at(0.0, 0.45, -2.3), dice);
        Body { rods, head_at, turned: (0.15, 0.52) }
    }

    fn head_size(&self) -> f32 {
        self.head
    }

    fn skin(&self) -> Skin {
        Skin { coat: self.coat, nose: self.nose, horn: self.horn, nose_at: v3(0.0, -0.85, 1.5) }
    }

    fn head(&self) -> Vec<Rod> {
        let mut rods = Vec::new();
        let ridge = [
            (v3(0.0, 0.16, -0.12), 0.4),
            (v3(0.0, 0.0, 0.32), 0.37),
            (v3(0.0, -0.46, 0.92), 0.26),
            (v3(0.0, -0.78, 1.32), 0.25),
        ];
        chain(&mut rods, Part::Head, &ridge);
        for side in [-1.0, 1.0] {
            chain(
                &mut rods,
                Part::Head,
                &[(v3(0.13 * side, -0.25, 0.1), 0.36), (v3(0.06 * side, -0.72, 0.92), 0.22)],
            );
            ball(&mut rods, Part::Muzzle, v3(0.11 * side, -0.84, 1.38), 0.22);
            let ear =
                [(v3(0.2, 0.46, -0.16), 0.14), (v3(0.27, 0.78, -0.1), 0.16), (v3(0.26, 1.08, -0.06), 0.035)];
            chain(&mut rods, Part::Ear, &ear.map(|(p, r)| (v3(p.x * side, p.y, p.z), r)));
        }
        ball(&mut rods, Part::Muzzle, v3(0.0, -0.98, 1.18), 0.16);
        let lock = [(v3(0.0, 0.58, -0.2), 0.13), (v3(0.05, 0.42, 0.28), 0.12), (v3(0.08, 0.16, 0.55), 0.06)];
        chain(&mut rods, Part::Mane, &lock);
        rods
    }

    fn face(&self, face: &mut Face, _dice: &mut Dice) {
        for side in [-1.0f32, 1.0] {
            self.inner_ear(face, side);
            face.eye(v3(0.35 * side, 0.06, 0.36), v3(0.92 * side, 0.12, 0.42), &self.eye);
            let at = v3(0.2 * side, -0.8, 1.55);
            let z = face.head.at(at).z + 0.15;
            if let Some(hole) = face.disc(at, v3(0.75 * side, -0.05, 0.75), 0.07, 0.1, 0.35 * side) {
                face.fill(&hole, z, [0.05, 0.03, 0.03], 0.9);
            }
            let mouth =
                [v3(0.05 * side, -0.99, 1.5), v3(0.24 * side, -0.98, 1.36), v3(0.3 * side, -0.88, 1.08)];
            face.line(mouth, (0.04, 0.025), [0.1, 0.07, 0.07], 0.8, 0.15);
        }
    }
}

impl Horse {
    fn inner_ear(&self, face: &mut Face, side: f32) {
        if face.head.dir(v3(0.2 * side, 0.1, 1.0)).z < 0.2 {
            return;
        }
        let outline = [v3(0.16, 0.58, 0.0), v3(0.26, 0.98, 0.02), v3(0.35, 0.68, 0.0), v3(0.26, 0.54, 0.0)];
        let outline = outline.map(|p| face.point(v3(p.x * side, p.y, p.z)));
        let z = face.head.at(v3(0.26 * side, 0.7, 0.05)).z + 0.2 * face.head.scale();
        face.fill(&outline, z, self.coat.ear.map(|c| c * 0.45), 0.7);
    }

    fn foreleg(&self, rods: &mut Vec<Rod>, top: V3, dice: &mut Dice) {
        let k = self.heavy;
        let stride = dice.about(0.0, 0.45);
        let at = |share: f32, forward: f32| v3(top.x, top.y * share, top.z + forward);
        let knee = at(0.5, stride * 0.5 + 0.05);
        let limb = [(top, 0.4 * k), (knee, 0.2 * k), (at(0.14, stride), 0.135 * k)];
        chain(rods, Part::Leg, &limb);
        hoof(rods, at(0.14, stride), k);
    }

    fn hind_leg(&self, rods: &mut Vec<Rod>, top: V3, dice: &mut Dice) {
        let k = self.heavy;
        let stride = dice.about(0.0, 0.45);
        let at = |share: f32, forward: f32| v3(top.x, top.y * share, top.z + forward);
        chain(rods, Part::Body, &[(top, 0.62 * self.girth), (at(0.72, 0.2 + stride * 0.3), 0.4 * k)]);
        let limb = [
            (at(0.72, 0.2 + stride * 0.3), 0.38 * k),
            (at(0.46, -0.3 + stride * 0.7), 0.19 * k),
            (at(0.14, -0.2 + stride), 0.14 * k),
        ];
        chain(rods, Part::Leg, &limb);
        hoof(rods, at(0.14, -0.2 + stride), k);
    }

    fn neck(&self, rods: &mut Vec<Rod>, withers: V3, mid: V3, head: V3) {
        let k = self.heavy;
        let chest = withers - v3(0.0, 0.35, 0.0);
        let poll = head - v3(0.0, 0.0, 0.1);
        chain(rods, Part::Neck, &[(chest, 0.68 * k), (mid - v3(0.0, 0.1, 0.0), 0.5 * k), (poll, 0.42 * k)]);
        // The crest: away from the throat, which lies forward and down.
        let along = (poll - withers).unit();
        let crest = v3(0.0, along.z.abs().max(0.45), -along.y).unit();
        let out = |p: V3, r: f32| p + crest * r + v3(0.12, 0.0, 0.0);
        let line = [
            (out(withers, 0.28 * k), 0.1),
            (out(mid, 0.36 * k), 0.16 * self.mane + 0.04),
            (out(poll, 0.4 * k), 0.15),
        ];
        chain(rods, Part::Mane, &line);
        let hang = v3(0.34 * k, -0.25 * self.mane, 0.0);
        chain(rods, Part::Mane, &line.map(|(p, r)| (p + hang, r)));
    }

    fn tail(&self, rods: &mut Vec<Rod>, root: V3, dice: &mut Dice) {
        let swing = dice.about(0.0, 0.35);
        let lift = dice.range(0.1, 0.5);
        let long = root.y * dice.range(0.6, 0.8);
        let way = [0.0, 0.15, 0.4, 0.75, 1.0].map(|t: f32| {
            let p = root + v3(swing * t, -long * t + 0.1 * (1.0 - t), -lift * (1.0 - (1.0 - t) * (1.0 - t)));
            (p, 0.12 + 0.5 * t * (1.0 - t) * self.heavy)
        });
        chain(rods, Part::Tail, &way);
    }
}

fn hoof(rods: &mut Vec<Rod>, fetlock: V3, thick: f32) {
    ball(rods, Part::Leg, fetlock, 0.17 * thick);
    let toe = v3(fetlock.x, 0.14, fetlock.z + 0.14);
    chain(rods, Part::Leg, &[(fetlock, 0.14 * thick), (toe + v3(0.0, 0.12, -0.05), 0.14 * thick)]);
    chain(rods, Part::Horn, &[(toe + v3(0.0, 0.08, -0.02), 0.15 * thick), (toe, 0.2 * thick)]);
}
