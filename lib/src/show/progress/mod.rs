//! A line that moves while long work runs, and stays as one tidy line after it:
//! [`Progress`] is told how far the work is, [`progress`] counts a loop's turns.

mod iter;
mod screen;

pub use iter::{ProgressIter, progress};

use super::{escape, numbers, output};
use screen::Screen;
use std::time::{Duration, Instant};

/// The least time between two updates: enough to look alive, and little enough
/// not to slow the work.
const PAUSE: Duration = Duration::from_millis(100);

/// How far long work has come.
///
/// In our kernel a bar, replaced in place; on a terminal one line rewritten;
/// elsewhere (the stock kernel, a file) only the last line. When it is dropped
/// before [`finish`](Progress::finish), by an error or an interrupt, it says
/// where it stopped. For a loop, [`progress`] is shorter.
///
/// ```
/// use sevenlines::show::Progress;
///
/// let mut progress = Progress::new("Computing features", 395).unit("images");
/// for done in (0..=395).step_by(79) {
///     progress.set(done);
/// }
/// assert_eq!(progress.fraction(), 1.0);
/// progress.finish("Computed the features of 395 images");
/// ```
pub struct Progress {
    label: String,
    unit: String,
    total: usize,
    done: usize,
    note: String,
    started: Instant,
    shown: Instant,
    finished: bool,
    screen: Box<dyn Screen>,
}

impl Progress {
    /// Begins, and shows so. With a `total` of 0 (not known) it only counts.
    pub fn new(label: &str, total: usize) -> Self {
        Self::on(screen::fitting(), label, "", total)
    }

    fn on(screen: Box<dyn Screen>, label: &str, unit: &str, total: usize) -> Self {
        let now = Instant::now();
        let mut progress = Self {
            label: escape::line(label),
            unit: escape::line(unit),
            total,
            done: 0,
            note: String::new(),
            started: now,
            shown: now,
            finished: false,
            screen,
        };
        progress.draw();
        progress
    }

    /// Names what is counted ("images").
    pub fn unit(mut self, unit: &str) -> Self {
        self.unit = escape::line(unit);
        self
    }

    /// Says how many of the total are done. Cheap: it draws at most ten times a
    /// second.
    pub fn set(&mut self, done: usize) {
        self.done = done;
        self.draw_in_time();
    }

    /// Replaces the remark at the line's end ("loss: 0.12"); empty for none.
    pub fn note(&mut self, text: &str) {
        self.note = escape::line(text);
        self.draw_in_time();
    }

    /// How much is done, from 0 to 1; 0 where the total is not known.
    pub fn fraction(&self) -> f64 {
        if self.total == 0 { 0.0 } else { self.done.min(self.total) as f64 / self.total as f64 }
    }

    /// Seconds since it began.
    pub fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// Ends, leaving `line` in place of the bar; if it is empty, how much was done
    /// in what time.
    pub fn finish(mut self, line: &str) {
        self.close(line.trim_end());
    }

    /// Shows the line as a cell's value.
    pub fn evcxr_display(&self) {
        let line = self.to_string();
        output::value(&self.html(&line), &line);
    }

    fn close(&mut self, line: &str) {
        self.finished = true;
        match line.is_empty() {
            true => self.screen.last(&self.summary(self.seconds())),
            false => self.screen.last(line),
        }
    }

    fn draw_in_time(&mut self) {
        if self.shown.elapsed() >= PAUSE {
            self.shown = Instant::now();
            self.draw();
        }
    }

    fn draw(&mut self) {
        let line = self.line(self.seconds());
        let html = self.html(&line);
        self.screen.live(&html, &line);
    }

    fn count(&self) -> String {
        let total = if self.total == 0 { String::new() } else { format!("/{}", self.total) };
        let unit = if self.unit.is_empty() { String::new() } else { format!(" {}", self.unit) };
        format!("{}{total}{unit}", self.done)
    }

    fn rate(&self, seconds: f64) -> String {
        let unit = if self.unit.is_empty() { "items" } else { &self.unit };
        format!("{} {unit}/s", numbers::short(self.done as f64 / seconds.max(1e-9)))
    }

    /// `Features: 162/395 images · 2.0 s · 3 s left · 81.0 images/s`
    fn line(&self, seconds: f64) -> String {
        let mut parts = vec![self.count()];
        if self.done > 0 {
            parts.push(numbers::elapsed(seconds));
            if self.done < self.total {
                let left = seconds / self.done as f64 * (self.total - self.done) as f64;
                parts.push(format!("{} left", numbers::duration(left)));
            }
            parts.push(self.rate(seconds));
        }
        parts.extend(Some(self.note.clone()).filter(|note| !note.is_empty()));
        self.labelled(&parts)
    }

    /// The final state of work that was done.
    fn summary(&self, seconds: f64) -> String {
        let mut parts = vec![self.count(), numbers::elapsed(seconds)];
        if self.done > 0 {
            parts.push(self.rate(seconds));
        }
        self.labelled(&parts)
    }

