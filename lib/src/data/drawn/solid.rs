//! The animal as a solid: tapered round rods in space, and the surface one sees
//! of them (for each pixel which rod, how near, and which way it faces).

use super::math::{Frame, P2, V3, mix, v3};

/// What a rod is part of; its coat and the lie of its fur depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Body,
    Neck,
    Leg,
    Paw,
    Tail,
    Head,
    Muzzle,
    Ear,
    Nose,
    Mouth,
    Tongue,
    Mane,
    Wing,
    /// Beak, claw, hoof: bare and hard.
    Horn,
    /// A hen's, red.
    Comb,
}

/// A rod from `a` (radius `ra`) to `b` (radius `rb`).
#[derive(Clone, Copy, Debug)]
pub struct Rod {
    pub part: Part,
    pub a: V3,
    pub ra: f32,
    pub b: V3,
    pub rb: f32,
    /// Where it begins and ends in its chain, 0 to 1: rings and tips.
    pub span: (f32, f32),
}

impl Rod {
    /// How far along its chain a point is, 0 to 1.
    pub fn along(&self, p: V3) -> f32 {
        let axis = self.b - self.a;
        let t = ((p - self.a).dot(axis) / axis.dot(axis).max(1e-6)).clamp(0.0, 1.0);
        mix(self.span.0, self.span.1, t)
    }

    /// The rod as `frame` places it.
    pub fn placed(&self, frame: &Frame) -> Rod {
        let k = frame.scale();
        Rod { a: frame.at(self.a), ra: self.ra * k, b: frame.at(self.b), rb: self.rb * k, ..*self }
    }
}

/// Rods in one another's line: adds those between consecutive points.
pub fn chain(rods: &mut Vec<Rod>, part: Part, points: &[(V3, f32)]) {
    let share = |i: usize| i as f32 / (points.len() - 1) as f32;
    for (i, pair) in points.windows(2).enumerate() {
        let span = (share(i), share(i + 1));
        rods.push(Rod { part, a: pair[0].0, ra: pair[0].1, b: pair[1].0, rb: pair[1].1, span });
    }
}

/// One ball.
pub fn ball(rods: &mut Vec<Rod>, part: Part, centre: V3, radius: f32) {
    rods.push(Rod { part, a: centre, ra: radius, b: centre, rb: radius, span: (0.0, 1.0) });
}

/// Where space lies on the canvas: x right, y down, `scale` pixels a unit.
#[derive(Clone, Copy, Debug)]
pub struct Camera {
    pub centre: P2,
    pub scale: f32,
}

impl Camera {
    pub fn at(&self, p: V3) -> P2 {
        [self.centre[0] + p.x * self.scale, self.centre[1] - p.y * self.scale]
    }

    /// The point of space at depth `z` behind a pixel.
    pub fn back(&self, x: usize, y: usize, z: f32) -> V3 {
        v3((x as f32 + 0.5 - self.centre[0]) / self.scale, (self.centre[1] - y as f32 - 0.5) / self.scale, z)
    }
}

/// Depth of what is not there.
const NOWHERE: f32 = -1e9;

/// What one sees of the rods.
pub struct Surface {
    pub width: usize,
    pub height: usize,
    depth: Vec<f32>,
    rod: Vec<u16>,
}

impl Surface {
    /// Looks at `rods` (in view space) through `camera`.
    pub fn new(width: usize, height: usize, camera: &Camera, rods: &[Rod]) -> Surface {
        let mut surface =
            Surface { width, height, depth: vec![NOWHERE; width * height], rod: vec![0; width * height] };
        for (i, rod) in rods.iter().enumerate() {
            let axis = rod.b - rod.a;
            let length = axis.dot(axis).sqrt();
            let steps = (length / (0.22 * rod.ra.min(rod.rb).max(0.06))).ceil().min(40.0) as usize;
            for k in 0..=steps {
                let t = if steps == 0 { 0.0 } else { k as f32 / steps as f32 };
                surface.add_ball(camera, i as u16, rod.a.mix(rod.b, t), rod.ra + (rod.rb - rod.ra) * t);
            }
        }
        surface
    }

    fn add_ball(&mut self, camera: &Camera, rod: u16, centre: V3, radius: f32) {
        let c = camera.at(centre);
        let r = radius * camera.scale;
        let clip = |v: f32, top: usize| v.clamp(0.0, top as f32) as usize;
        for y in clip(c[1] - r, self.height)..clip(c[1] + r + 1.0, self.height) {
            let dy = y as f32 + 0.5 - c[1];
            let half = (r * r - dy * dy).max(0.0).sqrt();
            for x in clip(c[0] - half + 0.5, self.width)..clip(c[0] + half + 0.5, self.width) {
                let dx = x as f32 + 0.5 - c[0];
                let z = centre.z + (r * r - dx * dx - dy * dy).max(0.0).sqrt() / camera.scale;
                self.raise(y * self.width + x, rod, z);
            }
        }
    }

    /// The nearer wins; where two are nearly level their crease is filled.
    fn raise(&mut self, at: usize, rod: u16, z: f32) {
        const CREASE: f32 = 0.1;
        let old = self.depth[at];
        if z > old {
            self.rod[at] = rod;
        }
        let h = (CREASE - (z - old).abs()).max(0.0);
        self.depth[at] = z.max(old) + h * h / (4.0 * CREASE);
    }

    pub fn rod(&self, x: usize, y: usize) -> Option<usize> {
        let at = y * self.width + x;
        (self.depth[at] > NOWHERE).then(|| self.rod[at] as usize)
    }

    pub fn depth(&self, x: usize, y: usize) -> f32 {
        self.depth[y * self.width + x]
    }

    fn depth_near(&self, x: usize, y: usize, dx: isize, dy: isize) -> f32 {
        let x = (x as isize + dx).clamp(0, self.width as isize - 1) as usize;
        let y = (y as isize + dy).clamp(0, self.height as isize - 1) as usize;
        self.depth(x, y)
    }

    /// Which way the surface faces at a pixel.
    pub fn normal(&self, camera: &Camera, x: usize, y: usize) -> V3 {
        let here = self.depth(x, y);
        let step = 3;
        // Steps over an edge count as a steep fall, not as a cliff.
        let rise = |dx: isize, dy: isize| {
            let d = (self.depth_near(x, y, dx * step, dy * step) - here) * camera.scale / step as f32;
            d.clamp(-2.0, 2.0)
        };
        v3((rise(-1, 0) - rise(1, 0)) / 2.0, (rise(0, 1) - rise(0, -1)) / 2.0, 1.0).unit()
    }

    /// How much the surroundings stand above a pixel and shade it, 0 to 1.
    pub fn hollow(&self, camera: &Camera, x: usize, y: usize) -> f32 {
        let here = self.depth(x, y);
        let mut sum = 0.0;
        for reach in [0.14, 0.34] {
            let r = (reach * camera.scale) as isize;
            let d = r * 7 / 10;
            for (dx, dy) in [(r, 0), (-r, 0), (0, r), (0, -r), (d, d), (d, -d), (-d, d), (-d, -d)] {
                sum += ((self.depth_near(x, y, dx, dy) - here) / (2.0 * reach)).clamp(0.0, 1.0);
            }
        }
        sum / 16.0
    }
}
