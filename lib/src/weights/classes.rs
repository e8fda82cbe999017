//! ImageNet's thousand class names, in the order of fc8's outputs.

use std::sync::LazyLock;

static CLASSES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("imagenet_classes.txt").lines().collect());

/// The 1000 names, as torchvision has them (`imagenet_classes.py` beside this
/// file takes them from its wheel on PyPI).
///
/// ```
/// let classes = sevenlines::weights::imagenet_classes();
/// assert_eq!(classes.len(), 1000);
/// assert_eq!(classes[281], "tabby");
/// ```
pub fn imagenet_classes() -> &'static [&'static str] {
    &CLASSES
}
