//! A grid of titled thumbnails: the right, the wrong and the unsure.

use super::{encode, escape, output};
use image::{DynamicImage, RgbImage};

/// The longest side of a thumbnail, in pixels.
const THUMBNAIL: u32 = 160;
const QUALITY: u8 = 80;
/// A tile's width with its border, padding and margin, in CSS pixels.
const TILE_WIDTH: usize = THUMBNAIL as usize + 2 * (3 + 4 + 3);
/// Beside a tile, of the grid's width.
const MARGIN_PERCENT: f64 = 0.4;
/// No tile is narrower.
const LEAST_WIDTH: usize = 110;

/// Whether a tile's prediction was right; shown as a border and a symbol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mark {
    /// Nothing to judge.
    #[default]
    None,
    /// A tick, a green border.
    Right,
    /// A cross, a dashed red border.
    Wrong,
}

impl Mark {
    fn symbol(self) -> &'static str {
        match self {
            Mark::None => "",
            Mark::Right => "✓ ",
            Mark::Wrong => "✗ ",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Mark::None => "",
            Mark::Right => " (right)",
            Mark::Wrong => " (wrong)",
        }
    }

    /// Mid-tones, which stand out from white and from black. The style of the
    /// line differs too, for those who do not see the colours.
    fn border(self) -> &'static str {
        match self {
            Mark::None => "3px solid transparent",
            Mark::Right => "3px solid #2e9e5b",
            Mark::Wrong => "3px dashed #d9483b",
        }
    }
}

/// One picture of a [`Grid`] with its words.
#[derive(Clone, Debug, PartialEq)]
pub struct Tile {
    /// The picture, of any size.
    pub picture: RgbImage,
    /// Above the picture: its class, say.
    pub title: String,
    /// Below it, smaller: its file, say. May be empty.
    pub caption: String,
    /// Right, wrong, or neither.
    pub mark: Mark,
}

/// Thumbnails of at most 160 pixels in rows, small enough to keep in a saved
/// notebook.
///
/// ```
/// use image::{Rgb, RgbImage};
/// use sevenlines::show::{Grid, Mark, Tile};
///
/// let tile = |title: &str, mark| Tile {
///     picture: RgbImage::from_pixel(224, 224, Rgb([200, 160, 90])),
///     title: title.to_string(),
///     caption: "cat.7.jpg".to_string(),
///     mark,
/// };
/// let grid = Grid::new(vec![tile("cat 0.98", Mark::Right), tile("dog 0.61", Mark::Wrong)], 4);
/// assert_eq!(grid.to_string(), "✓ cat 0.98  cat.7.jpg\n✗ dog 0.61  cat.7.jpg");
/// grid.heading("Two pictures").show();
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    heading: String,
    tiles: Vec<Tile>,
    columns: usize,
}

impl Grid {
    /// A grid of at most `columns` tiles a row (fewer where the page is narrow;
    /// 0 counts as 1). Keeps thumbnails only.
    pub fn new(tiles: Vec<Tile>, columns: usize) -> Self {
        let small = |tile: Tile| Tile { picture: thumbnail(tile.picture), ..tile };
        let tiles = tiles.into_iter().map(small).collect();
        Self { heading: String::new(), tiles, columns: columns.max(1) }
    }

    /// With a line of text above the tiles.
    pub fn heading(self, text: impl Into<String>) -> Self {
        Self { heading: text.into(), ..self }
    }

    /// The tiles, with their pictures as thumbnails.
    pub fn tiles(&self) -> &[Tile] {
        &self.tiles
    }

    /// Shows the grid now.
    pub fn show(&self) {
        output::html(&self.html(), &self.to_string());
    }

    /// Shows the grid as a cell's value.
    pub fn evcxr_display(&self) {
        output::value(&self.html(), &self.to_string());
    }

    fn html(&self) -> String {
        let tiles: String = self.tiles.iter().map(|tile| tile_html(tile, self.columns)).collect();
        let heading = match self.heading.is_empty() {
            true => String::new(),
            false => {
                format!("<div style=\"margin:3px\">{}</div>", escape::html(&escape::line(&self.heading)))
            }
        };
        format!(r#"<div style="max-width:{}px">{heading}{tiles}</div>"#, self.columns * TILE_WIDTH)
    }
}

impl std::fmt::Display for Grid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let heading = Some(escape::line(&self.heading)).filter(|heading| !heading.is_empty());
        let line = |tile: &Tile| {
            let (title, caption) = (escape::line(&tile.title), escape::line(&tile.caption));
            format!("{}{title}  {caption}", tile.mark.symbol()).trim_end().to_owned()
        };
        let lines: Vec<String> = heading.into_iter().chain(self.tiles.iter().map(line)).collect();
        f.write_str(&lines.join("\n"))
    }
}