    fn labelled(&self, parts: &[String]) -> String {
        let label = if self.label.is_empty() { String::new() } else { format!("{}: ", self.label) };
        format!("{label}{}", parts.join(" · "))
    }

    fn html(&self, line: &str) -> String {
        // Without a value the element shows that something happens.
        let state = match self.total {
            0 => String::new(),
            total => format!(r#" max="{total}" value="{}""#, self.done.min(total)),
        };
        format!(
            r#"<div style="font-family:monospace"><progress{state} style="width:160px;vertical-align:middle"></progress> {}</div>"#,
            escape::html(line)
        )
    }
}

impl std::fmt::Display for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.line(self.seconds()))
    }
}

impl std::fmt::Debug for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Progress({self})")
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if !self.finished {
            let at = format!("stopped at {}", self.count());
            let line = self.labelled(&[at, numbers::elapsed(self.seconds())]);
            self.screen.last(&line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// Keeps what it is told to show.
    #[derive(Clone, Default)]
    pub(super) struct Recorder(Arc<Mutex<Vec<String>>>);

    impl Screen for Recorder {
        fn live(&mut self, _html: &str, text: &str) {
            self.0.lock().unwrap().push(text.to_string());
        }

        fn last(&mut self, line: &str) {
            self.0.lock().unwrap().push(format!("last {line}"));
        }
    }

    impl Recorder {
        pub(super) fn lines(&self) -> Vec<String> {
            self.0.lock().unwrap().clone()
        }
    }

    fn recorded(total: usize) -> (Recorder, Progress) {
        let recorder = Recorder::default();
        let progress = Progress::on(Box::new(recorder.clone()), "Features", "", total);
        (recorder, progress)
    }

    #[test]
    fn it_moves_between_threads() {
        fn is_send<T: Send + 'static>() {}
        is_send::<Progress>();
    }

    #[test]
    fn a_fast_loop_draws_seldom() {
        let (recorder, mut progress) = recorded(100_000);
        let began = Instant::now();
        (0..100_000).for_each(|i| progress.set(i));
        let most = 2 + began.elapsed().as_millis() / PAUSE.as_millis();
        progress.finish("done");
        let lines = recorder.lines();
        assert!(lines.len() as u128 <= most + 1, "{} lines", lines.len());
        assert_eq!(lines[0], "Features: 0/100000");
        assert_eq!(lines.last().unwrap(), "last done");
    }

    #[test]
    fn a_slow_loop_draws_each_step() {
        let (recorder, mut progress) = recorded(2);
        std::thread::sleep(PAUSE);
        progress.set(1);
        let lines = recorder.lines();
        assert_eq!((lines.len(), lines[0].as_str()), (2, "Features: 0/2"));
        assert!(lines[1].starts_with("Features: 1/2 · ") && lines[1].contains("s left"), "{}", lines[1]);
    }

    #[test]
    fn dropped_early_it_says_where() {
        let (recorder, mut progress) = recorded(7);
        progress.set(3);
        drop(progress);
        let line = recorder.lines().pop().unwrap();
        assert!(line.starts_with("last Features: stopped at 3/7 · "), "{line}");
    }

    #[test]
    fn no_bar_ends_as_an_empty_output() {
        let (recorder, mut progress) = recorded(7);
        progress.set(7);
        progress.finish(" \n");
        let line = recorder.lines().pop().unwrap();
        assert!(line.starts_with("last Features: 7/7 · ") && line.ends_with(" items/s"), "{line}");
    }

    #[test]
    fn the_line_tells_speed_and_time_left() {
        let (_, progress) = recorded(395);
        let mut progress = progress.unit("images");
        progress.set(162);
        progress.note("loss: 0.12");
        let line = "Features: 162/395 images · 2.0 s · 3 s left · 81.0 images/s · loss: 0.12";
        assert_eq!(progress.line(2.0), line);
        progress.set(395);
        progress.note("");
        assert_eq!(progress.line(4.0), "Features: 395/395 images · 4.0 s · 98.8 images/s");
        assert_eq!(progress.summary(4.0), progress.line(4.0));
    }

    #[test]
    fn an_unknown_total_only_counts() {
        let (_, mut progress) = recorded(0);
        progress.set(5);
        assert_eq!(progress.line(1.0), "Features: 5 · 1.0 s · 5.00 items/s");
        assert!(progress.html("x").contains("<progress style"));
        assert_eq!(progress.fraction(), 0.0);
    }

    #[test]
    fn html_is_escaped() {
        let recorder = Recorder::default();
        let progress = Progress::on(Box::new(recorder), "<b>\n", "", 3);
        let html = progress.html(&progress.line(0.0));
        assert!(html.contains("&lt;b&gt; : 0/3"), "{html}");
    }
}
