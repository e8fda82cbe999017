//! `summary`: the layers, their output shapes and parameters, as Keras prints them.

use super::{Learner, MemoryEstimate};
use crate::backbone::Backbone;
use crate::show::{self, Table};
use crate::train::deep::{Deep, FC6, FC7};
use crate::train::{Features, Hidden};
use crate::vgg16::layers;

/// One layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name, such as `block1_conv1`.
    pub layer: String,
    /// The shape of its output for one picture.
    pub output: Vec<usize>,
    /// Its parameters.
    pub parameters: usize,
    /// Whether `fit` changes them.
    pub trainable: bool,
}

/// The whole network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The layers in order.
    pub rows: Vec<Row>,
    /// What it needs of memory.
    pub memory: MemoryEstimate,
}

impl Summary {
    /// All parameters.
    pub fn parameters(&self) -> usize {
        self.rows.iter().map(|row| row.parameters).sum()
    }

    /// Parameters that `fit` trains.
    pub fn trainable(&self) -> usize {
        self.rows.iter().filter(|row| row.trainable).map(|row| row.parameters).sum()
    }

    /// The width of the last layer's output.
    pub fn outputs(&self) -> usize {
        self.rows.last().and_then(|row| row.output.last().copied()).unwrap_or(0)
    }

    fn table(&self) -> Table {
        let mut table = Table::new(["layer", "output", "parameters", "trained"]);
        for row in &self.rows {
            let shape: Vec<String> = row.output.iter().map(usize::to_string).collect();
            let trained = if row.trainable { "yes" } else { "" };
            let shape = format!("({})", shape.join(", "));
            table.push([row.layer.clone(), shape, grouped(row.parameters), trained.to_owned()]);
        }
        table.push(["all", "", &grouped(self.parameters()), &grouped(self.trainable())]);
        table
    }

    /// Shows itself as a cell's value.
    pub fn evcxr_display(&self) {
        let line = format!("<div style=\"margin:3px\">{}</div>", self.memory);
        show::value(&(self.table().html() + &line), &self.to_string());
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\n{}", self.table(), self.memory)
    }
}

impl Learner {
    /// The layers, their output shapes and parameters, and what the network needs of memory.
    ///
    /// ```no_run
    /// let vgg = sevenlines::Vgg16::new()?;
    /// println!("{}", vgg.summary());
    /// # Ok::<(), sevenlines::Error>(())
    /// ```
    pub fn summary(&self) -> Summary {
        let mut rows = match self.backbone() {
            Backbone::Vgg16 => self.vgg16_rows(),
            other => vec![frozen(other.id().to_owned(), vec![other.width()], other.parameters())],
        };
        match &self.head {
            Some(head) => {
                rows.extend(hidden_rows(&head.hidden, self.last_width()));
                rows.push(Row {
                    layer: "dense".to_owned(),
                    output: vec![head.outputs()],
                    parameters: head.dense.weight.len() + head.outputs(),
                    trainable: true,
                });
            }
            None if self.classifier.is_some() => {
                let parameters = (layers::DENSE + 1) * layers::IMAGENET;
                rows.push(frozen("predictions".to_owned(), vec![layers::IMAGENET], parameters));
            }
            None => (),
        }
        Summary { rows, memory: self.memory() }
    }

    /// VGG16's layers below the last.
    fn vgg16_rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut side = crate::data::SIDE as usize;
        let from = self.deep.as_ref().and_then(Deep::from).unwrap_or(usize::MAX);
        for (index, conv) in layers::convs().into_iter().enumerate() {
            let layer = format!("block{}_conv{}", conv.block, conv.index);
            let row = frozen(layer, vec![conv.outputs, side, side], conv.parameters());
            rows.push(Row { trainable: index >= from, ..row });
            if conv.pooled {
                side /= 2;
                rows.push(frozen(format!("block{}_pool", conv.block), vec![conv.outputs, side, side], 0));
            }
        }
        let dropout = self.head.as_ref().is_none_or(|head| head.hidden.dropout > 0.0);
        match self.features() {
            Features::Fc6 => rows.extend(dense_rows(from, dropout)),
            pooled => rows.push(frozen("average_and_max_pool".to_owned(), vec![pooled.width()], 0)),
        }
        rows
    }

    fn last_width(&self) -> usize {
        match self.features() {
            Features::Fc6 => layers::DENSE,
            other => other.width(),
        }
    }
}

fn dense_rows(from: usize, dropout: bool) -> Vec<Row> {
    let (channels, height, width) = layers::POOL5;
    let flat = channels * height * width;
    let mut rows = vec![
        frozen("flatten".to_owned(), vec![flat], 0),
        Row {
            trainable: from <= FC6,
            ..frozen("fc6".to_owned(), vec![layers::DENSE], (flat + 1) * layers::DENSE)
        },
        frozen("dropout_1".to_owned(), vec![layers::DENSE], 0),
        Row {
            trainable: from <= FC7,
            ..frozen("fc7".to_owned(), vec![layers::DENSE], (layers::DENSE + 1) * layers::DENSE)
        },
        frozen("dropout_2".to_owned(), vec![layers::DENSE], 0),
    ];
    rows.retain(|row| dropout || !row.layer.starts_with("dropout"));
    rows
}

/// A head's layers between its features, `width` of them, and its last one.
fn hidden_rows(hidden: &Hidden, width: usize) -> Vec<Row> {
    let trained =
        |layer, output, parameters| Row { layer, output: vec![output], parameters, trainable: true };
    let mut rows = Vec::new();
    let mut width = width;
    for at in 0..=hidden.layers.len() {
        if hidden.norms.len() > at {
            rows.push(trained(format!("batch_norm_{}", at + 1), width, 2 * width));
            // Its running statistics are measured, not trained.
            rows.push(frozen(format!("batch_norm_{}_statistics", at + 1), vec![width], 2 * width));
        }
        if at > 0 && hidden.dropout > 0.0 {
            rows.push(frozen(format!("hidden_{at}_dropout"), vec![width], 0));
        }
        if let Some(layer) = hidden.layers.get(at) {
            let parameters = layer.weight.len() + layer.bias.len();
            width = layer.outputs();
            rows.push(trained(format!("hidden_{}", at + 1), width, parameters));
        }
    }
    rows
}

fn frozen(layer: String, output: Vec<usize>, parameters: usize) -> Row {
    Row { layer, output, parameters, trainable: false }
}

/// `138357544` as `138,357,544`.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

impl std::fmt::Display for Learner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let summary = self.summary();
        write!(
            f,
            "{}: {} parameters, {} of them trained",
            self.weights.describe(),
            grouped(summary.parameters()),
            grouped(summary.trainable())
        )
    }
}

impl std::fmt::Debug for Learner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(
            [grouped(0), grouped(999), grouped(8194), grouped(138357544)],
            ["0", "999", "8,194", "138,357,544"]
        );
    }
}
