//! A canvas and the brushes on it: polygons, tapered strokes, blur. It is drawn at
//! twice the picture's size and halved at the end, which smooths every edge.

use super::math::{P2, Rgb, cos, mix_rgb, sin};
use image::RgbImage;

/// Canvas pixels a picture pixel, each way.
pub const OVER: usize = 2;

/// Pixels of float colour, row by row.
#[derive(Clone)]
pub struct Canvas {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<Rgb>,
}

impl Canvas {
    pub fn new(width: usize, height: usize) -> Canvas {
        Canvas { width, height, pixels: vec![[0.0; 3]; width * height] }
    }

    /// Sets each pixel from its place.
    pub fn paint(&mut self, mut colour: impl FnMut(f32, f32) -> Rgb) {
        for y in 0..self.height {
            for x in 0..self.width {
                self.pixels[y * self.width + x] = colour(x as f32, y as f32);
            }
        }
    }

    pub fn blend(&mut self, x: usize, y: usize, colour: Rgb, alpha: f32) {
        let pixel = &mut self.pixels[y * self.width + x];
        *pixel = mix_rgb(*pixel, colour, alpha);
    }

    /// Fills a closed polygon (even-odd). `paint` gives colour and opacity at a pixel.
    pub fn fill(&mut self, outline: &[P2], paint: impl Fn(usize, usize) -> (Rgb, f32)) {
        let top = outline.iter().fold(f32::MAX, |m, p| m.min(p[1])).max(0.0) as usize;
        let bottom = outline.iter().fold(0.0f32, |m, p| m.max(p[1])).min(self.height as f32 - 1.0);
        let mut crossings = Vec::new();
        let mut cover = vec![0.0f32; self.width];
        for y in top..=bottom.max(0.0) as usize {
            cover.fill(0.0);
            for half in [0.25, 0.75] {
                crossings_of(outline, y as f32 + half, &mut crossings);
                for span in crossings.chunks_exact(2) {
                    add_span(&mut cover, span[0], span[1]);
                }
            }
            for (x, cover) in cover.iter().enumerate().filter(|(_, c)| **c > 0.0) {
                let (colour, alpha) = paint(x, y);
                self.blend(x, y, colour, alpha * cover.min(1.0));
            }
        }
    }

    /// A line through `points` whose width goes from `from` to `to`, round ends.
    pub fn stroke(&mut self, points: &[P2], from: f32, to: f32, paint: impl Fn(usize, usize) -> (Rgb, f32)) {
        let n = points.len().max(2) - 1;
        for (i, pair) in points.windows(2).enumerate() {
            let at = |k: usize| from + (to - from) * k as f32 / n as f32;
            self.segment(pair[0], pair[1], at(i) / 2.0, at(i + 1) / 2.0, &paint);
        }
    }

    fn segment(&mut self, a: P2, b: P2, ra: f32, rb: f32, paint: &impl Fn(usize, usize) -> (Rgb, f32)) {
        let pad = ra.max(rb) + 1.0;
        let clip = |v: f32, top: usize| v.clamp(0.0, top as f32) as usize;
        let (x0, x1) = (clip(a[0].min(b[0]) - pad, self.width), clip(a[0].max(b[0]) + pad + 1.0, self.width));
        let (y0, y1) =
            (clip(a[1].min(b[1]) - pad, self.height), clip(a[1].max(b[1]) + pad + 1.0, self.height));
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        let length = (dx * dx + dy * dy).max(1e-6);
        for y in y0..y1 {
            for x in x0..x1 {
                let (px, py) = (x as f32 + 0.5 - a[0], y as f32 + 0.5 - a[1]);
                let t = ((px * dx + py * dy) / length).clamp(0.0, 1.0);
                let (ex, ey) = (px - t * dx, py - t * dy);
                let radius = ra + (rb - ra) * t;
                // Thinner than a pixel: fainter, not gone.
                let cover =
                    (radius + 0.5 - (ex * ex + ey * ey).sqrt()).clamp(0.0, 1.0) * (radius * 2.0).min(1.0);
                if cover > 0.0 {
                    let (colour, alpha) = paint(x, y);
                    self.blend(x, y, colour, alpha * cover);
                }
            }
        }
    }

    /// Blurs by two passes of a box of `radius` pixels.
    pub fn blur(&mut self, radius: usize) {
        if radius == 0 {
            return;
        }
        for _ in 0..2 {
            for y in 0..self.height {
                box_line(&mut self.pixels, y * self.width, 1, self.width, radius);
            }
            for x in 0..self.width {
                box_line(&mut self.pixels, x, self.width, self.height, radius);
            }
        }
    }

