//! What lies behind the animal: rooms, sofas, meadows, beaches, snow, brick walls,
//! blurred lights. Chosen without regard to the animal.

use super::canvas::{Canvas, OVER, ellipse};
use super::math::{Dice, Rgb, cloud, mix, mix_rgb, noise, ramp, scale_rgb, v3};

/// The places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Room,
    Sofa,
    Meadow,
    Beach,
    Snow,
    Bricks,
    Lights,
}

const PLACES: [Place; 9] = [
    Place::Room,
    Place::Room,
    Place::Sofa,
    Place::Meadow,
    Place::Meadow,
    Place::Beach,
    Place::Snow,
    Place::Bricks,
    Place::Lights,
];

/// A place as painted.
pub struct Backdrop {
    pub place: Place,
    pub canvas: Canvas,
}

/// Size and chance-given traits that all places use.
struct View {
    width: f32,
    /// Where ground and wall or sky meet, in pixels from the top.
    horizon: f32,
    height: f32,
    /// Moves the noise.
    place: f32,
}

impl View {
    /// A point of the ground: sideways and away, for noise.
    fn ground(&self, x: f32, y: f32) -> (f32, f32) {
        let depth = (y - self.horizon).max(0.5) / self.height;
        ((x - self.width / 2.0) / self.width / (depth + 0.12) + self.place, 0.6 / (depth + 0.12))
    }
}

/// Paints a place on a canvas of this size, out of focus by chance.
pub fn backdrop(width: usize, height: usize, dice: &mut Dice) -> Backdrop {
    let place = dice.pick(&PLACES);
    let (w, h) = (width / OVER, height / OVER);
    let view = View {
        width: w as f32,
        height: h as f32,
        horizon: h as f32 * dice.range(0.25, 0.62),
        place: dice.range(0.0, 500.0),
    };
    let mut canvas = Canvas::new(w, h);
    match place {
        Place::Room => room(&mut canvas, &view, dice),
        Place::Sofa => sofa(&mut canvas, &view, dice),
        Place::Meadow => meadow(&mut canvas, &view, dice),
        Place::Beach => beach(&mut canvas, &view, dice),
        Place::Snow => snow(&mut canvas, &view, dice),
        Place::Bricks => bricks(&mut canvas, &view, dice),
        Place::Lights => lights(&mut canvas, &view, dice),
    }
    canvas.blur(dice.pick(&[0, 1, 1, 2, 3, 5]));
    Backdrop { place, canvas: canvas.enlarged(width, height) }
}

fn room(canvas: &mut Canvas, v: &View, dice: &mut Dice) {
    let of = dice.pick(&[
        [0.85, 0.81, 0.72],
        [0.62, 0.7, 0.72],
        [0.75, 0.6, 0.52],
        [0.55, 0.6, 0.5],
        [0.5, 0.5, 0.58],
    ]);
    let wall = dice.near(of, 0.15);
    let of = dice.pick(&[[0.62, 0.43, 0.27], [0.4, 0.27, 0.18], [0.75, 0.64, 0.5], [0.5, 0.5, 0.52]]);
    let floor = dice.near(of, 0.15);
    let planks = dice.chance(0.6);
    let paper = dice.chance(0.3);
    let board = v.height * 0.04;
    canvas.paint(|x, y| {
        if y < v.horizon - board {
            let stripe = if paper && ((x / v.width * 22.0) as i32) % 2 == 0 { 0.93 } else { 1.0 };
            return scale_rgb(wall, stripe * (0.85 + 0.25 * cloud(v3(x * 0.01, y * 0.01, v.place))));
        }
        if y < v.horizon {
            return [0.88, 0.86, 0.82];
        }
        let (gx, gz) = v.ground(x, y);
        let grain = match planks {
            true => {
                let plank = (gx * 5.0).floor();
                let seam = ramp(0.0, 0.06, (gx * 5.0 - plank).min(plank + 1.0 - gx * 5.0));
                (0.8 + 0.3 * noise(v3(plank * 7.3, (gz * 0.7 + plank * 0.37).floor(), 3.0)))
                    * (0.75 + 0.25 * seam)
                    * (0.92 + 0.16 * noise(v3(gx * 40.0, gz * 3.0, 1.0)))
            }
            false => 0.75 + 0.4 * cloud(v3(gx * 18.0, gz * 18.0, 0.0)),
        };
        scale_rgb(floor, grain)
    });
    furniture(canvas, v, dice);
}

