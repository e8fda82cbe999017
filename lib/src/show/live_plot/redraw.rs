//! When a live plot is drawn: by a thread of its own, so that a push costs the
//! loop next to nothing and the last points of a burst show too; and at the end.

use super::series::Plot;
use crate::channel;
use crate::show::output;
use crate::show::place::Place;
use serde_json::json;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The least time between two drawings.
const PAUSE: Duration = Duration::from_millis(300);
/// A drawing that takes longer than this share of the time comes less often.
const SHARE: u32 = 6;
/// How often the thread looks, and after how many idle looks it ends.
const TICK: Duration = Duration::from_millis(50);
const IDLE_TICKS: usize = 20;

struct State {
    plot: Plot,
    place: Place,
    /// Has points that are not shown.
    dirty: bool,
    /// Is among the watched.
    watched: bool,
    /// Not before this is it drawn again.
    next: Instant,
}

/// A plot that its owner and the thread hold.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<State>>);

impl Shared {
    pub(super) fn new(plot: Plot) -> Self {
        let place = Place::new();
        Self(Arc::new(Mutex::new(State { plot, place, dirty: false, watched: false, next: Instant::now() })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn read<T>(&self, what: impl FnOnce(&mut Plot) -> T) -> T {
        what(&mut self.state().plot)
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Plot)) {
        change(&mut self.state().plot);
    }

    /// Adds points: the thread will draw them.
    pub(super) fn push(&self, change: impl FnOnce(&mut Plot)) {
        let mut state = self.state();
        change(&mut state.plot);
        state.dirty = true;
        if channel::is_open() && !std::mem::replace(&mut state.watched, true) {
            drop(state);
            watch(self.clone());
        }
    }

    /// Takes note that all is shown, otherwise than here.
    pub(super) fn mark_shown(&self) {
        self.state().dirty = false;
    }

    /// Shows what is not shown yet, without a kernel too.
    pub(super) fn finish(&self) {
        if channel::is_open() {
            self.settle();
        } else if std::mem::take(&mut self.state().dirty)
            && let Ok(figure) = self.read(Plot::figure)
        {
            figure.show();
        }
    }

    /// Shows what is not shown yet; whether it is now to be seen in this cell.
    pub(super) fn settle(&self) -> bool {
        self.draw(|_| true);
        self.state().place.is_in_this_cell()
    }

    /// Draws now, if there is need and `when` the state is so.
    fn draw(&self, when: impl FnOnce(&State) -> bool) {
        // First of all locks: a cell may hold it while it pushes. Until it is given
        // back, no other drawing can overtake this one.
        let _order = std::io::stdout().lock();
        let mut state = self.state();
        if !channel::is_open() || !state.dirty || !when(&state) {
            return;
        }
        let began = Instant::now();
        state.dirty = false;
        let text = state.plot.summary();
        let data = match state.plot.figure() {
            Ok(figure) => json!({ "text/html": output::svg_image(figure.svg(), &text), "text/plain": text }),
            Err(_) => json!({ "text/plain": text }),
        };
        state.place.show(&data);
        let now = Instant::now();
        state.next = now + PAUSE.max((now - began) * SHARE);
    }
}

/// The plots that the thread looks after.
struct Watched {
    plots: Vec<Shared>,
    running: bool,
}

static WATCHED: Mutex<Watched> = Mutex::new(Watched { plots: Vec::new(), running: false });

fn watched() -> MutexGuard<'static, Watched> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn watch(plot: Shared) {
    let mut watched = watched();
    watched.plots.push(plot);
    if !watched.running {
        let thread = std::thread::Builder::new().name("live plots".to_owned());
        // Without a thread the plots are drawn when they end.
        watched.running = thread.spawn(look_after).is_ok();
    }
}

fn look_after() {
    let mut idle = 0;
    loop {
        std::thread::sleep(TICK);
        let plots = watched().plots.clone();
        idle = if plots.is_empty() { idle + 1 } else { 0 };
        for plot in &plots {
            plot.draw(|state| Instant::now() >= state.next);
        }
        let mut watched = watched();
        watched.plots.retain(|plot| {
            let mut state = plot.state();
            state.watched = state.dirty;
            state.dirty
        });
        if idle > IDLE_TICKS && watched.plots.is_empty() {
            watched.running = false;
            return;
        }
    }
}

/// Shows the last points of all plots: a cell has ended.
pub(crate) fn settle() {
    let plots = watched().plots.clone();
    plots.iter().for_each(|plot| {
        plot.settle();
    });
}
