//! Vectors, rotations, noise and dice. The arithmetic is plain IEEE operations
//! only (no `sin` or `exp` of the system), so that a seed draws the same picture
//! on every machine.

use rand::RngCore;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::ops::{Add, Mul, Sub};

/// A colour: red, green, blue, each 0 to 1.
pub type Rgb = [f32; 3];

/// A point on the canvas: x right, y down, in pixels.
pub type P2 = [f32; 2];

/// A point or direction in space: x right, y up, z towards the viewer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct V3 {
    pub x: f32,
    pub y: f32,
    pub z: f32,
}

pub const fn v3(x: f32, y: f32, z: f32) -> V3 {
    V3 { x, y, z }
}

impl Add for V3 {
    type Output = V3;
    fn add(self, o: V3) -> V3 {
        v3(self.x + o.x, self.y + o.y, self.z + o.z)
    }
}

impl Sub for V3 {
    type Output = V3;
    fn sub(self, o: V3) -> V3 {
        v3(self.x - o.x, self.y - o.y, self.z - o.z)
    }
}

impl Mul<f32> for V3 {
    type Output = V3;
    fn mul(self, k: f32) -> V3 {
        v3(self.x * k, self.y * k, self.z * k)
    }
}

impl V3 {
    pub fn dot(self, o: V3) -> f32 {
        self.x * o.x + self.y * o.y + self.z * o.z
    }

    pub fn unit(self) -> V3 {
        self * (1.0 / self.dot(self).sqrt().max(1e-6))
    }

    pub fn mix(self, o: V3, t: f32) -> V3 {
        self + (o - self) * t
    }
}

/// A rigid frame with a scale: where a body's or a head's own axes lie (x to the
/// side, y up, z forward).
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    pub origin: V3,
    x: V3,
    y: V3,
    z: V3,
    scale: f32,
}

impl Frame {
    /// Turned by `yaw` about the vertical, then `pitch` (nose up), seen rolled by `roll`.
    pub fn new(origin: V3, scale: f32, yaw: f32, pitch: f32, roll: f32) -> Frame {
        let turn = |p: V3| {
            let p = v3(p.x, p.y * cos(pitch) + p.z * sin(pitch), p.z * cos(pitch) - p.y * sin(pitch));
            let p = v3(p.x * cos(yaw) + p.z * sin(yaw), p.y, p.z * cos(yaw) - p.x * sin(yaw));
            v3(p.x * cos(roll) - p.y * sin(roll), p.x * sin(roll) + p.y * cos(roll), p.z)
        };
        Frame { origin, x: turn(v3(1., 0., 0.)), y: turn(v3(0., 1., 0.)), z: turn(v3(0., 0., 1.)), scale }
    }

    /// The same frame seen after a turn of the whole scene.
    pub fn seen(self, view: &Frame) -> Frame {
        Frame {
            origin: view.at(self.origin),
            x: view.dir(self.x),
            y: view.dir(self.y),
            z: view.dir(self.z),
            scale: self.scale * view.scale,
        }
    }

    pub fn at(&self, p: V3) -> V3 {
        self.origin + self.dir(p) * self.scale
    }

    pub fn dir(&self, p: V3) -> V3 {
        self.x * p.x + self.y * p.y + self.z * p.z
    }

    pub fn back(&self, p: V3) -> V3 {
        self.back_dir(p - self.origin) * (1.0 / self.scale)
    }

    pub fn back_dir(&self, p: V3) -> V3 {
        v3(p.dot(self.x), p.dot(self.y), p.dot(self.z))
    }

    pub fn scale(&self) -> f32 {
        self.scale
    }
}

pub const PI: f32 = std::f32::consts::PI;

/// Sine by a polynomial (error below 1e-5).
pub fn sin(x: f32) -> f32 {
    let mut t = x - (x / (2.0 * PI) + 0.5).floor() * (2.0 * PI);
    if t > PI / 2.0 {
        t = PI - t;
    } else if t < -PI / 2.0 {
        t = -PI - t;
    }
    let s = t * t;
    t * (1.0 - s / 6.0 * (1.0 - s / 20.0 * (1.0 - s / 42.0 * (1.0 - s / 72.0))))
}

