//! Coats: which colour the fur has where. A coat does not know its animal's
//! shape, only parts and places in the body's or the head's own axes.

use super::math::{Rgb, V3, cells, cloud, mix_rgb, noise, ramp, scale_rgb, sin, v3};
use super::solid::Part;

/// How the colours are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// One colour, paler below if `white` is pale.
    Plain,
    /// Tiger stripes, rings on legs and tail, the M on the forehead.
    Tabby,
    /// Dark, with white bib, paws and blaze.
    Bicolour,
    /// Big patches of three colours.
    Patches,
    /// Dark face, ears, legs and tail.
    Points,
    /// Round spots on white.
    Spots,
    /// Black saddle, brown head, white below.
    Hound,
    /// Dark above, white face and belly.
    Mask,
    /// Black back and muzzle on tan.
    Saddle,
    /// A horse's: mane, tail and lower legs in the marks' colour, a blaze, white socks.
    Horse { blaze: bool, socks: bool },
    /// A horse's pale rings on grey.
    Dapple,
    /// A horse's big white patches.
    Pinto,
    /// A bird's: dark wings with pale bars, a paler breast, perhaps speckles.
    Feathers { speckled: bool },
}

/// A coat with all that varies in it.
#[derive(Clone, Copy, Debug)]
pub struct Coat {
    pub pattern: Pattern,
    /// The main colour, the marks' colour, and the pale parts'.
    pub base: Rgb,
    pub mark: Rgb,
    pub pale: Rgb,
    pub ear: Rgb,
    pub collar: Option<Rgb>,
    /// Fur length in units (a cat's head is about one in radius).
    pub fur: f32,
    /// Curls instead of straight hair.
    pub curly: bool,
    /// Moves the noise, so that no two animals have the same marks.
    pub place: V3,
}

/// A spot of the surface: in the part's own axes, `t` along its chain of rods.
pub struct Spot {
    pub part: Part,
    pub on_head: bool,
    pub p: V3,
    pub n: V3,
    pub t: f32,
}

impl Coat {
    /// The colour at a spot, before light.
    pub fn colour(&self, s: &Spot) -> Rgb {
        if let (Part::Neck, Some(collar)) = (s.part, self.collar)
            && (0.36..0.56).contains(&s.t)
        {
            return collar;
        }
        let q = s.p + self.place;
        let c = match self.pattern {
            Pattern::Plain => mix_rgb(self.base, self.pale, 0.6 * self.below(s)),
            Pattern::Tabby => self.tabby(s, q),
            Pattern::Bicolour => mix_rgb(self.base, self.pale, self.bib(s, q)),
            Pattern::Patches => self.patches(s, q),
            Pattern::Points => mix_rgb(self.base, self.mark, points(s)),
            Pattern::Spots => self.spots(s, q),
            Pattern::Hound => self.hound(s, q),
            Pattern::Mask => mix_rgb(self.base, self.pale, mask(s, q)),
            Pattern::Saddle => self.saddle(s, q),
            Pattern::Horse { blaze, socks } => self.horse(s, blaze, socks),
            Pattern::Dapple => self.dapple(s, q),
            Pattern::Pinto => self.pinto(s, q),
            Pattern::Feathers { speckled } => self.feathers(s, q, speckled),
        };
        scale_rgb(c, 0.9 + 0.2 * cloud(q * 3.0))
    }

    /// 1 on the underside, 0 above.
    fn below(&self, s: &Spot) -> f32 {
        match s.part {
            Part::Body | Part::Neck => ramp(0.1, -0.8, s.n.y),
            Part::Muzzle => 0.6,
            Part::Paw => 0.25,
            _ => 0.0,
        }
    }

    fn tabby(&self, s: &Spot, q: V3) -> Rgb {
        let wobble = (noise(q * 1.6) - 0.5) * 3.0;
        let wave = match (s.part, s.on_head) {
            (Part::Leg, _) => sin(s.p.y * 9.0 + wobble) * 0.8,
            (Part::Tail, _) => sin(s.t * 38.0 + wobble * 0.3),
            (Part::Head, true) if s.p.y > 0.3 => sin(s.p.x * 15.0 + 1.57 + wobble * 0.4),
            (Part::Head, true) if s.p.x.abs() > 0.55 => sin(s.p.y * 11.0 + wobble * 0.6) * 0.9,
            (Part::Body | Part::Neck, _) => sin(s.p.z * 7.5 + s.p.y * 1.5 + wobble),
            _ => -1.0,
        };
        let ground = mix_rgb(self.base, self.pale, self.below(s).max(0.35 * chin(s)));
        mix_rgb(ground, self.mark, ramp(0.05, 0.6, wave) * (1.0 - 0.8 * self.below(s)))
    }