fn thumbnail(picture: RgbImage) -> RgbImage {
    if picture.width() <= THUMBNAIL && picture.height() <= THUMBNAIL {
        return picture;
    }
    encode::scaled(&DynamicImage::ImageRgb8(picture), THUMBNAIL).into_rgb8()
}

/// A tile's share of the grid's width, so that rows stay rows in a narrow window. Only
/// where a tile would be too small to see anything do they break by themselves.
fn tile_html(tile: &Tile, columns: usize) -> String {
    let title = escape::html(&escape::line(&tile.title));
    let alt = format!("{title}{}", tile.mark.word());
    let picture = match encode::jpeg_uri(&tile.picture, QUALITY) {
        Ok(uri) => format!(r#"<img src="{uri}" alt="{alt}" style="display:inline;margin:0;max-width:100%">"#),
        Err(_) => "(no picture)".to_string(),
    };
    let caption = escape::html(&escape::shortened(&tile.caption, 26));
    let width = 100.0 / columns as f64 - 2.0 * MARGIN_PERCENT - 0.01; // it is rounded
    let (border, symbol) = (tile.mark.border(), tile.mark.symbol());
    format!(
        "<div style=\"display:inline-block;vertical-align:top;box-sizing:border-box;width:{width:.2}%;\
         min-width:{LEAST_WIDTH}px;margin:3px {MARGIN_PERCENT}%;padding:4px;border:{border};border-radius:6px;text-align:center;line-height:1.3\">\
         <div style=\"overflow-wrap:break-word\"><b>{symbol}</b>{title}</div>{picture}\
         <div style=\"font-size:85%;opacity:0.75;overflow-wrap:break-word\">{caption}</div></div>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    fn tile(title: &str, mark: Mark) -> Tile {
        // Waves of light, about as hard to compress as a photograph.
        let picture = RgbImage::from_fn(500, 375, |x, y| {
            let wave = |k: u32| (((x * k + y * y / k) % 97) * 2) as u8;
            Rgb([wave(3), wave(5), wave(7)])
        });
        Tile { picture, title: title.into(), caption: "valid/cats/cat.1.jpg".into(), mark }
    }

    #[test]
    fn eight_tiles_stay_small() {
        let grid = Grid::new((0..8).map(|i| tile(&format!("cat {i}"), Mark::Right)).collect(), 4);
        assert_eq!(grid.tiles()[0].picture.dimensions(), (160, 120));
        let size = grid.html().len();
        assert!(size < 200_000, "{size} bytes");
    }

    #[test]
    fn names_are_escaped_and_marks_are_words_too() {
        let mut odd = tile(r#"<script>"cats" & 'dogs'"#, Mark::Wrong);
        odd.caption = "a&b<c>.jpg".into();
        let html = Grid::new(vec![odd], 1).html();
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("&lt;script&gt;&quot;cats&quot; &amp; &#39;dogs&#39; (wrong)\""), "{html}");
        assert!(html.contains("a&amp;b&lt;c&gt;.jpg"), "{html}");
        assert!(html.contains('✗'), "{html}");
    }

    #[test]
    fn a_heading_stands_above_and_is_escaped() {
        let grid = Grid::new(vec![tile("cat", Mark::Right)], 2).heading("most <sure>");
        assert_eq!(grid.to_string(), "most <sure>\n✓ cat  valid/cats/cat.1.jpg");
        let html = grid.html();
        assert!(html.find("most &lt;sure&gt;").unwrap() < html.find("<img").unwrap(), "{html}");
        assert_eq!(Grid::new(Vec::new(), 2).heading("none is wrong").to_string(), "none is wrong");
    }

    #[test]
    fn an_empty_picture_or_grid_does_no_harm() {
        let mut empty = tile("none", Mark::None);
        empty.picture = RgbImage::new(0, 0);
        assert!(Grid::new(vec![empty], 0).html().contains("(no picture)"));
        assert_eq!(Grid::new(Vec::new(), 3).to_string(), "");
    }
}
