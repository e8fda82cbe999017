//! How fast this machine is at the pieces of a lesson: what `sevenlines bench` measures.
//!
//! Each piece is timed alone. Its first call, with all that must be loaded and
//! prepared for it, is *cold*; the calls after it are *warm*. The functions are
//! public so that a notebook's cell can be measured as a program is:
//!
//! ```no_run
//! use sevenlines::bench;
//! let pictures = bench::pictures("data/train", 16)?;
//! let run = bench::body(bench::Engine::F32, &pictures)?;
//! println!("{}", run.timing);
//! # Ok::<(), sevenlines::Error>(())
//! ```

mod body;
mod candle;
mod decode;
mod fit;
mod head;
mod lesson;
mod machine;
mod timing;

pub use body::{BodyRun, Engine, body, pictures};
pub use decode::decode;
pub use fit::{FitRun, fit};
pub use head::{AdamStep, HeadStep};
pub use lesson::{Lesson, lesson};
pub use machine::{peak_memory, processor, threads};
pub use timing::{Timing, median};