    /// White bib, paws, muzzle and blaze.
    fn bib(&self, s: &Spot, q: V3) -> f32 {
        let edge = (cloud(q * 1.7) - 0.5) * 0.9;
        match s.part {
            Part::Paw => 1.0,
            Part::Leg => ramp(0.55, 0.62, s.t + edge * 0.4),
            Part::Muzzle => 1.0,
            Part::Body | Part::Neck => ramp(0.25, 0.4, s.n.z * 0.9 - s.n.y * 0.6 + edge * 0.6 - 0.1),
            Part::Head => ramp(0.24, 0.14, s.p.x.abs() + s.p.y * 0.16 + edge * 0.12).max(chin(s)),
            Part::Tail => 0.0,
            _ => 0.0,
        }
    }

    fn patches(&self, s: &Spot, q: V3) -> Rgb {
        let (a, b) = (cloud(q * 0.95), cloud(q * 0.95 + v3(37.0, 11.0, 5.0)));
        let low = self.below(s).max(chin(s)).max(if s.part == Part::Paw { 1.0 } else { 0.0 });
        let dark = ramp(0.5, 0.54, a - 0.4 * low);
        let warm = ramp(0.46, 0.5, b - 0.4 * low);
        mix_rgb(mix_rgb(self.pale, self.base, warm), self.mark, dark)
    }

    fn spots(&self, s: &Spot, q: V3) -> Rgb {
        let (far, own) = cells(q * 3.4);
        let size = 0.18 + 0.26 * own;
        let ear = if s.part == Part::Ear { 0.75 } else { 0.0 };
        mix_rgb(self.pale, self.mark, ramp(size + 0.06, size, far).max(ear))
    }

    fn hound(&self, s: &Spot, q: V3) -> Rgb {
        let edge = (cloud(q * 1.5) - 0.5) * 1.2;
        match s.part {
            Part::Body => {
                let sides = mix_rgb(self.pale, self.base, ramp(-0.3, -0.05, s.n.y + edge * 0.4));
                mix_rgb(sides, self.mark, ramp(0.1, 0.25, s.n.y + edge * 0.4 - 0.25 * ramp(0.5, 1.4, s.p.z)))
            }
            Part::Leg => mix_rgb(self.base, self.pale, ramp(0.25, 0.45, s.t + edge * 0.3)),
            Part::Paw | Part::Muzzle => self.pale,
            Part::Tail => mix_rgb(self.mark, self.pale, ramp(0.7, 0.8, s.t)),
            Part::Neck => mix_rgb(self.base, self.pale, ramp(0.0, 0.5, s.n.z - 0.3)),
            Part::Head => {
                mix_rgb(self.base, self.pale, ramp(0.2, 0.1, s.p.x.abs() + s.p.y * 0.12 + edge * 0.1))
            }
            _ => scale_rgb(self.base, 0.85),
        }
    }

    fn saddle(&self, s: &Spot, q: V3) -> Rgb {
        let edge = (cloud(q * 1.5) - 0.5) * 1.2;
        let dark = match s.part {
            Part::Body | Part::Neck => ramp(-0.2, 0.3, s.n.y + edge * 0.5),
            Part::Tail => 0.7,
            Part::Muzzle => 0.85,
            Part::Head => {
                0.25 * ramp(0.2, 0.6, s.p.y) + 0.5 * ramp(0.3, 0.0, s.p.y - 0.1) * ramp(0.4, 0.8, s.p.z)
            }
            Part::Ear => 0.6,
            _ => 0.0,
        };
        mix_rgb(self.base, self.mark, dark)
    }

