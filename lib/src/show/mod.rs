//! What a notebook sees: progress, pictures, grids, tables and plots.
//!
//! Each value here knows two faces: HTML for a notebook, plain text for a
//! terminal. `Display` writes the text; `evcxr_display`, which a notebook calls
//! on a cell's last value, shows the HTML; `show` shows it at once, so that one
//! cell may show several. Nothing here knows the model or the batches: all take
//! pictures, names and numbers.
//!
//! The HTML stays within what a notebook front end keeps of a notebook that it
//! does not trust yet (a colleague's, say): no scripts, no inline `<svg>` (plots
//! are `<img>`), no colour of text, so that it reads in light and dark themes.
//!
//! - [`progress`]: a bar around a loop; [`Progress`]: one that is told how far it is
//! - [`LivePlot`]: lines that grow while a cell runs
//! - [`Picture`], [`ShowPicture`]: one picture
//! - [`Grid`] of [`Tile`]s: thumbnails with titles
//! - [`HeatMap`]: a picture, what matters in it as colour over it, and the colours' scale
//! - [`Table`]: rows of text and numbers
//! - [`Figure`]: a plot, from [`history_plot`], [`confusion_matrix`], [`bar_chart`] or [`lr_plot`]
//! - [`html`], [`svg`], [`png`]: anything else, now; [`value`]: as a cell's value

mod axis;
mod bars;
mod confusion;
mod encode;
mod escape;
mod figure;
mod grid;
mod heat;
mod history;
mod live_plot;
mod mesh;
mod names;
mod numbers;
mod output;
mod picture;
mod place;
mod progress;
mod rates;
mod sizes;
mod table;
mod theme;
mod thin;

pub use bars::bar_chart;
pub use confusion::confusion_matrix;
pub use figure::Figure;
pub use grid::{Grid, Mark, Tile};
pub use heat::HeatMap;
pub(crate) use history::history_plot_with;
pub use history::{EpochPoint, history_plot};
pub use live_plot::{LivePlot, Number};
pub(crate) use live_plot::{line_plot, settle};
pub(crate) use output::words;
pub use output::{html, png, svg, value};
pub use picture::{Picture, ShowPicture};
pub(crate) use place::Together;
pub use progress::{Progress, ProgressIter, progress};
pub use rates::lr_plot;
pub(crate) use sizes::{Sizes, SizesDisplay, SizesLine, cell_that_shows};
pub use table::Table;
