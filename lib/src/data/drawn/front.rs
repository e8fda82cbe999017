//! What lies before the animal and hides a little of it, and the light and the
//! camera's faults over all. Chosen without regard to the animal.

use super::backdrop::{Place, rectangle};
use super::canvas::{Canvas, curve, ellipse};
use super::math::{Dice, P2, Rgb, mix, mix_rgb, ramp, scale_rgb};

/// The animal's shadow on the ground, soft, under the whole of its rods.
pub fn shadow(canvas: &mut Canvas, centre: P2, rx: f32, ry: f32, strength: f32) {
    let (rx, ry) = (rx.max(2.0), ry.max(2.0));
    for y in (centre[1] - ry).max(0.0) as usize..((centre[1] + ry).max(0.0) as usize).min(canvas.height) {
        for x in (centre[0] - rx).max(0.0) as usize..((centre[0] + rx).max(0.0) as usize).min(canvas.width) {
            let (dx, dy) = ((x as f32 - centre[0]) / rx, (y as f32 - centre[1]) / ry);
            let near = ramp(1.0, 0.25, (dx * dx + dy * dy).sqrt());
            canvas.blend(x, y, [0.04, 0.04, 0.06], near * strength);
        }
    }
}

/// Puts something between the camera and the animal, or nothing. `ground` is where
/// the animal stands, in pixels from the top.
pub fn occlude(canvas: &mut Canvas, place: Place, ground: f32, dice: &mut Dice) {
    if matches!(place, Place::Meadow) && dice.chance(0.7) {
        blades(canvas, ground, dice);
    }
    match dice.below(9) {
        0 => bars(canvas, dice),
        1 | 2 => leaves(canvas, dice),
        3 => toy(canvas, ground, dice),
        4 => edge(canvas, dice),
        _ => {}
    }
}

fn blades(canvas: &mut Canvas, ground: f32, dice: &mut Dice) {
    let (w, h) = (canvas.width as f32, canvas.height as f32);
    let grass = dice.near([0.36, 0.52, 0.18], 0.15);
    for _ in 0..170 {
        let root = [dice.range(0.0, w), dice.range(ground, h.max(ground + h * 0.1) + h * 0.05)];
        let tall = h * dice.range(0.05, 0.16);
        let lean = dice.about(0.0, 0.5) * tall;
        let c = dice.near(grass, 0.35);
        let line =
            curve(root, [root[0] + lean * 0.2, root[1] - tall * 0.6], [root[0] + lean, root[1] - tall]);
        canvas.stroke(&line, w * 0.008, 0.8, |_, y| {
            (scale_rgb(c, mix(1.15, 0.8, (y as f32 / h).min(1.0))), 0.95)
        });
    }
}

fn bars(canvas: &mut Canvas, dice: &mut Dice) {
    let (w, h) = (canvas.width as f32, canvas.height as f32);
    let of = dice.pick(&[[0.75, 0.73, 0.7], [0.25, 0.25, 0.26], [0.5, 0.36, 0.24]]);
    let c = dice.near(of, 0.15);
    let thick = w * dice.range(0.015, 0.035);
    let gap = w * dice.range(0.22, 0.4);
    let mut x = dice.range(0.0, gap);
    while x < w {
        canvas.fill(&rectangle(x, -1.0, x + thick, h + 1.0), |px, _| {
            let u = (px as f32 - x) / thick;
            (scale_rgb(c, 0.6 + 1.6 * u * (1.0 - u)), 1.0)
        });
        x += gap;
    }
}

fn leaves(canvas: &mut Canvas, dice: &mut Dice) {
    let (w, h) = (canvas.width as f32, canvas.height as f32);
    let right = dice.chance(0.5);
    let root = [
        if right { w * dice.range(0.9, 1.05) } else { w * dice.range(-0.05, 0.1) },
        h * dice.range(0.9, 1.1),
    ];
    let green = dice.near([0.2, 0.42, 0.2], 0.3);
    for _ in 0..dice.below(5) + 4 {
        let long = h * dice.range(0.25, 0.6);
        let lean = dice.range(-0.15, 0.55) * if right { -long } else { long };
        let tip = [root[0] + lean, root[1] - long];
        let mid = [root[0] + lean * 0.35, root[1] - long * 0.6];
        let wide = long * dice.range(0.06, 0.12);
        let mut outline = curve(root, [mid[0] - wide, mid[1] - wide * 0.3], tip);
        outline.extend(curve(tip, [mid[0] + wide, mid[1] + wide * 0.3], root));
        let c = dice.near(green, 0.25);
        canvas.fill(&outline, |_, y| (scale_rgb(c, mix(1.2, 0.8, y as f32 / h)), 1.0));
        canvas.stroke(&curve(root, mid, tip), w * 0.004, 1.0, |_, _| (scale_rgb(c, 1.35), 0.8));
    }
}

