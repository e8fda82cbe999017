//! A heat map over a picture: the picture, the warmth over it, and what the colours
//! mean, side by side.

use super::{encode, escape, output};
use crate::{Error, Result};
use image::{Rgb, RgbImage};

/// The longest side of the pictures as they are shown, in pixels.
const MOST: u32 = 200;
const QUALITY: u8 = 82;
/// The share of the colour where it lies over the picture.
const OPACITY: f32 = 0.5;
/// The width of the scale, in pixels.
const SCALE_WIDTH: u32 = 18;

/// Cold to warm: from dark blue over purple and orange to a light yellow, ever lighter,
/// so that it reads without colours too.
const COLOURS: [[f32; 3]; 5] = [
    [12.0, 8.0, 60.0],
    [92.0, 18.0, 120.0],
    [196.0, 60.0, 90.0],
    [244.0, 144.0, 40.0],
    [252.0, 244.0, 150.0],
];

/// A picture with a coarse map of values from 0 to 1 over it.
///
/// ```
/// use image::{Rgb, RgbImage};
/// use sevenlines::show::HeatMap;
///
/// let picture = RgbImage::from_pixel(64, 64, Rgb([120, 120, 120]));
/// let heat = HeatMap::new(picture, vec![0.0, 0.0, 0.0, 1.0], 2, "The lower right corner")?;
/// assert_eq!(heat.warmest(), (48, 48));
/// assert!(heat.at(63, 63) == 1.0 && heat.at(0, 0) == 0.0);
/// assert_eq!(heat.to_string(), "The lower right corner; warmest at (48, 48) of 64 x 64");
/// # Ok::<(), sevenlines::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMap {
    picture: RgbImage,
    map: Vec<f32>,
    columns: usize,
    title: String,
}

impl HeatMap {
    /// `map` holds rows of `columns` values, from 0 (cold) to 1 (warm), over the whole
    /// of `picture`.
    ///
    /// # Errors
    /// [`Error::Plot`] for a picture without pixels, rows of different lengths, or a
    /// value that is not between 0 and 1.
    pub fn new(picture: RgbImage, map: Vec<f32>, columns: usize, title: impl Into<String>) -> Result<Self> {
        if picture.width() == 0 || picture.height() == 0 {
            return Err(Error::Plot("there is no picture under the heat map".to_owned()));
        }
        if columns == 0 || map.is_empty() || !map.len().is_multiple_of(columns) {
            let count = map.len();
            return Err(Error::Plot(format!("{count} values are no rows of {columns}")));
        }
        if let Some(value) = map.iter().find(|value| !(0.0..=1.0).contains(*value)) {
            return Err(Error::Plot(format!("a heat map goes from 0 to 1; it has {value} in it")));
        }
        Ok(Self { picture, map, columns, title: title.into() })
    }

    /// The picture below.
    pub fn picture(&self) -> &RgbImage {
        &self.picture
    }

    /// The values, row by row.
    pub fn map(&self) -> &[f32] {
        &self.map
    }

    /// The number of values in a row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The warmth at a pixel of the picture, 0 to 1: between the map's values bilinear.
    pub fn at(&self, x: u32, y: u32) -> f32 {
        let rows = self.map.len() / self.columns;
        let (left, right, across) = between(x, self.picture.width(), self.columns);
        let (above, below, down) = between(y, self.picture.height(), rows);
        let value = |row: usize, column: usize| self.map[row * self.columns + column];
        let line = |row| value(row, left) * (1.0 - across) + value(row, right) * across;
        line(above) * (1.0 - down) + line(below) * down
    }

    /// The pixel in the middle of the warmest value's field.
    pub fn warmest(&self) -> (u32, u32) {
        let rows = self.map.len() / self.columns;
        let warmer = |best: usize, at: usize| if self.map[at] > self.map[best] { at } else { best };
        let best = (0..self.map.len()).fold(0, warmer);
        let middle = |at: usize, count: usize, side: u32| ((2 * at + 1) * side as usize / (2 * count)) as u32;
        let x = middle(best % self.columns, self.columns, self.picture.width());
        (x, middle(best / self.columns, rows, self.picture.height()))
    }

    /// The picture with the colours over it.
    pub fn overlay(&self) -> RgbImage {
        let mix = |under: u8, over: f32| (f32::from(under) * (1.0 - OPACITY) + over * OPACITY).round() as u8;
        RgbImage::from_fn(self.picture.width(), self.picture.height(), |x, y| {
            let (under, over) = (self.picture.get_pixel(x, y).0, colour(self.at(x, y)));
            Rgb([mix(under[0], over[0]), mix(under[1], over[1]), mix(under[2], over[2])])
        })
    }

    /// Shows it now.
    pub fn show(&self) {
        output::html(&self.html(), &self.to_string());
    }

    /// Shows it as a cell's value.
    pub fn evcxr_display(&self) {
        output::value(&self.html(), &self.to_string());
    }

