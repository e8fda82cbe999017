//! Whether a picture costs the same time and no more memory when there are many: the
//! whole way from the file to the head's verdict, over some photographs repeated.
//!
//! ```text
//! cargo run --release -p sevenlines --example long_run -- FOLDER 100 500 10000
//! ```
//!
//! FOLDER has class folders. Augmentation is on: with it no features are kept, and
//! the body sees every picture anew. What stays for each is a row of 4 kB.

use sevenlines::prelude::*;
use std::error::Error as AnyError;
use std::time::Instant;

fn main() -> Result<(), Box<dyn AnyError>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "FOLDER, then one or more numbers of pictures";
    let folder = arguments.next().ok_or(usage)?;
    let counts: Vec<usize> = arguments.map(|count| count.parse()).collect::<Result<_, _>>()?;
    let mut vgg = Vgg16::new()?;
    vgg.finetune(&vgg.get_batches(&folder, 64)?)?;
    let photographs = vgg.get_batches(&folder, 64)?;
    let mut table = Table::new(["pictures", "open, ms each", "pass, ms each", "peak MB", "MB after"]);
    for count in counts {
        let repeated = repeat(&photographs, count)?;
        forget_peak()?;
        let start = Instant::now();
        let options = BatchOptions { augment: Some(Augment::default()), ..Default::default() };
        let batches = vgg.get_batches_with(repeated.path(), 64, options)?;
        let open = start.elapsed().as_secs_f64();
        vgg.evaluate(&batches)?;
        let pass = start.elapsed().as_secs_f64() - open;
        let each = |seconds: f64| format!("{:.3}", seconds * 1e3 / count as f64);
        let memory = |name| memory(name).map(|kilobytes| format!("{:.0}", kilobytes / 1e3));
        table.push([count.to_string(), each(open), each(pass), memory("VmHWM:")?, memory("VmRSS:")?]);
    }
    println!("{table}");
    Ok(())
}

/// A folder of `count` pictures: links to the photographs, over and over.
fn repeat(photographs: &Batches, count: usize) -> Result<tempfile::TempDir, Box<dyn AnyError>> {
    let folder = tempfile::tempdir()?;
    for class in photographs.classes() {
        std::fs::create_dir(folder.path().join(class))?;
    }
    // In an order that takes all classes, however few are wanted.
    for (n, index) in photographs.order(0).into_iter().cycle().take(count).enumerate() {
        let item = &photographs.items()[index];
        let name = item.path.file_name().unwrap_or_default().to_string_lossy();
        let class = &photographs.classes()[item.class as usize];
        let link = folder.path().join(class).join(format!("{n}-{name}"));
        std::os::unix::fs::symlink(std::path::absolute(&item.path)?, link)?;
    }
    Ok(folder)
}

/// The peak of the process's memory begins anew.
fn forget_peak() -> std::io::Result<()> {
    std::fs::write("/proc/self/clear_refs", "5")
}

/// A line of `/proc/self/status`, in kB.
fn memory(name: &str) -> Result<f64, Box<dyn AnyError>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with(name)).ok_or("no such line")?;
    Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse()?)
}