pub fn cos(x: f32) -> f32 {
    sin(x + PI / 2.0)
}

pub fn mix(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

pub fn mix_rgb(a: Rgb, b: Rgb, t: f32) -> Rgb {
    [mix(a[0], b[0], t), mix(a[1], b[1], t), mix(a[2], b[2], t)]
}

pub fn scale_rgb(a: Rgb, k: f32) -> Rgb {
    [a[0] * k, a[1] * k, a[2] * k]
}

/// 0 below `a`, 1 above `b`, smooth between.
pub fn ramp(a: f32, b: f32, x: f32) -> f32 {
    let t = ((x - a) / (b - a)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

fn hash(x: i32, y: i32, z: i32) -> f32 {
    let mut h = (x as u32).wrapping_mul(0x8da6_b343)
        ^ (y as u32).wrapping_mul(0xd816_3841)
        ^ (z as u32).wrapping_mul(0xcb1a_b31f);
    h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
    h = (h ^ (h >> 12)).wrapping_mul(0x297a_2d39);
    (h >> 8) as f32 / (1 << 24) as f32
}

/// Smooth noise, 0 to 1, one bump a unit.
pub fn noise(p: V3) -> f32 {
    let (fx, fy, fz) = (p.x.floor(), p.y.floor(), p.z.floor());
    let (ix, iy, iz) = (fx as i32, fy as i32, fz as i32);
    let ease = |t: f32| t * t * (3.0 - 2.0 * t);
    let (tx, ty, tz) = (ease(p.x - fx), ease(p.y - fy), ease(p.z - fz));
    let row = |y: i32, z: i32| mix(hash(ix, y, z), hash(ix.wrapping_add(1), y, z), tx);
    let plane = |z: i32| mix(row(iy, z), row(iy.wrapping_add(1), z), ty);
    mix(plane(iz), plane(iz.wrapping_add(1)), tz)
}

/// Three octaves of [`noise`], 0 to 1.
pub fn cloud(p: V3) -> f32 {
    (noise(p) * 4.0 + noise(p * 2.1) * 2.0 + noise(p * 4.3)) / 7.0
}

/// Distance to the nearest of the scattered points of a grid, and that point's
/// own number (0 to 1): spots.
pub fn cells(p: V3) -> (f32, f32) {
    let mut best = (9.0f32, 0.0);
    let (bx, by, bz) = (p.x.floor() as i32, p.y.floor() as i32, p.z.floor() as i32);
    for z in bz - 1..=bz + 1 {
        for y in by - 1..=by + 1 {
            for x in bx - 1..=bx + 1 {
                let jitter = v3(hash(x, y, z), hash(x, y, z ^ 0x1111), hash(x, y, z ^ 0x2222));
                let d = v3(x as f32, y as f32, z as f32) + jitter - p;
                let d = d.dot(d).sqrt();
                if d < best.0 {
                    best = (d, hash(x, y, z ^ 0x3333));
                }
            }
        }
    }
    best
}

/// The one source of chance in a picture.
pub struct Dice(ChaCha8Rng);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Uniform from `a` to `b`.
    pub fn range(&mut self, a: f32, b: f32) -> f32 {
        a + (b - a) * ((self.0.next_u32() >> 8) as f32 / (1 << 24) as f32)
    }

    /// Uniform, either sign.
    pub fn about(&mut self, centre: f32, spread: f32) -> f32 {
        self.range(centre - spread, centre + spread)
    }

    pub fn chance(&mut self, p: f32) -> bool {
        self.range(0.0, 1.0) < p
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.0.next_u32() as usize) % n
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    pub fn sign(&mut self) -> f32 {
        if self.chance(0.5) { 1.0 } else { -1.0 }
    }

    /// A colour near `c`: lighter or darker, a little warmer or colder.
    pub fn near(&mut self, c: Rgb, spread: f32) -> Rgb {
        let k = self.about(1.0, spread);
        let warm = self.about(0.0, spread * 0.25);
        [c[0] * k * (1.0 + warm), c[1] * k, c[2] * k * (1.0 - warm)].map(|v| v.clamp(0.0, 1.0))
    }
}