/// A frame on the wall, a window, a cupboard.
fn furniture(canvas: &mut Canvas, v: &View, dice: &mut Dice) {
    for _ in 0..dice.below(3) {
        let (x, w) = (dice.range(0.0, v.width), v.width * dice.range(0.12, 0.35));
        let stands = dice.chance(0.5);
        let (top, bottom) = match stands {
            true => (v.horizon * dice.range(0.1, 0.7), v.horizon + v.height * 0.04),
            false => (v.horizon * dice.range(-0.3, 0.3), v.horizon * dice.range(0.45, 0.7)),
        };
        let of = furnishing(dice);
        let frame = dice.near(of, 0.2);
        canvas.fill(&rectangle(x, top, x + w, bottom), |_, _| (frame, 1.0));
        let edge = w * 0.09;
        let inside = if stands { scale_rgb(frame, 0.88) } else { dice.near([0.75, 0.85, 0.95], 0.25) };
        canvas.fill(&rectangle(x + edge, top + edge, x + w - edge, bottom - edge), |_, _| (inside, 1.0));
    }
}

fn furnishing(dice: &mut Dice) -> Rgb {
    dice.pick(&[
        [0.4, 0.26, 0.16],
        [0.85, 0.84, 0.8],
        [0.2, 0.22, 0.26],
        [0.65, 0.5, 0.32],
        [0.35, 0.45, 0.5],
    ])
}

fn sofa(canvas: &mut Canvas, v: &View, dice: &mut Dice) {
    let of = dice.pick(&[
        [0.5, 0.2, 0.2],
        [0.25, 0.35, 0.5],
        [0.6, 0.55, 0.45],
        [0.35, 0.42, 0.3],
        [0.72, 0.62, 0.5],
    ]);
    let cloth = dice.near(of, 0.2);
    let wall = dice.near([0.78, 0.75, 0.68], 0.2);
    let top = v.horizon * dice.range(0.15, 0.5);
    let seat = v.width * dice.range(0.4, 0.7);
    let shift = dice.range(0.0, 1.0);
    canvas.paint(|x, y| {
        if y < top {
            return scale_rgb(wall, 0.9 + 0.15 * cloud(v3(x * 0.01, y * 0.01, v.place)));
        }
        let weave = 0.9 + 0.2 * noise(v3(x * 0.9, y * 0.9, v.place));
        let u = (x / seat + shift).fract();
        let bulge = (4.0 * u * (1.0 - u)).sqrt();
        let shade = match y < v.horizon {
            true => {
                (0.6 + 0.4 * ramp(top, top + 14.0, y))
                    * mix(0.7, 1.0, bulge)
                    * mix(1.05, 0.75, (y - top) / (v.horizon - top))
            }
            false => mix(0.8, 1.1, bulge) * ramp(v.horizon - 6.0, v.horizon + 10.0, y).max(0.45),
        };
        scale_rgb(cloth, weave * shade)
    });
    for _ in 0..dice.below(3) {
        let of = furnishing(dice);
        let c = dice.near(of, 0.25);
        let s = v.width * dice.range(0.1, 0.17);
        let (x, y) = (dice.range(0.0, v.width), v.horizon - s * 0.4);
        let lean = dice.about(0.0, 0.35);
        let corners = [
            (-1.0, -1.0),
            (0.0, -0.82),
            (1.0, -1.0),
            (0.85, 0.0),
            (1.0, 1.0),
            (0.0, 0.85),
            (-1.0, 1.0),
            (-0.85, 0.0),
        ];
        let outline = corners.map(|(a, b): (f32, f32)| [x + s * (a - lean * b), y + s * (b + lean * a)]);
        canvas.fill(&outline, |px, py| {
            let far = ((px as f32 - x) / s).abs().max(((py as f32 - y) / s).abs());
            (scale_rgb(c, 1.1 - 0.4 * far), 1.0)
        });
    }
}

