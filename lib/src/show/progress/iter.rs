//! A bar around a loop's iterator.

use super::screen::{self, Screen};
use super::{PAUSE, Progress};
use std::time::{Duration, Instant};

/// The most turns between two looks at the clock: a look then costs a turn next to
/// nothing, and a loop that slows down does not stand still for long.
const MOST_TURNS: u32 = 32;
/// Turns slower than this are counted one by one.
const SLOW: Duration = Duration::from_millis(1);

/// Shows how far a loop is: turns done of all, time passed and left, turns a
/// second.
///
/// The bar comes with the loop's first turn and ends as one line. A loop left
/// early (`break`, `?`, a panic) leaves the line of where it stopped. In a
/// notebook the bar is replaced in place; bars of loops within the loop take one
/// place in turn. It costs a turn a few nanoseconds.
///
/// The loop's body decides where it can be stopped:
/// [`check_interrupt`](crate::interrupt::check_interrupt)`()?`.
///
/// ```
/// use sevenlines::prelude::*;
///
/// fn squares() -> Result<u64, Error> {
///     let mut sum = 0;
///     for i in progress(0..1000u64).label("squaring") {
///         check_interrupt()?;
///         sum += i * i;
///     }
///     Ok(sum)
/// }
/// assert_eq!(squares()?, 332_833_500);
///
/// let files = vec!["a.jpg", "b.jpg"];
/// for file in progress(&files).unit("files") {
///     println!("{file}");
/// }
/// # Ok::<(), Error>(())
/// ```
pub fn progress<I: IntoIterator>(items: I) -> ProgressIter<I::IntoIter> {
    ProgressIter {
        items: items.into_iter(),
        until_look: 1,
        counter: Counter {
            label: String::new(),
            unit: String::new(),
            stage: Stage::Waiting,
            turns: 0,
            stride: 1,
            looked: Instant::now(),
        },
    }
}

/// An iterator that shows how far it is: what [`progress`] returns. As text and as a
/// cell's value it is what the bar last said.
#[derive(Debug)]
#[must_use = "a bar moves only as its items are taken"]
pub struct ProgressIter<I> {
    items: I,
    until_look: u32,
    counter: Counter,
}

impl<I> ProgressIter<I> {
    /// Says what is done ("decoding"), before the numbers.
    pub fn label(mut self, label: &str) -> Self {
        self.counter.label = label.to_owned();
        self
    }

    /// Names what is counted ("files").
    pub fn unit(mut self, unit: &str) -> Self {
        self.counter.unit = unit.to_owned();
        self
    }

    /// Shows where it is as a cell's value.
    pub fn evcxr_display(&self) {
        match &self.counter.stage {
            Stage::Running(bar) => bar.evcxr_display(),
            _ => crate::show::value(&self.to_string(), &self.to_string()),
        }
    }
}

impl<I: Iterator> Iterator for ProgressIter<I> {
    type Item = I::Item;

    #[inline]
    fn next(&mut self) -> Option<I::Item> {
        self.until_look -= 1;
        if self.until_look == 0 {
            self.until_look = self.counter.look(self.items.size_hint());
        }
        let item = self.items.next();
        if item.is_none() {
            self.counter.end(self.until_look);
        }
        item
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }
}

impl<I: ExactSizeIterator> ExactSizeIterator for ProgressIter<I> {}

impl<I> Drop for ProgressIter<I> {
    fn drop(&mut self) {
        self.counter.stop(self.until_look);
    }
}

impl<I> std::fmt::Display for ProgressIter<I> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.counter.stage {
            Stage::Waiting => f.write_str("not begun"),
            Stage::Running(bar) => write!(f, "{bar}"),
            Stage::Ended => f.write_str("ended"),
        }
    }
}

#[derive(Debug)]
enum Stage {
    Waiting,
    Running(Box<Progress>),
    Ended,
}

/// The part that is the same for all iterators, and not in the loop's way.
#[derive(Debug)]
struct Counter {
    label: String,
    unit: String,
    stage: Stage,
    /// Turns that had begun at the last look.
    turns: usize,
    /// Turns from the last look to the next.
    stride: u32,
    looked: Instant,
}

impl Counter {
    /// Begins the bar, or moves it: the next turn begins. Returns the turns until
    /// the next look.
    #[inline(never)]
    fn look(&mut self, size: (usize, Option<usize>)) -> u32 {
        match &mut self.stage {
            Stage::Waiting => self.begin(screen::fitting(), size),
            Stage::Running(bar) => {
                let now = Instant::now();
                let since = now - self.looked;
                self.looked = now;
                bar.set_at(self.turns + self.stride as usize - 1, now);
                self.turns += self.stride as usize;
                self.stride = match since < SLOW {
                    true => (self.stride * 2).min(MOST_TURNS),
                    false => 1,
                };
            }
            // Ended, and asked again: nothing is left to count.
            Stage::Ended => self.stride = u32::MAX,
        }
        self.stride
    }

