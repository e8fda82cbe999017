//! All metrics against scikit-learn's formulas, computed by numpy in f64
//! (`tests/golden/metrics.py`): ties, a class without pictures and one never predicted.

use super::{Metric, per_class};
use crate::learner::Probs;
use candle_core::{Device, Tensor};
use std::collections::HashMap;
use std::path::Path;

fn golden() -> HashMap<String, Tensor> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/metrics.safetensors");
    candle_core::safetensors::load(file, &Device::Cpu).unwrap()
}

fn near(what: &str, got: &[f32], expected: &Tensor) {
    let expected = expected.to_vec1::<f32>().unwrap();
    assert_eq!(got.len(), expected.len(), "{what}");
    for (got, expected) in got.iter().zip(&expected) {
        assert!((got - expected).abs() <= 1e-6 * expected.abs().max(1.0), "{what}: {got}, {expected}");
    }
}

#[test]
fn metrics_are_scikit_learns() {
    let golden = golden();
    for set in ["four", "two"] {
        let of = |name: &str| &golden[&format!("{set}.{name}")];
        let rows = of("probs").to_vec2::<f32>().unwrap();
        let labels: Vec<u32> = of("labels").to_vec1::<u32>().unwrap();
        let probs = Probs { classes: (0..rows[0].len()).map(|c| c.to_string()).collect(), rows };
        let metrics = [
            Metric::Accuracy,
            Metric::TopK(2),
            Metric::Precision,
            Metric::Recall,
            Metric::F1,
            Metric::Auc,
            Metric::LogLoss,
        ];
        let got = metrics.map(|metric| metric.measure(&probs, &labels).unwrap());
        near(&format!("{set}.means"), &got, of("means"));
        let classes = per_class(&probs, &labels);
        let column = |of: fn(&super::ClassMetrics) -> f32| classes.iter().map(of).collect::<Vec<_>>();
        near("precision", &column(|c| c.precision), of("precision"));
        near("recall", &column(|c| c.recall), of("recall"));
        near("f1", &column(|c| c.f1), of("f1"));
        near("support", &column(|c| c.support as f32), of("support"));
    }
}
