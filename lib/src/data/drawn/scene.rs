//! One picture from one seed: casts the animal, poses it, frames it, and paints
//! the layers from back to front.

use super::Animal;
use super::backdrop::backdrop;
use super::canvas::{Canvas, OVER};
use super::creature::{Creature, Skin, cast};
use super::face::Face;
use super::front::{develop, occlude, shadow};
use super::fur::{Light, Model, Painter};
use super::math::{Dice, Frame, P2, PI, v3};
use super::solid::{Camera, Rod, Surface};
use image::RgbImage;

/// Draws the picture.
pub fn scene(animal: Animal, seed: u64) -> RgbImage {
    let mut dice = Dice::new(seed);
    let (width, height) = size(&mut dice);
    let (w, h) = (width * OVER, height * OVER);
    let cast = cast(animal, &mut dice);
    let model = pose(cast.as_ref(), &mut dice);
    let close = dice.chance(0.34);
    let camera = frame(&model, close, w as f32, h as f32, &mut dice);
    let ground = camera.at(model.body.origin)[1];

    let back = backdrop(w, h, &mut dice);
    let mut canvas = back.canvas;
    ground_shadow(&mut canvas, &model, &camera, &mut dice);
    let surface = Surface::new(w, h, &camera, &model.rods);
    let light = Light {
        towards: v3(dice.about(0.0, 0.8), dice.range(0.4, 1.0), dice.range(0.3, 0.9)).unit(),
        hard: dice.range(0.5, 1.0),
    };
    Painter { model: &model, surface: &surface, camera: &camera, light }.paint(&mut canvas, &mut dice);
    let mut face =
        Face { canvas: &mut canvas, surface: &surface, camera: &camera, head: &model.head, lit: 0.95 };
    cast.face(&mut face, &mut dice);
    occlude(&mut canvas, back.place, ground, &mut dice);

    let mut picture = canvas.halved();
    develop(&mut picture, &mut dice);
    picture.into_image()
}

fn size(dice: &mut Dice) -> (usize, usize) {
    let area = dice.range(215.0, 282.0);
    let aspect = dice.pick(&[0.75, 0.8, 1.0, 1.25, 1.33, 1.33, 1.5, 1.6]) * dice.about(1.0, 0.03);
    let root = f32::sqrt(aspect);
    ((area * root) as usize, (area / root) as usize)
}

/// Puts the animal in a pose and turns it to the viewer.
fn pose(cast: &dyn Creature, dice: &mut Dice) -> Model {
    let made = cast.body(dice);
    let side = dice.sign();
    let yaw = side * (dice.range(made.turned.0, made.turned.1) * PI);
    let down = dice.range(0.05, 0.3);
    let tilt = dice.about(0.0, 0.05);
    // A positive pitch lifts the nose; seen from above, noses point down.
    let view = Frame::new(v3(0.0, 0.0, 0.0), 1.0, yaw, 0.0, 0.0).seen(&Frame::new(
        v3(0.0, 0.0, 0.0),
        1.0,
        0.0,
        -down,
        tilt,
    ));
    // The head looks about where the viewer is.
    let turn = (yaw * dice.range(0.15, 0.75) + dice.about(0.0, 0.3)).clamp(-1.25, 1.25) - yaw;
    let nod = dice.about(0.06, 0.16) + down * 0.5;
    let own = Frame::new(made.head_at, cast.head_size(), turn, nod, dice.about(0.0, 0.16));
    let head = own.seen(&view);
    let mut rods: Vec<Rod> = made.rods.iter().map(|r| r.placed(&view)).collect();
    let head_from = rods.len();
    rods.extend(cast.head().iter().map(|r| r.placed(&head)));
    let Skin { coat, nose, horn, nose_at } = cast.skin();
    Model { rods, head_from, body: view, head, coat, nose, horn, nose_at }
}

/// The box round rods: left, top, right, bottom in view space, y down.
fn bounds(rods: &[Rod]) -> [f32; 4] {
    let mut b = [f32::MAX, f32::MAX, f32::MIN, f32::MIN];
    for (p, r) in rods.iter().flat_map(|r| [(r.a, r.ra), (r.b, r.rb)]) {
        b = [b[0].min(p.x - r), b[1].min(-p.y - r), b[2].max(p.x + r), b[3].max(r - p.y)];
    }
    b
}

/// Fits the head, or the whole animal, into the picture.
fn frame(model: &Model, close: bool, w: f32, h: f32, dice: &mut Dice) -> Camera {
    let rods = if close { &model.rods[model.head_from..] } else { &model.rods[..] };
    let b = bounds(rods);
    let fill = if close { dice.range(0.6, 0.98) } else { dice.range(0.72, 1.06) };
    let scale = (w / (b[2] - b[0])).min(h / (b[3] - b[1])) * fill;
    let free = |size: f32, extent: f32| ((size - extent * scale) / 2.0).abs() * 0.7;
    let shift: P2 =
        [dice.about(0.0, free(w, b[2] - b[0])), dice.about(0.0, free(h, b[3] - b[1]).min(h * 0.1))];
    let centre =
        [w / 2.0 + shift[0] - (b[0] + b[2]) / 2.0 * scale, h / 2.0 + shift[1] - (b[1] + b[3]) / 2.0 * scale];
    Camera { centre, scale }
}

fn ground_shadow(canvas: &mut Canvas, model: &Model, camera: &Camera, dice: &mut Dice) {
    let b = bounds(&model.rods[..model.head_from]);
    let middle = camera.at(model.body.at(v3(0.0, 0.0, -0.3)));
    let wide = (b[2] - b[0]) * 0.62 * camera.scale;
    let centre = [camera.centre[0] + (b[0] + b[2]) / 2.0 * camera.scale, middle[1]];
    shadow(canvas, centre, wide, wide * 0.3, dice.range(0.35, 0.7));
}
