//! What a setup has to do, told before it begins, and what is left while it works.

use super::cost::{Earlier, cores, on_this_machine};
use super::step::Step;
use crate::report::{about, event, remark};
use serde_json::{Value, json};
use std::time::Duration;

/// The steps with what each is expected to take; nothing for those that are done.
pub struct Plan<'a> {
    steps: &'a [Box<dyn Step>],
    expected: Vec<Option<f64>>,
}

impl Plan<'_> {
    /// Looks which steps are missing.
    pub fn of<'a>(steps: &'a [Box<dyn Step>], earlier: &Earlier) -> Plan<'a> {
        let expect = |step: &dyn Step| earlier.expect(&step.id(), step.cost());
        let expected = steps.iter().map(|step| step.present().is_none().then(|| expect(step.as_ref())));
        Plan { steps, expected: expected.collect() }
    }

    /// Whether nothing is missing.
    pub fn is_empty(&self) -> bool {
        self.expected.iter().all(Option::is_none)
    }

    /// One of the steps.
    pub fn step(&self, index: usize) -> &dyn Step {
        self.steps[index].as_ref()
    }

    /// Tells of the steps to come.
    pub fn announce(&self, earlier: &Earlier) {
        event(&self.json());
        if self.is_empty() {
            return;
        }
        let missing = self.expected.iter().flatten().count();
        let total: f64 = self.expected.iter().flatten().sum();
        let count = match missing == self.steps.len() {
            true => format!("{missing} steps"),
            false => format!("{missing} of {} steps", self.steps.len()),
        };
        remark(&format!("To do: {count}, {}.", on_this_machine(total)));
        for (index, (step, expected)) in self.steps.iter().zip(&self.expected).enumerate() {
            let Some(expected) = expected else { continue };
            let before = if earlier.knows(&step.id()) { ", as it took before" } else { "" };
            let heading = format!("[{}/{}] {}", index + 1, self.steps.len(), step.name());
            remark(&format!("  {heading:<45} {}{before}", about(*expected)));
        }
    }

    /// Says what is left in all, while step `index` is under way.
    pub fn left(&self, index: usize) -> impl Fn(Duration) -> String + Send + 'static {
        let own = self.expected[index].unwrap_or_default();
        let rest: Vec<f64> = self.expected[index + 1..].iter().flatten().copied().collect();
        move |elapsed| {
            let after: f64 = rest.iter().sum();
            let steps = match rest.len() {
                0 => String::new(),
                1 => ", 1 more step".to_owned(),
                more => format!(", {more} more steps"),
            };
            let own = own - elapsed.as_secs_f64();
            match own < 0.0 {
                true => format!("longer than expected{steps}"),
                false => format!("{} left{steps}", about(own + after)),
            }
        }
    }

    /// The step's number, name and expected seconds.
    pub fn about(&self, index: usize) -> Value {
        let step = &self.steps[index];
        json!({
            "id": step.id(),
            "name": step.name(),
            "step": index + 1,
            "of": self.steps.len(),
            "expected_seconds": self.expected[index],
        })
    }

    fn json(&self) -> Value {
        let steps: Vec<Value> = (0..self.steps.len()).map(|index| self.about(index)).collect();
        let total = self.expected.iter().flatten().fold(0.0, |sum, time| sum + time);
        json!({ "event": "plan", "steps": steps, "expected_seconds": total, "cores": cores() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_counts_later_steps_and_tells_of_delay() {
        let steps = super::super::Options::default().steps();
        let expected = vec![None, Some(0.2), Some(30.0), None, Some(120.0), None];
        let plan = Plan { steps: &steps, expected };
        assert_eq!(plan.left(2)(Duration::from_secs(10)), "about 2 min left, 1 more step");
        assert_eq!(plan.left(4)(Duration::from_secs(90)), "about 30 s left");
        assert_eq!(plan.left(4)(Duration::from_secs(121)), "longer than expected");
        assert_eq!(plan.json()["expected_seconds"], 150.2);
        assert_eq!(plan.json()["steps"][0]["expected_seconds"], Value::Null);
    }
}