    /// This canvas enlarged to another size, smoothly.
    pub fn enlarged(&self, width: usize, height: usize) -> Canvas {
        let mut big = Canvas::new(width, height);
        let (kx, ky) = (self.width as f32 / width as f32, self.height as f32 / height as f32);
        big.paint(|x, y| self.sample((x + 0.5) * kx - 0.5, (y + 0.5) * ky - 0.5));
        big
    }

    fn sample(&self, x: f32, y: f32) -> Rgb {
        let (x, y) = (x.clamp(0.0, self.width as f32 - 1.0), y.clamp(0.0, self.height as f32 - 1.0));
        let (x0, y0) = (x as usize, y as usize);
        let (x1, y1) = ((x0 + 1).min(self.width - 1), (y0 + 1).min(self.height - 1));
        let row = |y: usize| {
            mix_rgb(self.pixels[y * self.width + x0], self.pixels[y * self.width + x1], x - x0 as f32)
        };
        mix_rgb(row(y0), row(y1), y - y0 as f32)
    }

    /// The mean of each `OVER` x `OVER` block.
    pub fn halved(&self) -> Canvas {
        let mut small = Canvas::new(self.width / OVER, self.height / OVER);
        small.paint(|x, y| {
            let mut sum = [0.0; 3];
            for dy in 0..OVER {
                for dx in 0..OVER {
                    let p = self.pixels[(y as usize * OVER + dy) * self.width + x as usize * OVER + dx];
                    sum = [sum[0] + p[0], sum[1] + p[1], sum[2] + p[2]];
                }
            }
            sum.map(|v| v / (OVER * OVER) as f32)
        });
        small
    }

    pub fn into_image(self) -> RgbImage {
        RgbImage::from_fn(self.width as u32, self.height as u32, |x, y| {
            let p = self.pixels[y as usize * self.width + x as usize];
            image::Rgb(p.map(|v| (v.clamp(0.0, 1.0) * 255.0 + 0.5) as u8))
        })
    }
}

fn crossings_of(outline: &[P2], y: f32, into: &mut Vec<f32>) {
    into.clear();
    for (i, a) in outline.iter().enumerate() {
        let b = outline[(i + 1) % outline.len()];
        if (a[1] <= y) != (b[1] <= y) {
            into.push(a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]));
        }
    }
    into.sort_by(f32::total_cmp);
}

fn add_span(cover: &mut [f32], from: f32, to: f32) {
    let (from, to) = (from.max(0.0), to.min(cover.len() as f32));
    let mut x = from as usize;
    while (x as f32) < to && x < cover.len() {
        cover[x] += 0.5 * (to.min(x as f32 + 1.0) - from.max(x as f32)).max(0.0);
        x += 1;
    }
}

fn box_line(pixels: &mut [Rgb], start: usize, step: usize, count: usize, radius: usize) {
    let line: Vec<Rgb> = (0..count).map(|i| pixels[start + i * step]).collect();
    let at = |i: isize| line[i.clamp(0, count as isize - 1) as usize];
    let r = radius as isize;
    let mut sum = [0.0f32; 3];
    for i in -r..=r {
        let p = at(i);
        sum = [sum[0] + p[0], sum[1] + p[1], sum[2] + p[2]];
    }
    let share = 1.0 / (2 * radius + 1) as f32;
    for i in 0..count {
        pixels[start + i * step] = sum.map(|v| v * share);
        let (new, old) = (at(i as isize + r + 1), at(i as isize - r));
        for c in 0..3 {
            sum[c] += new[c] - old[c];
        }
    }
}

/// An ellipse as a polygon: `centre`, and its two half-axes as vectors.
pub fn ellipse(centre: P2, a: P2, b: P2) -> Vec<P2> {
    (0..28)
        .map(|i| {
            let t = i as f32 * (2.0 * super::math::PI / 28.0);
            let (c, s) = (cos(t), sin(t));
            [centre[0] + a[0] * c + b[0] * s, centre[1] + a[1] * c + b[1] * s]
        })
        .collect()
}

/// A quadratic curve as a line of points.
pub fn curve(a: P2, b: P2, c: P2) -> Vec<P2> {
    (0..=8)
        .map(|i| {
            let t = i as f32 / 8.0;
            let (p, q, r) = ((1.0 - t) * (1.0 - t), 2.0 * t * (1.0 - t), t * t);
            [p * a[0] + q * b[0] + r * c[0], p * a[1] + q * b[1] + r * c[1]]
        })
        .collect()
}
