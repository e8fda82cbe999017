//! A finished plot: an SVG drawing that its owner may show, read or save.

use super::output;
use crate::Result;
use crate::disk::DraftFile;
use std::path::Path;

/// A plot, as an SVG drawing and as text.
///
/// ```
/// use sevenlines::show::bar_chart;
///
/// let figure = bar_chart(&["tabby", "lynx"], &[0.91, 0.04], "Top classes")?;
/// assert!(figure.svg().starts_with("<svg"));
/// figure.show();
/// # Ok::<(), sevenlines::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    svg: String,
    alt: String,
    text: String,
}

impl Figure {
    /// `alt` says in a sentence what there is to see, `text` gives the numbers.
    pub(crate) fn new(svg: String, alt: String, text: String) -> Self {
        Self { svg, alt, text }
    }

    /// The drawing, complete as a file.
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// Writes the drawing to a file.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) if the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let mut draft = DraftFile::new(path.as_ref())?;
        draft.write(self.svg.as_bytes())?;
        draft.finish()
    }

    /// Shows the plot now.
    pub fn show(&self) {
        output::html(&self.html(), &self.text);
    }

    /// Shows the plot as a cell's value.
    pub fn evcxr_display(&self) {
        output::value(&self.html(), &self.text);
    }

    pub(super) fn html(&self) -> String {
        output::svg_image(&self.svg, &self.alt)
    }
}

/// Writes the numbers, not the drawing.
impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure() -> Figure {
        Figure::new("<svg/>".into(), "one \"odd\" <plot>".into(), "epoch 1".into())
    }

    #[test]
    fn it_saves_what_it_shows() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("plot.svg");
        figure().save(&path).unwrap();
        figure().save(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "<svg/>");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_missing_folder_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("none/plot.svg");
        let error = figure().save(&path).unwrap_err().to_string();
        assert!(error.contains("none/plot.svg"), "{error}");
    }

    #[test]
    fn it_is_an_image_with_words() {
        assert!(figure().html().contains("alt=\"one &quot;odd&quot; &lt;plot&gt;\""));
        assert_eq!(figure().to_string(), "epoch 1");
    }
}
