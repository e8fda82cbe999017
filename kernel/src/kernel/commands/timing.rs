//! `:time`, and evcxr's `:timing`.

use evcxr::EvalOutputs;
use std::time::Duration;

/// One line on how long a cell took to compile and to run.
pub fn took(outputs: &EvalOutputs) -> String {
    let time = |ran: bool| {
        let phases = outputs.phases.iter().filter(|phase| (phase.name == "Execution") == ran);
        phases.map(|phase| phase.duration).sum::<Duration>().as_secs_f64()
    };
    format!("compiled {:.2} s, ran {:.2} s\n", time(false), time(true))
}
