//! What is painted on a head after the fur: eyes, mouths, noses, whiskers. Shapes
//! are given in the head's own axes (x to its side, y up, z forward).

use super::canvas::{Canvas, curve, ellipse};
use super::math::{Dice, Frame, P2, Rgb, V3, mix_rgb, ramp, v3};
use super::solid::{Camera, Surface};

/// The canvas with what is needed to put something on a head.
pub struct Face<'a> {
    pub canvas: &'a mut Canvas,
    pub surface: &'a Surface,
    pub camera: &'a Camera,
    pub head: &'a Frame,
    /// Overall brightness of the light on the face.
    pub lit: f32,
}

/// An eye.
#[derive(Clone, Copy, Debug)]
pub struct Eye {
    pub iris: Rgb,
    pub size: f32,
    /// Pupil's half width and half height as parts of the iris.
    pub pupil: (f32, f32),
    /// How far the lid is down, 0 to 1.
    pub lid: f32,
    /// Tilt of the outer corner upwards.
    pub slant: f32,
    pub white: bool,
}

impl Face<'_> {
    pub fn point(&self, p: V3) -> P2 {
        self.camera.at(self.head.at(p))
    }

    fn vector(&self, p: V3) -> P2 {
        let d = self.head.dir(p) * (self.head.scale() * self.camera.scale);
        [d.x, -d.y]
    }

    /// Pixels a unit of the head.
    pub fn scale(&self) -> f32 {
        self.head.scale() * self.camera.scale
    }

    /// Fills a polygon, where nothing of the animal lies before depth `z`.
    pub fn fill(&mut self, outline: &[P2], z: f32, colour: Rgb, alpha: f32) {
        let (surface, colour) = (self.surface, colour.map(|c| c * self.lit));
        self.canvas.fill(outline, |x, y| (colour, if surface.depth(x, y) > z { 0.0 } else { alpha }));
    }

    /// A soft-ended line through three points of the head.
    pub fn line(&mut self, p: [V3; 3], width: (f32, f32), colour: Rgb, alpha: f32, slack: f32) {
        let points = curve(self.point(p[0]), self.point(p[1]), self.point(p[2]));
        let z = self.head.at(p[0]).z + slack;
        let k = self.scale();
        let (surface, colour) = (self.surface, colour.map(|c| c * self.lit));
        self.canvas.stroke(&points, width.0 * k, width.1 * k, |x, y| {
            (colour, if surface.depth(x, y) > z { 0.0 } else { alpha })
        });
    }

    /// An ellipse lying on the head at `p`, facing `out`.
    pub fn disc(&self, p: V3, out: V3, rx: f32, ry: f32, slant: f32) -> Option<Vec<P2>> {
        let out = out.unit();
        if self.head.dir(out).z < 0.1 {
            return None;
        }
        let side = v3(out.z, 0.0, -out.x).unit();
        let up = v3(-out.x * out.y, out.x * out.x + out.z * out.z, -out.y * out.z).unit();
        let (a, b) = (side + up * slant, up + side * -slant);
        Some(ellipse(self.point(p), self.vector(a * rx), self.vector(b * ry)))
    }

    /// Paints one eye at `p` (mirrored by the sign of `p.x`).
    pub fn eye(&mut self, p: V3, out: V3, eye: &Eye) {
        let s = eye.size;
        let side = p.x.signum();
        let z = self.head.at(p).z + 0.35 * self.head.scale();
        let slant = eye.slant * side;
        let Some(rim) = self.disc(p, out, s * 1.22, s * 1.12 * (1.0 - 0.4 * eye.lid), slant) else { return };
        self.fill(&rim, z, [0.07, 0.05, 0.05], 0.9);
        let open = 1.0 - 0.45 * eye.lid;
        let Some(ball) = self.disc(p, out, s, s * 0.95 * open, slant) else { return };
        if eye.white {
            self.fill(&ball, z, [0.85, 0.83, 0.8], 1.0);
        }
        self.iris(&ball, p, z, eye);
        let pupil = self.disc(p, out, s * eye.pupil.0, s * eye.pupil.1 * open, 0.0);
        self.fill(&pupil.unwrap_or_default(), z, [0.02, 0.02, 0.03], 1.0);
        let glint = p + v3(-0.3 * s, 0.36 * s * open, 0.0);
        let glint = self.disc(glint, out, s * 0.22, s * 0.2, 0.0);
        self.fill(&glint.unwrap_or_default(), z, [1.0, 1.0, 1.0], 0.95);
    }

    /// The coloured part: darker above (the lid's shadow), lighter below.
    fn iris(&mut self, ball: &[P2], p: V3, z: f32, eye: &Eye) {
        let centre = self.point(p);
        let r = eye.size * self.scale() * if eye.white { 0.88 } else { 1.0 };
        let (surface, lit) = (self.surface, self.lit);
        self.canvas.fill(ball, |x, y| {
            let (dx, dy) = ((x as f32 - centre[0]) / r, (y as f32 - centre[1]) / r);
            let far = (dx * dx + dy * dy).sqrt();
            let inner = mix_rgb(eye.iris, eye.iris.map(|c| c * 0.45), ramp(0.6, 1.05, far));
            let shade = 0.75 + 0.4 * ramp(-0.8, 0.7, dy);
            let hidden = surface.depth(x, y) > z || (eye.white && far > 1.0);
            (inner.map(|c| c * shade * lit), if hidden { 0.0 } else { 1.0 })
        });
    }

    /// A fan of whiskers on either side.
    pub fn whiskers(&mut self, from: V3, length: f32, colour: Rgb, dice: &mut Dice) {
        for side in [-1.0f32, 1.0] {
            for i in 0..6 {
                let rise = (i as f32 - 2.5) * 0.17 + dice.about(0.0, 0.06);
                let reach = length * dice.range(0.75, 1.1);
                let root = v3(from.x * side, from.y + 0.03 * (i % 3) as f32, from.z - 0.05 * (i % 2) as f32);
                let bend = root + v3(side * reach * 0.5, rise * 0.55 + 0.06, 0.05);
                let tip = root + v3(side * reach, rise - 0.12, -0.3);
                self.line([root, bend, tip], (0.022, 0.006), colour, 0.85, 0.45);
            }
        }
    }
}
