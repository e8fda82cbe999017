"""The pictures of the library's tour (`lib/src/lib.rs`): what cells show, on the drawn sample.

    SEVENLINES_BINARY=… SEVENLINES_TEST_FOLDER=/tmp .venv/bin/python tests/documents/tour.py

writes them anew into `lib/src/tour/`. The test `test_tour` draws them again and compares.
"""
import pathlib
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests/kernel"))
from harness import FOLDER, Kernel  # noqa: E402

PLACE = REPOSITORY / "lib/src/tour"

SEVEN_LINES = """\
let path = dogs_vs_cats()?;
let batch_size = 64;
let mut vgg = Vgg16::builder().seed(1).build()?;
let batches = vgg.get_batches(path.join("train"), batch_size)?;
let val_batches = vgg.get_batches(path.join("valid"), batch_size * 2)?;
vgg.finetune(&batches)?;
let history = vgg.fit(&batches, &val_batches, 4)?;
let interp = Interpretation::from(&mut vgg, &val_batches)?;"""

# The name of each picture, and the cell that shows it.
CELLS = {
    "pictures": "plot_classes(&val_batches, 3)?",
    "history": "history.plot()?",
    "confusion": "interp.confusion_matrix()?",
    "grad_cam": "vgg.grad_cam(&interp.files()[0], None)?",
}


def drawn():
    """The HTML of each picture by its name."""
    kernel = Kernel(cwd=FOLDER, env={"SEVENLINES_FEATURES": "2GB"})
    try:
        run(kernel, SEVEN_LINES)
        return {name: run(kernel, code).shown[-1]["text/html"] for name, code in CELLS.items()}
    finally:
        kernel.close()


def run(kernel, code):
    cell = kernel.run(code)
    if cell.status != "ok":
        raise RuntimeError(f"{code}\n{cell.error}")
    return cell


def main():
    PLACE.mkdir(exist_ok=True)
    for name, html in drawn().items():
        # One line, since an empty one ends HTML within Markdown.
        lines = [line for line in html.splitlines() if line.strip()]
        draft = PLACE / f"{name}.html.draft"
        draft.write_text("\n".join(lines) + "\n", encoding="utf-8")
        draft.rename(PLACE / f"{name}.html")


if __name__ == "__main__":
    main()