    fn begin(&mut self, screen: Box<dyn Screen>, size: (usize, Option<usize>)) {
        let total = if size.1 == Some(size.0) { size.0 } else { 0 };
        let bar = Progress::on(screen, &self.label, &self.unit, total);
        self.stage = Stage::Running(Box::new(bar));
        self.looked = Instant::now();
        self.turns = 1;
    }

    /// Turns that are over, when `until_look` are left: one that has begun is not.
    fn over(&self, until_look: u32) -> usize {
        (self.turns + self.stride.saturating_sub(until_look) as usize).saturating_sub(1)
    }

    fn end(&mut self, until_look: u32) {
        let over = self.over(until_look);
        if let Stage::Running(mut bar) = std::mem::replace(&mut self.stage, Stage::Ended) {
            bar.done = over;
            bar.close("");
        }
    }

    fn stop(&mut self, until_look: u32) {
        let over = self.over(until_look);
        if let Stage::Running(bar) = &mut self.stage {
            // Dropped, the bar says that it was stopped.
            bar.done = over;
        }
    }
}

impl Progress {
    fn set_at(&mut self, done: usize, now: Instant) {
        self.done = done;
        if now - self.shown >= PAUSE {
            self.shown = now;
            self.draw();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Recorder;
    use super::*;

    /// `items` with a bar that is begun on a recorder.
    fn recorded<I: IntoIterator>(items: I) -> (Recorder, ProgressIter<I::IntoIter>) {
        let recorder = Recorder::default();
        let mut iter = progress(items).label("decoding");
        iter.counter.begin(Box::new(recorder.clone()), iter.items.size_hint());
        iter.counter.turns = 0;
        (recorder, iter)
    }

    fn last(recorder: &Recorder) -> String {
        recorder.lines().pop().unwrap()
    }

    #[test]
    fn a_loop_ends_as_one_line() {
        for count in [1, 2, 3, 15, 16, 17, 1000, 12_345] {
            let (recorder, iter) = recorded(0..count);
            assert_eq!(iter.count(), count);
            let line = last(&recorder);
            let begin = format!("last decoding: {count}/{count} · ");
            assert!(line.starts_with(&begin) && line.ends_with(" items/s"), "{line}");
        }
    }

    #[test]
    fn a_loop_left_early_says_where() {
        for count in [0, 1, 5, 40, 777] {
            let (recorder, iter) = recorded(0..1000);
            for i in iter {
                if i == count {
                    break;
                }
            }
            let line = last(&recorder);
            assert!(line.starts_with(&format!("last decoding: stopped at {count}/1000 · ")), "{line}");
        }
    }

    #[test]
    fn a_panic_says_where() {
        let (recorder, iter) = recorded(0..10);
        let fall = std::panic::AssertUnwindSafe(|| iter.for_each(|i| assert!(i < 3)));
        assert!(std::panic::catch_unwind(fall).is_err());
        assert!(last(&recorder).starts_with("last decoding: stopped at 3/10"), "{}", last(&recorder));
    }

    #[test]
    fn without_a_known_number_it_counts() {
        let (recorder, iter) = recorded((0..100).filter(|i| i % 2 == 0));
        assert_eq!(iter.count(), 50);
        assert!(last(&recorder).starts_with("last decoding: 50 · "), "{}", last(&recorder));
        let (recorder, iter) = recorded(Vec::<u8>::new());
        assert_eq!(iter.count(), 0);
        assert!(last(&recorder).starts_with("last decoding: 0 · "), "{}", last(&recorder));
    }

    #[test]
    fn a_loop_that_becomes_slow_moves_at_once() {
        let (recorder, iter) = recorded(0..100_060);
        for i in iter {
            if i >= 100_000 {
                std::thread::sleep(PAUSE / 5);
            }
        }
        let slow =
            recorder.lines().iter().filter(|line| line.contains(": 1000") && line.contains("left")).count();
        assert!(slow >= 3, "{:?}", recorder.lines());
    }

    #[test]
    fn asked_again_after_its_end_it_is_silent() {
        let (recorder, mut iter) = recorded(0..3);
        assert_eq!(iter.by_ref().count(), 3);
        let lines = recorder.lines().len();
        assert!((0..100).all(|_| iter.next().is_none()));
        drop(iter);
        assert_eq!(recorder.lines().len(), lines);
    }

    #[test]
    fn never_begun_it_shows_nothing() {
        let bar = progress(0..3);
        assert_eq!((bar.len(), bar.to_string()), (3, "not begun".to_owned()));
    }

    #[test]
    fn ten_million_turns_cost_next_to_nothing() {
        let began = Instant::now();
        let (_, iter) = recorded(0..10_000_000u64);
        let sum: u64 = iter.map(std::hint::black_box).sum();
        let turn = began.elapsed().as_nanos() as f64 / 1e7;
        println!("a turn costs {turn:.1} ns");
        assert_eq!(sum, 49_999_995_000_000);
        // A few when nothing else runs; here only what would be a mistake.
        assert!(turn < 200.0, "{turn} ns");
    }

    #[test]
    fn it_moves_between_threads() {
        fn is_send<T: Send + 'static>(_: &T) {}
        is_send(&progress(vec![1]));
    }
}
