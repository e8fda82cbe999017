//! What the rounds say together: one line for each thing measured, as a table and as
//! JSON.

use super::{Options, Round};
use serde_json::{Map, Value, json};
use sevenlines::bench::{self, median};
use sevenlines::show::Table;

/// The JSON object's keys, for `--help`.
pub(super) const KEYS: &str = "\
With --json, the one object on standard output has these keys. Each measured one is the median of the rounds, and has \
a second and third with _least and _most behind it.

  processor                  name and vector instructions
  threads, batch, rounds     as used
  pictures                   the folder that they are from
  decode_images_per_s        JPEG files to 224 x 224, warm
  decode_cold_images_per_s   the same in the first pass
  body_f32_images_per_s      224 x 224 to pool5, warm; so also body_bf16_..., body_candle_...
  body_f32_cold_s            weights loaded and prepared, and the first batch
  features_images_per_s      files to features, as fit's first epoch does it
  fit_images                 pictures in an epoch, a quarter as many for validation
  fit_epoch_ms               one epoch on stored features, validation included
  fit_first_ms               a fit of one epoch that has just found them stored
  lesson_s                   the seven lines as a process, from its start to its end
  lesson_images              pictures in it
  lesson_val_acc             its validation accuracy
  peak_memory_mb             of a round, in 1,000,000 bytes (on Linux)";

/// One thing measured: a value a round.
struct Figure {
    key: String,
    label: String,
    unit: &'static str,
    values: Vec<f64>,
}

/// All results.
pub(super) struct Figures {
    setting: Map<String, Value>,
    heading: String,
    figures: Vec<Figure>,
}

impl Figures {
    pub(super) fn new(options: &Options, rounds: &[Round]) -> Figures {
        let processor = bench::processor();
        let threads = rounds.first().map_or(0, |round| round.threads);
        let pictures = rounds.first().map_or(String::new(), |round| round.pictures.display().to_string());
        let (batch, count) = (options.batch, rounds.len());
        let setting = json!({
            "processor": processor, "threads": threads, "batch": batch, "rounds": count, "pictures": pictures,
        });
        let heading =
            format!("{processor}\nthreads {threads}, batch {batch}, rounds {count}, pictures {pictures}");
        let setting = setting.as_object().cloned().unwrap_or_default();
        let mut all = Figures { setting, heading, figures: Vec::new() };
        all.add_speeds(rounds);
        all.add_training(rounds);
        let mb = |round: &Round| round.peak_memory.map(|bytes| bytes as f64 / 1e6);
        all.add("peak_memory_mb", "peak memory", "MB", rounds, mb);
        all
    }

    fn add_speeds(&mut self, rounds: &[Round]) {
        let decode = |round: &Round| round.decode.clone();
        self.add("decode_images_per_s", "decode and resize", "images/s", rounds, |round| {
            decode(round).map(|timing| timing.images_per_s())
        });
        self.add("decode_cold_images_per_s", "decode and resize, cold", "images/s", rounds, |round| {
            decode(round).map(|timing| timing.cold_images_per_s())
        });
        let names: Vec<String> = rounds
            .first()
            .into_iter()
            .flat_map(|round| &round.bodies)
            .map(|(name, _)| name.clone())
            .collect();
        for name in names {
            let timing = |round: &Round| round.bodies.iter().find(|body| body.0 == name).map(|b| b.1.clone());
            let (speed, cold) = (format!("body_{name}_images_per_s"), format!("body_{name}_cold_s"));
            self.add(&speed, &format!("body, {name}"), "images/s", rounds, |round| {
                timing(round).map(|timing| timing.images_per_s())
            });
            self.add(&cold, &format!("body, {name}, cold: load and first batch"), "s", rounds, |round| {
                timing(round).map(|timing| timing.cold)
            });
        }
    }

    fn add_training(&mut self, rounds: &[Round]) {
        self.add("features_images_per_s", "decode and body, first pass", "images/s", rounds, |round| {
            round.fit.as_ref().map(|fit| fit.pictures as f64 / fit.features)
        });
        if let Some(fit) = rounds.first().and_then(|round| round.fit.as_ref()) {
            self.setting.insert("fit_images".into(), fit.images.into());
            let label = format!("fit, an epoch of {} images", fit.images);
            let epoch = |round: &Round| round.fit.as_ref().map(|fit| 1e3 * median(&fit.epochs));
            self.add("fit_epoch_ms", &label, "ms", rounds, epoch);
        }
        self.add("fit_first_ms", "fit, the first epoch", "ms", rounds, |round| {
            round.fit.as_ref().map(|fit| 1e3 * fit.first)
        });
        if let Some(lesson) = rounds.first().and_then(|round| round.lesson.as_ref()) {
            self.setting.insert("lesson_images".into(), lesson.images.into());
            let label = format!("the whole lesson, {} images", lesson.images);
            self.add("lesson_s", &label, "s", rounds, |round| Some(round.process));
        }
        self.add("lesson_val_acc", "its validation accuracy", "", rounds, |round| {
            round.lesson.as_ref().map(|lesson| f64::from(lesson.val_acc))
        });
    }

    /// Adds what `value` finds in the rounds, unless it was not measured.
    fn add(
        &mut self,
        key: &str,
        label: &str,
        unit: &'static str,
        rounds: &[Round],
        value: impl Fn(&Round) -> Option<f64>,
    ) {
        let values: Vec<f64> = rounds.iter().filter_map(value).collect();
        if !values.is_empty() {
            self.figures.push(Figure { key: key.to_owned(), label: label.to_owned(), unit, values });
        }
    }

    pub(super) fn json(&self) -> Value {
        let mut object = self.setting.clone();
        for figure in &self.figures {
            for (ending, value) in ["", "_least", "_most"].into_iter().zip(figure.summary()) {
                object.insert(format!("{}{ending}", figure.key), json!(value));
            }
        }
        Value::Object(object)
    }

    pub(super) fn table(&self) -> String {
        let mut table = Table::new(["", "median", "least", "most", "unit"]);
        for figure in &self.figures {
            let [median, least, most] = figure.summary().map(shown);
            table.push([figure.label.clone(), median, least, most, figure.unit.to_owned()]);
        }
        format!("{}\n\n{table}", self.heading)
    }
}

impl Figure {
    /// Median, least and most.
    fn summary(&self) -> [f64; 3] {
        let least = self.values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = self.values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        [median(&self.values), least, most]
    }
}

/// Three digits, or all before the point.
fn shown(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_told_by_its_median_least_and_most() {
        let figure = Figure { key: "x".into(), label: "x".into(), unit: "s", values: vec![3.0, 1.0, 2.5] };
        assert_eq!(figure.summary(), [2.5, 1.0, 3.0]);
    }

    #[test]
    fn numbers_are_cut_to_what_a_reader_needs() {
        assert_eq!([1234.5, 99.44, 0.98765].map(shown), ["1234", "99.4", "0.988"]);
    }
}