    fn html(&self) -> String {
        let title = escape::html(&escape::line(&self.title));
        let overlay = self.overlay();
        let height = shown(&overlay).height();
        let scale = RgbImage::from_fn(SCALE_WIDTH, height, |_, y| {
            Rgb(colour(1.0 - y as f32 / (height - 1).max(1) as f32).map(|part| part.round() as u8))
        });
        let picture = panel(&self.picture, "the picture", &format!("the picture: {title}"));
        let over = panel(&overlay, "where it is warm", &format!("heat map: {title}"));
        let scale = image(&scale, "from 0, dark, to 1, light");
        let ends = |text: &str| format!("<div style=\"font-size:85%\">{text}</div>");
        format!(
            "<div><div style=\"margin:3px\">{title}</div>{picture}{over}<div style=\"{PANEL}\">{}{scale}{}</div></div>",
            ends("1 (most)"),
            ends("0 (nothing)")
        )
    }
}

impl std::fmt::Display for HeatMap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ((x, y), title) = (self.warmest(), escape::line(&self.title));
        let (width, height) = self.picture.dimensions();
        match self.map.iter().any(|value| *value > 0.0) {
            true => write!(f, "{title}; warmest at ({x}, {y}) of {width} x {height}"),
            false => write!(f, "{title}; nowhere warm"),
        }
    }
}

const PANEL: &str = "display:inline-block;vertical-align:middle;margin:3px 6px;text-align:center";

fn panel(picture: &RgbImage, caption: &str, alt: &str) -> String {
    let caption = format!("<div style=\"font-size:85%\">{caption}</div>");
    format!("<div style=\"{PANEL}\">{caption}{}</div>", image(&shown(picture), alt))
}

fn image(picture: &RgbImage, alt: &str) -> String {
    match encode::smaller_uri(&picture.clone().into(), QUALITY) {
        Ok(uri) => format!(r#"<img src="{uri}" alt="{alt}" style="display:inline;margin:0;max-width:100%">"#),
        Err(_) => "(no picture)".to_owned(),
    }
}

fn shown(picture: &RgbImage) -> RgbImage {
    encode::scaled(&picture.clone().into(), MOST).into_rgb8()
}

/// Of `count` values over `side` pixels, which two lie about pixel `at`, and how far it
/// is from the first to the second.
fn between(at: u32, side: u32, count: usize) -> (usize, usize, f32) {
    let place = (at as f32 + 0.5) * count as f32 / side as f32 - 0.5;
    let place = place.clamp(0.0, (count - 1) as f32);
    let first = place.floor() as usize;
    (first, (first + 1).min(count - 1), place - first as f32)
}

fn colour(warmth: f32) -> [f32; 3] {
    let place = warmth.clamp(0.0, 1.0) * (COLOURS.len() - 1) as f32;
    let first = (place.floor() as usize).min(COLOURS.len() - 2);
    let share = place - first as f32;
    [0, 1, 2].map(|part| COLOURS[first][part] * (1.0 - share) + COLOURS[first + 1][part] * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(side: u32) -> RgbImage {
        RgbImage::from_pixel(side, side, Rgb([128; 3]))
    }

    #[test]
    fn values_lie_in_the_middle_of_their_fields() {
        let heat = HeatMap::new(grey(90), vec![0.0, 0.5, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0], 3, "t").unwrap();
        assert_eq!(heat.warmest(), (45, 45));
        assert!((heat.at(45, 45) - 1.0).abs() < 0.02 && (heat.at(45, 15) - 0.5).abs() < 0.02);
        // Halfway between the two.
        assert!((heat.at(45, 30) - 0.75).abs() < 0.02, "{}", heat.at(45, 30));
        assert_eq!(heat.at(0, 89), 0.0);
    }

    #[test]
    fn warm_is_lighter_than_cold() {
        let light = |warmth: f32| colour(warmth).iter().sum::<f32>();
        assert!((0..10).all(|i| light(i as f32 / 10.0) < light((i + 1) as f32 / 10.0)));
        let over = HeatMap::new(grey(20), vec![0.0, 1.0], 2, "t").unwrap().overlay();
        let sum = |x| over.get_pixel(x, 10).0.iter().map(|part| u32::from(*part)).sum::<u32>();
        assert!(sum(19) > sum(0) + 150, "{} {}", sum(19), sum(0));
    }

    #[test]
    fn it_shows_two_pictures_and_a_scale_and_escapes() {
        let html = HeatMap::new(grey(500), vec![0.0; 4], 2, "<cats> & 'co'").unwrap().html();
        assert_eq!(html.matches("<img src=\"data:image/").count(), 3, "{html}");
        assert!(html.contains("&lt;cats&gt; &amp;") && !html.contains("<cats>"));
        assert!(html.len() < 40_000, "{}", html.len());
        assert!(HeatMap::new(grey(9), vec![0.0; 4], 2, "t").unwrap().to_string().ends_with("nowhere warm"));
    }

    #[test]
    fn what_is_no_map_is_refused() {
        for (picture, map, columns) in [
            (grey(0), vec![0.0], 1),
            (grey(9), vec![], 1),
            (grey(9), vec![0.0; 3], 2),
            (grey(9), vec![0.0], 0),
            (grey(9), vec![1.5], 1),
            (grey(9), vec![f32::NAN], 1),
        ] {
            assert_eq!(HeatMap::new(picture, map, columns, "t").unwrap_err().name(), "Plot");
        }
    }
}
