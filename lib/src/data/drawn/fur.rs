//! Paints a surface: light on the coat, then thousands of hairs that follow the
//! body and stand out over its outline.

use super::canvas::{Canvas, OVER};
use super::coat::{Coat, Spot};
use super::math::{Dice, Frame, P2, Rgb, V3, cos, mix, ramp, scale_rgb, sin, v3};
use super::solid::{Camera, Part, Rod, Surface};

/// Where the light comes from and how hard it is.
#[derive(Clone, Copy, Debug)]
pub struct Light {
    pub towards: V3,
    pub hard: f32,
}

/// An animal ready to be painted: rods in view space, with the frames in which
/// the coat's patterns are laid.
pub struct Model {
    pub rods: Vec<Rod>,
    /// Rods from this one on belong to the head.
    pub head_from: usize,
    pub body: Frame,
    pub head: Frame,
    pub coat: Coat,
    pub nose: Rgb,
    /// The colour of beak, claws or hooves.
    pub horn: Rgb,
    /// Where the nose is, in the head's axes: hair lies away from it.
    pub nose_at: V3,
}

/// What painting needs at hand.
pub struct Painter<'a> {
    pub model: &'a Model,
    pub surface: &'a Surface,
    pub camera: &'a Camera,
    pub light: Light,
}

impl Painter<'_> {
    /// Paints skin and hair.
    pub fn paint(&self, canvas: &mut Canvas, dice: &mut Dice) {
        for y in 0..canvas.height {
            for x in 0..canvas.width {
                let Some(rod) = self.surface.rod(x, y) else { continue };
                let colour = match self.twin(rod, x, y) {
                    Some((x, y)) => canvas.pixels[y * canvas.width + x],
                    None => self.colour(rod, x, y).0,
                };
                canvas.pixels[y * canvas.width + x] = colour;
            }
        }
        self.hairs(canvas, dice);
    }

    /// An earlier pixel of the same rod that becomes one with this one when the
    /// canvas is halved: its colour will do, which saves three in four.
    fn twin(&self, rod: usize, x: usize, y: usize) -> Option<(usize, usize)> {
        let of = [(x - x % OVER, y - y % OVER), (x, y - y % OVER), (x - x % OVER, y)];
        of.into_iter().find(|at| *at != (x, y) && self.surface.rod(at.0, at.1) == Some(rod))
    }

    /// The lit colour at a pixel, and which way the surface faces there.
    fn colour(&self, rod: usize, x: usize, y: usize) -> (Rgb, V3) {
        let model = self.model;
        let n = self.surface.normal(self.camera, x, y);
        let here = self.camera.back(x, y, self.surface.depth(x, y));
        let on_head = rod >= model.head_from;
        let frame = if on_head { &model.head } else { &model.body };
        let r = &model.rods[rod];
        let spot =
            Spot { part: r.part, on_head, p: frame.back(here), n: frame.back_dir(n), t: r.along(here) };
        let shine =
            |power: f32| ramp(1.0 - power, 1.0, n.dot((self.light.towards + v3(0.0, 0.0, 1.0)).unit()));
        let base = match r.part {
            Part::Nose => add(model.nose, 0.45 * shine(0.08)),
            Part::Tongue => add([0.86, 0.42, 0.45], 0.2 * shine(0.06)),
            Part::Mouth => [0.16, 0.07, 0.07],
            Part::Horn => add(model.horn, 0.25 * shine(0.1)),
            Part::Comb => add([0.74, 0.13, 0.12], 0.15 * shine(0.1)),
            _ => model.coat.colour(&spot),
        };
        // Dark hair shows its shape by its gloss.
        let gloss = 0.09 * shine(0.35) * self.light.hard;
        (add(scale_rgb(base, self.brightness(n, x, y)), gloss), n)
    }

    fn brightness(&self, n: V3, x: usize, y: usize) -> f32 {
        let lambert = (n.dot(self.light.towards) * 0.6 + 0.4).max(0.0);
        let lit = mix(0.75, 0.42 + 0.72 * lambert, self.light.hard);
        lit * (1.0 - 0.75 * self.surface.hollow(self.camera, x, y))
    }

    fn hairs(&self, canvas: &mut Canvas, dice: &mut Dice) {
        let coat = &self.model.coat;
        let count = canvas.width * canvas.height / 18;
        for _ in 0..count {
            let (x, y) = (dice.below(canvas.width), dice.below(canvas.height));
            let Some(rod) = self.surface.rod(x, y) else { continue };
            let r = &self.model.rods[rod];
            let bare = match r.part {
                Part::Nose | Part::Tongue | Part::Mouth | Part::Horn | Part::Comb => continue,
                Part::Muzzle | Part::Paw => 0.36,
                Part::Ear | Part::Head => 0.65,
                Part::Leg => 0.7,
                Part::Body | Part::Neck | Part::Tail | Part::Wing => 1.0,
                Part::Mane => 2.6,
            };
            let (colour, n) = self.colour(rod, x, y);
            let way = self.lie(rod, r, n, x, y);
            let length = coat.fur * bare * self.camera.scale * dice.range(0.6, 1.3);
            let colour = dice.near(colour, 0.16);
            self.hair(canvas, dice, [x as f32, y as f32], way, length, colour);
        }
    }

    /// Which way hair lies: along the limb, down, away from the nose on a head;
    /// near the outline also outwards.
    fn lie(&self, rod: usize, r: &Rod, n: V3, x: usize, y: usize) -> P2 {
        let mut way = r.b - r.a;
        if r.part == Part::Mane {
            way = way.unit() * 0.3 + v3(0.0, -1.0, 0.0);
        } else if rod >= self.model.head_from && r.part != Part::Ear {
            let here = self.camera.back(x, y, self.surface.depth(x, y));
            way = here - self.model.head.at(self.model.nose_at);
        } else if matches!(r.part, Part::Body | Part::Neck) {
            // Bodies are chained from tail to chest, hair lies to the tail.
            way = way.unit() * -1.0 + v3(0.0, -0.7, 0.0);
        }
        let way = way.unit() + v3(n.x, n.y, 0.0) * 0.5;
        let flat = (way.x * way.x + way.y * way.y).sqrt().max(1e-3);
        [way.x / flat, -way.y / flat]
    }

    fn hair(&self, canvas: &mut Canvas, dice: &mut Dice, root: P2, way: P2, length: f32, colour: Rgb) {
        let coat = &self.model.coat;
        let depth = self.surface.depth(root[0] as usize, root[1] as usize);
        let mut way = way;
        let swerve = dice.about(0.0, 0.45);
        way = turned(way, swerve);
        let bend = if coat.curly { dice.sign() * dice.range(0.6, 1.1) } else { dice.about(0.0, 0.12) };
        let step = (length / 4.0).max(1.0);
        let mut points = vec![root];
        let mut at = root;
        for _ in 0..4 {
            at = [at[0] + way[0] * step, at[1] + way[1] * step];
            way = turned(way, bend);
            points.push(at);
        }
        let width = (self.camera.scale * 0.024).clamp(0.9, 3.2);
        canvas.stroke(&points, width * dice.range(0.8, 1.5), 0.4, |x, y| {
            let behind = self.surface.depth(x, y) > depth + 0.25;
            (colour, if behind { 0.0 } else { 0.7 })
        });
    }
}

fn add(c: Rgb, k: f32) -> Rgb {
    c.map(|v| v + k)
}

fn turned(way: P2, by: f32) -> P2 {
    let (s, c) = (sin(by), cos(by));
    [way[0] * c - way[1] * s, way[0] * s + way[1] * c]
}