fn sky(dice: &mut Dice) -> (Rgb, Rgb) {
    dice.pick(&[
        ([0.36, 0.58, 0.88], [0.78, 0.88, 0.95]),
        ([0.62, 0.68, 0.75], [0.83, 0.85, 0.87]),
        ([0.45, 0.5, 0.72], [0.95, 0.75, 0.55]),
    ])
}

fn sky_at(v: &View, sky: (Rgb, Rgb), x: f32, y: f32) -> Rgb {
    let c = mix_rgb(sky.0, sky.1, (y / v.horizon).min(1.0));
    mix_rgb(c, [0.95, 0.95, 0.96], 0.8 * ramp(0.52, 0.75, cloud(v3(x * 0.012, y * 0.03, v.place))))
}

fn meadow(canvas: &mut Canvas, v: &View, dice: &mut Dice) {
    let sky = sky(dice);
    let of = dice.pick(&[[0.32, 0.5, 0.16], [0.42, 0.55, 0.2], [0.56, 0.53, 0.26], [0.24, 0.42, 0.18]]);
    let grass = dice.near(of, 0.15);
    let trees = dice.chance(0.6);
    let tree = scale_rgb(dice.near(grass, 0.1), 0.6);
    canvas.paint(|x, y| {
        let crown = v.horizon * (0.75 - 0.6 * cloud(v3(x * 0.025, 7.0, v.place)));
        if y < v.horizon {
            return match trees && y > crown {
                true => scale_rgb(tree, 0.55 + 0.9 * cloud(v3(x * 0.09, y * 0.09, v.place))),
                false => sky_at(v, sky, x, y),
            };
        }
        let (gx, gz) = v.ground(x, y);
        scale_rgb(grass, 0.6 + 0.75 * cloud(v3(gx * 9.0, gz * 6.0, 0.0)))
    });
    // Blades, larger when nearer.
    for i in 0..1400 {
        let y = v.horizon + (v.height - v.horizon) * (i as f32 / 1400.0);
        let near = 0.25 + (y - v.horizon) / v.height * 1.5;
        let x = dice.range(0.0, v.width);
        let tip = [x + dice.about(0.0, 5.0) * near, y - dice.range(5.0, 13.0) * near];
        let c = dice.near(grass, 0.35);
        canvas.stroke(&[[x, y], tip], 1.6 * near, 0.4, |_, _| (c, 0.7));
    }
}

fn beach(canvas: &mut Canvas, v: &View, dice: &mut Dice) {
    let sky = sky(dice);
    let sand = dice.near([0.82, 0.72, 0.54], 0.12);
    let sea = dice.near([0.2, 0.47, 0.58], 0.2);
    let shore = v.horizon + v.height * dice.range(0.08, 0.2);
    canvas.paint(|x, y| {
        if y < v.horizon {
            return sky_at(v, sky, x, y);
        }
        let edge = shore + v.height * 0.03 * (noise(v3(x * 0.02, 1.0, v.place)) - 0.5);
        if y < edge {
            let (gx, gz) = v.ground(x, y);
            let foam = ramp(0.6, 0.75, noise(v3(gx * 4.0, gz * 16.0, 0.0))).max(ramp(edge - 3.0, edge, y));
            return mix_rgb(sea, [0.92, 0.95, 0.95], foam * 0.7);
        }
        let (gx, gz) = v.ground(x, y);
        let wet = mix(0.72, 1.0, ramp(edge, edge + v.height * 0.06, y));
        scale_rgb(
            sand,
            wet * (0.82 + 0.2 * cloud(v3(gx * 5.0, gz * 8.0, 0.0)) + 0.1 * noise(v3(x * 0.8, y * 0.8, 4.0))),
        )
    });
}

