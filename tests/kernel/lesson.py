"""The seven lines, and small sets of the drawn pictures for them."""
import pathlib
import shutil

from harness import HOME

SEVEN_LINES = """\
let path = dogs_vs_cats()?;
let batch_size = 64;
let mut vgg = Vgg16::new()?;
let batches = vgg.get_batches(path.join("train"), batch_size)?;
let val_batches = vgg.get_batches(path.join("valid"), batch_size * 2)?;
vgg.finetune(&batches)?;
vgg.fit(&batches, &val_batches, 1)?;
"""
CLASSES = ("cats", "dogs")


def copy_set(folder, train=12, valid=6, valid_classes=CLASSES):
    """A folder with `train` and `valid` drawn pictures of each class."""
    for part, count, classes in (("train", train, CLASSES), ("valid", valid, valid_classes)):
        for source, name in zip(CLASSES, classes):
            to = pathlib.Path(folder, part, name)
            to.mkdir(parents=True)
            pictures = sorted((HOME / "data" / "drawn" / part / source).iterdir())[:count]
            assert len(pictures) == count, f"only {len(pictures)} drawn pictures of {source}; run `sevenlines setup`"
            for picture in pictures:
                shutil.copy(picture, to)
    return str(folder)


def epochs(text):
    """The epochs' lines without their seconds: what must be the same for the same seed."""
    lines = [line.split(" - ") for line in text.splitlines() if line.startswith("Epoch ")]
    return [parts[:1] + parts[2:] for parts in lines]