fn toy(canvas: &mut Canvas, ground: f32, dice: &mut Dice) {
    let (w, h) = (canvas.width as f32, canvas.height as f32);
    let r = h * dice.range(0.05, 0.1);
    let centre = [w * dice.range(0.1, 0.9), (ground - r * 0.5).min(h - r * 0.4)];
    let of = dice.pick(&[[0.85, 0.2, 0.15], [0.75, 0.85, 0.2], [0.2, 0.4, 0.8], [0.9, 0.55, 0.15]]);
    let c: Rgb = dice.near(of, 0.1);
    shadow(canvas, [centre[0], centre[1] + r * 0.9], r * 1.3, r * 0.4, 0.5);
    canvas.fill(&ellipse(centre, [r, 0.0], [0.0, r]), |x, y| {
        let (dx, dy) = ((x as f32 - centre[0]) / r + 0.3, (y as f32 - centre[1]) / r + 0.4);
        let lit = 1.15 - 0.5 * (dx * dx + dy * dy).sqrt();
        let band = ramp(0.1, 0.06, ((x as f32 - centre[0]) / r * 0.6 + (y as f32 - centre[1]) / r).abs());
        (scale_rgb(mix_rgb(c, [0.95, 0.95, 0.9], band), lit), 1.0)
    });
}

/// Something large and blurred that reaches in from below.
fn edge(canvas: &mut Canvas, dice: &mut Dice) {
    let (w, h) = (canvas.width as f32, canvas.height as f32);
    let of = dice.pick(&[[0.55, 0.4, 0.3], [0.8, 0.76, 0.7], [0.3, 0.36, 0.45], [0.5, 0.2, 0.22]]);
    let c = dice.near(of, 0.15);
    let (left, right) = (h * dice.range(0.84, 1.0), h * dice.range(0.84, 1.0));
    for y in (h * 0.8) as usize..canvas.height {
        for x in 0..canvas.width {
            let top = mix(left, right, x as f32 / w);
            let alpha = ramp(top - h * 0.02, top + h * 0.02, y as f32);
            canvas.blend(x, y, scale_rgb(c, 0.9 + 0.2 * (y as f32 - top) / h), alpha);
        }
    }
}

/// Exposure, colour of the light, vignette, softness and grain. Runs on the
/// picture at its own size.
pub fn develop(canvas: &mut Canvas, dice: &mut Dice) {
    let gain = dice.range(0.78, 1.18);
    let warm = dice.about(0.0, 0.1);
    let contrast = dice.range(0.88, 1.12);
    let vignette = if dice.chance(0.6) { dice.range(0.0, 0.4) } else { 0.0 };
    let side = (dice.about(0.0, 0.16), dice.about(0.0, 0.16));
    if dice.chance(0.18) {
        canvas.blur(1);
    }
    let grain = if dice.chance(0.5) { dice.range(0.004, 0.022) } else { 0.0 };
    let (w, h) = (canvas.width as f32, canvas.height as f32);
    for y in 0..canvas.height {
        for x in 0..canvas.width {
            let (u, v) = (x as f32 / w * 2.0 - 1.0, y as f32 / h * 2.0 - 1.0);
            let k = gain * (1.0 + side.0 * u + side.1 * v) * (1.0 - vignette * 0.5 * (u * u + v * v));
            let noise =
                if grain > 0.0 { (dice.range(-1.0, 1.0) + dice.range(-1.0, 1.0)) * grain } else { 0.0 };
            let pixel = &mut canvas.pixels[y * canvas.width + x];
            let tint = [1.0 + warm, 1.0, 1.0 - warm];
            for c in 0..3 {
                pixel[c] = (pixel[c] * k * tint[c] - 0.5) * contrast + 0.5 + noise;
            }
        }
    }
}