fn snow(canvas: &mut Canvas, v: &View, dice: &mut Dice) {
    let sky = sky(dice);
    let tree = dice.near([0.2, 0.27, 0.25], 0.2);
    canvas.paint(|x, y| {
        if y < v.horizon {
            let crown = v.horizon * (0.95 - 0.75 * cloud(v3(x * 0.05, 3.0, v.place)));
            return match y > crown {
                true => {
                    mix_rgb(tree, [0.9, 0.92, 0.96], ramp(0.45, 0.7, cloud(v3(x * 0.1, y * 0.07, v.place))))
                }
                false => sky_at(v, sky, x, y),
            };
        }
        let (gx, gz) = v.ground(x, y);
        let drift = cloud(v3(gx * 2.5, gz * 4.0, 0.0));
        mix_rgb([0.68, 0.74, 0.86], [0.95, 0.96, 0.98], ramp(0.2, 0.75, drift))
    });
}

fn bricks(canvas: &mut Canvas, v: &View, dice: &mut Dice) {
    let of = dice.pick(&[[0.6, 0.3, 0.22], [0.68, 0.48, 0.36], [0.55, 0.52, 0.5]]);
    let brick = dice.near(of, 0.15);
    let mortar = dice.near([0.7, 0.67, 0.62], 0.1);
    let stone = dice.near([0.5, 0.49, 0.47], 0.15);
    let h = v.height * dice.range(0.06, 0.1);
    canvas.paint(|x, y| {
        if y < v.horizon {
            let row = (y / h).floor();
            let bx = x / (h * 2.3) + if row as i32 % 2 == 0 { 0.5 } else { 0.0 };
            let (u, t) = (bx.fract(), (y / h).fract());
            let seam = (u.min(1.0 - u) * 2.3).min(t.min(1.0 - t));
            let own = 0.75 + 0.45 * noise(v3(bx.floor() * 3.7, row * 5.1, v.place));
            let rough = 0.88 + 0.24 * noise(v3(x * 0.4, y * 0.4, 0.0));
            return mix_rgb(mortar, scale_rgb(brick, own * rough), ramp(0.04, 0.1, seam));
        }
        let (gx, gz) = v.ground(x, y);
        let slab = (gx * 1.7).fract().min((gz * 0.8).fract());
        scale_rgb(
            stone,
            (0.8 + 0.35 * cloud(v3(gx * 12.0, gz * 12.0, 0.0))) * mix(0.7, 1.0, ramp(0.0, 0.03, slab)),
        )
    });
}

fn lights(canvas: &mut Canvas, v: &View, dice: &mut Dice) {
    let of = dice.pick(&[
        [0.25, 0.35, 0.25],
        [0.3, 0.28, 0.35],
        [0.55, 0.5, 0.42],
        [0.4, 0.5, 0.6],
        [0.12, 0.13, 0.16],
    ]);
    let (a, b) = (dice.near(of, 0.25), dice.near(of, 0.4));
    canvas.paint(|x, y| mix_rgb(a, b, cloud(v3(x * 0.006, y * 0.006, v.place))));
    for _ in 0..dice.below(22) {
        let c = dice.near([0.85, 0.8, 0.6], 0.35);
        let r = v.width * dice.range(0.02, 0.08);
        let centre = [dice.range(0.0, v.width), dice.range(0.0, v.height * 0.8)];
        let alpha = dice.range(0.1, 0.4);
        canvas.fill(&ellipse(centre, [r, 0.0], [0.0, r]), |_, _| (c, alpha));
    }
    canvas.blur(2);
}

pub fn rectangle(x0: f32, y0: f32, x1: f32, y1: f32) -> [[f32; 2]; 4] {
    [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]
}
