"""Bad input as a notebook's user meets it: one clear sentence, no panic, and the next cell works."""
import json
import pathlib
import shutil
import struct
import tempfile

from harness import FOLDER, KernelTest
from lesson import copy_set


def write_safetensors(path, **tensors):
    """A file of zeros with these names and shapes."""
    header, position = {}, 0
    for name, shape in tensors.items():
        size = 4
        for side in shape:
            size *= side
        header[name.replace("__", ".")] = {"dtype": "F32", "shape": shape, "data_offsets": [position, position + size]}
        position += size
    text = json.dumps(header).encode()
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + bytes(position))


class BadInput(KernelTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.temporary = tempfile.TemporaryDirectory(dir=FOLDER)
        cls.folder = pathlib.Path(cls.temporary.name)
        copy_set(cls.folder / "good", train=4, valid=2)
        copy_set(cls.folder / "other", train=2, valid=2, valid_classes=("lions", "tigers"))
        (cls.folder / "flat").mkdir()
        for picture in (cls.folder / "good" / "train" / "cats").iterdir():
            shutil.copy(picture, cls.folder / "flat")
        shutil.copytree(cls.folder / "good" / "train", cls.folder / "hollow")
        (cls.folder / "hollow" / "birds").mkdir()
        write_safetensors(cls.folder / "shape.safetensors", features__0__weight=[64, 3, 5, 5], features__0__bias=[64])
        write_safetensors(cls.folder / "names.safetensors", conv1__weight=[64, 3, 7, 7])
        (cls.folder / "cut.safetensors").write_bytes(b"\xff\xff")
        first = cls.kernel.run(
            f'let folder = PathBuf::from("{cls.folder}");\nlet mut vgg = Vgg16::new()?;\n'
            'let batches = vgg.get_batches(folder.join("good/train"), 4)?;\n'
            'let val_batches = vgg.get_batches(folder.join("good/valid"), 4)?;'
        )
        assert first.status == "ok", first.outputs

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.temporary.cleanup()

    def refused(self, code, *words):
        """The cell fails with one sentence that has these words in it, and all goes on."""
        cell = self.fails(code)
        said = cell.error["evalue"]
        for word in words:
            self.assertIn(word, said)
        self.assertEqual(len(said.splitlines()), 1, said)
        everything = "\n".join([said, *cell.error["traceback"], cell.text(), cell.text("stderr")])
        for noise in ("panicked", "RUST_BACKTRACE", "stack backtrace", "unwrap", "rust_eh_personality"):
            self.assertNotIn(noise, everything)
        self.assertEqual(cell.error["ename"], "sevenlines::Error")
        self.assertEqual(self.ok("(batches.len(), val_batches.len(), folder.is_dir())").value, "(8, 4, true)")
        return said

    def test_a_folder_without_subfolders(self):
        self.refused('vgg.get_batches(folder.join("flat"), 4)?', "flat", "has no subfolders", "each class")

    def test_an_empty_class(self):
        self.refused('vgg.get_batches(folder.join("hollow"), 4)?', "hollow/birds", "has no pictures")

    def test_a_missing_path(self):
        self.refused('vgg.get_batches(folder.join("nowhere"), 4)?', "nowhere", "does not exist")

    def test_a_file_for_a_folder(self):
        self.refused('vgg.get_batches(folder.join("cut.safetensors"), 4)?', "cut.safetensors")

    def test_a_batch_size_of_0(self):
        self.refused('vgg.get_batches(folder.join("good/train"), 0)?', "batch_size is 0", "must be")

    def test_a_negative_batch_size(self):
        self.refused('vgg.get_batches(folder.join("good/train"), -64)?', "batch_size is -64", "must be")

    def test_no_epochs(self):
        self.refused("vgg.finetune(&batches)?; vgg.fit(&batches, &val_batches, 0)?;", "nb_epoch is 0")

    def test_fit_before_finetune(self):
        self.refused("let mut fresh = Vgg16::new()?; fresh.fit(&batches, &val_batches, 1)?;", "call vgg.finetune(&batches)? first")

    def test_validation_classes_that_differ(self):
        self.refused(
            'vgg.finetune(&batches)?;\nlet others = vgg.get_batches(folder.join("other/valid"), 4)?;\nvgg.fit(&batches, &others, 1)?;',
            "validation classes", "lions", "tigers", "cats", "dogs",
        )

    def test_weights_of_the_wrong_shape(self):
        said = self.refused('Vgg16::from_file(folder.join("shape.safetensors"))?;', "shape.safetensors", "[64, 3, 5, 5]", "[64, 3, 3, 3]")
        self.assertIn("features.0.weight", said)

    def test_weights_of_another_network(self):
        self.refused('Vgg16::from_file(folder.join("names.safetensors"))?;', "names.safetensors", "not VGG16's weights")

    def test_weights_cut_short(self):
        self.refused('Vgg16::from_file(folder.join("cut.safetensors"))?;', "cut.safetensors", "damaged")

    def test_pictures_without_train_and_valid(self):
        """`dogs_vs_cats()` reads the variable that `run --data` sets."""
        self.ok('unsafe { std::env::set_var("SEVENLINES_DATA", folder.join("flat")) };')
        self.refused("dogs_vs_cats()?", "SEVENLINES_DATA", "train", "valid")