    fn horse(&self, s: &Spot, blaze: bool, socks: bool) -> Rgb {
        match s.part {
            Part::Mane | Part::Tail => self.mark,
            Part::Leg => {
                let low = ramp(0.45, 0.6, s.t);
                let foot = if socks { [0.9, 0.88, 0.84] } else { self.mark };
                mix_rgb(self.base, foot, low * if socks { 1.0 } else { 0.85 })
            }
            Part::Muzzle => mix_rgb(self.base, [0.2, 0.16, 0.16], 0.7),
            Part::Head if blaze => {
                let white = ramp(0.14, 0.08, s.p.x.abs()) * ramp(0.2, 0.4, s.n.z + s.n.y);
                mix_rgb(self.base, [0.93, 0.91, 0.88], white * ramp(0.55, 0.4, s.p.y))
            }
            _ => mix_rgb(self.base, self.pale, 0.2 * self.below(s)),
        }
    }

    fn dapple(&self, s: &Spot, q: V3) -> Rgb {
        let c = self.horse(s, false, false);
        match s.part {
            Part::Body | Part::Neck => {
                let (far, own) = cells(q * 3.2);
                mix_rgb(c, self.pale, (0.35 + 0.4 * own) * ramp(0.42, 0.15, far))
            }
            _ => c,
        }
    }

    fn pinto(&self, s: &Spot, q: V3) -> Rgb {
        let white = ramp(0.47, 0.51, cloud(q * 0.6));
        let c = self.horse(s, true, true);
        match s.part {
            Part::Body | Part::Neck | Part::Mane | Part::Leg => mix_rgb(c, self.pale, white),
            _ => c,
        }
    }

    fn feathers(&self, s: &Spot, q: V3, speckled: bool) -> Rgb {
        let c = match s.part {
            Part::Wing => {
                let bar = ramp(0.08, 0.04, (s.t - 0.38).abs()).max(ramp(0.06, 0.03, (s.t - 0.58).abs()));
                let vane = 0.5 + 0.5 * sin(s.p.y * 22.0 + s.p.z * 9.0);
                mix_rgb(scale_rgb(self.mark, 0.8 + 0.35 * vane), self.pale, 0.55 * bar)
            }
            Part::Tail => mix_rgb(self.mark, self.base, 0.3),
            Part::Body | Part::Neck => {
                mix_rgb(self.base, self.pale, 0.9 * ramp(-0.05, 0.5, 0.55 * s.n.z - 0.7 * s.n.y))
            }
            Part::Head => mix_rgb(self.base, self.mark, 0.7 * ramp(0.2, 0.35, s.p.y)),
            _ => self.base,
        };
        if !speckled || !matches!(s.part, Part::Body | Part::Neck | Part::Wing) {
            return c;
        }
        let (far, own) = cells(v3(q.x * 5.5, q.y * 3.2, q.z * 5.5));
        mix_rgb(c, self.mark, 0.7 * ramp(0.2 + 0.15 * own, 0.12 + 0.15 * own, far))
    }
}

/// 1 about the mouth and chin of a head.
fn chin(s: &Spot) -> f32 {
    match s.part {
        Part::Muzzle => 1.0,
        Part::Head => ramp(-0.2, -0.55, s.p.y) * ramp(0.2, 0.6, s.p.z),
        _ => 0.0,
    }
}

fn points(s: &Spot) -> f32 {
    match s.part {
        Part::Ear | Part::Tail | Part::Paw => 1.0,
        Part::Leg => ramp(0.1, 0.8, s.t),
        Part::Muzzle => 0.9,
        Part::Head => ramp(0.85, 0.35, (s.p.x * s.p.x + (s.p.y + 0.1) * (s.p.y + 0.1)).sqrt()),
        _ => 0.0,
    }
}

fn mask(s: &Spot, q: V3) -> f32 {
    let edge = (cloud(q * 2.0) - 0.5) * 0.3;
    match s.part {
        Part::Body => ramp(0.05, -0.3, s.n.y - 0.35 * s.n.z.max(0.0) + edge),
        Part::Neck => ramp(-0.1, 0.3, s.n.z + edge),
        Part::Leg | Part::Paw | Part::Muzzle => 1.0,
        Part::Head => {
            let brow = ramp(0.14, 0.08, (s.p.x.abs() - 0.33).abs() + (s.p.y - 0.42).abs() * 0.6);
            ramp(0.12, -0.02, s.p.y - 0.25 * s.p.x.abs() + edge).max(brow)
        }
        Part::Tail => 0.5 * ramp(0.4, 0.8, s.t),
        _ => 0.0,
    }
}
