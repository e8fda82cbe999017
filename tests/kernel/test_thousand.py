"""A thousand cells in a row: what grows is counted and linear, everything else stays as it was; and the maps of the
cells' process, which do grow, run out with a warning and an error."""
import random
import statistics
import threading
import unittest

import processes
from counts import record, tries
from growth import Look, folder, line, zombies
from harness import Kernel

CELLS = tries(60, 1000)
MIXED = tries(12, 200)
KERNELS = tries(2, 4)
SEED = 7

# What a notebook is made of; `{i}` is the number of the cell, and what must come of it.
KINDS = [
    ("let x = {i};", None),
    ("x + 1", "{last}"),
    ("fn f(a: i32) -> i32 {{ a + {i} }}\nlet y = f(x);", None),
    ('let z: i32 = "{i}";', "error"),
    ('println!("{i}");', "stdout"),
    ('Err::<(), String>("{i}".into())?;', "error"),
    ('bar_chart(&["a", "b"], &[1.0, {i}.0], "{i}")?', "figure"),
    ('sevenlines::show::html("<b>{i}</b>", "{i}");', "figure"),
    ("let v = vec![x; {i}];\nv.len()", "{i}"),
    ('panic!("{i}");', "error"),
]
# Each other page can be read: each of them is a map, and each between two of them.
SPLIT = """\
fn split(pages: usize) -> usize {
    unsafe extern "C" {
        fn mmap(at: *mut u8, length: usize, protection: i32, flags: i32, fd: i32, offset: i64) -> *mut u8;
        fn mprotect(at: *mut u8, length: usize, protection: i32) -> i32;
    }
    let start = unsafe { mmap(std::ptr::null_mut(), pages * 4096, 0, 0x22, -1, 0) };
    (0..pages).step_by(2).take_while(|page| unsafe { mprotect(start.add(page * 4096), 4096, 1) } == 0).count()
}"""


def most_maps():
    return int((processes.PROC / "sys/vm/max_map_count").read_text())


def wrong(i, cell, wanted):
    """What is wrong with a cell of one of the kinds, or nothing."""
    text = cell.text("stdout")
    right = {
        None: cell.status == "ok" and not cell.outputs,
        "error": cell.status == "error" and str(i) in str(cell.error),
        "stdout": (cell.status, text) == ("ok", f"{i}\n"),
        "figure": cell.status == "ok" and len(cell.shown) == 1 and str(i) in str(cell.shown),
    }.get(wanted, (cell.status, cell.value) == ("ok", wanted))
    return None if right else f"cell {i}: {cell.status} {str(cell.outputs)[:300]}"


def typical(seconds):
    """What a cell takes: the mean of the kinds, each at its best, since a machine pauses at times."""
    return statistics.mean(min(seconds[kind :: len(KINDS)]) for kind in range(len(KINDS)))


class Thousand(unittest.TestCase):
    def start(self):
        kernel = Kernel()
        self.addCleanup(self.end, kernel)
        self.assertEqual(kernel.run("let x = 0;").status, "ok")
        return kernel

    def end(self, kernel):
        if kernel.manager.has_kernel:
            kernel.close()

    def test_many_cells_in_a_row(self):
        kernel = self.start()
        last, lost, looks, seconds = "1", [], [], []
        # The first round of the kinds is what the later ones are compared with.
        for i in range(1, len(KINDS) + CELLS + 1):
            code, wanted = KINDS[i % len(KINDS)]
            cell = kernel.run(code.format(i=i))
            fault = wrong(i, cell, wanted and wanted.format(i=i, last=last))
            lost += [fault] if fault else []
            last = str(i + 1) if i % len(KINDS) == 0 else last
            if i >= len(KINDS):
                looks.append(Look(kernel))
                seconds.append(cell.seconds)
        figures = self.growth(looks, seconds)
        left = folder(kernel)
        kernel.close()
        self.assertTrue(processes.soon(lambda: not left.exists()))
        record(self, "the kernel: cells in a row", CELLS, lost, figures)

    def growth(self, looks, seconds):
        """Fails if something grows that need not, or not evenly; the figures."""
        first = looks[0]
        for name in ("threads", "descriptors"):
            self.assertEqual({getattr(look, name) for look in looks}, {getattr(first, name)}, name)
        self.assertEqual({look.all for look in looks}, {first.all}, "a process is another one")
        # The last cell that was compiled has a file, one that failed has none.
        files = {look.files for look in looks}
        self.assertLessEqual(max(files) - min(files), 1, f"files of the work folder: {files}")
        maps, off = line([look.maps[1] for look in looks])
        self.assertLess(off, 0.02 * maps * len(looks) + 3 * len(KINDS), "maps do not grow evenly")
        self.assertLess(maps, 8, "maps a cell")
        for index, name in ((0, "kernel"), (2, "pump")):
            grown = looks[-1].maps[index] - first.maps[index]
            self.assertLess(grown, 40 + 0.05 * len(looks), f"maps of the {name}")
        cells, cells_off = line([look.memory[1] for look in looks])
        kernel, kernel_off = line([look.memory[0] for look in looks])
        pump = looks[-1].memory[2] - first.memory[2]
        disk = max(look.bytes for look in looks) - first.bytes
        early, late = typical(seconds[: len(seconds) // 3]), typical(seconds[-(len(seconds) // 3) :])
        figures = (
            f"threads {sum(first.threads)} and descriptors {sum(first.descriptors)} throughout; {maps:.1f} maps a cell (of "
            f"{most_maps()}, worst {off:.0f} off a straight line), memory of the cells' process {cells / 1024:.0f} KiB a cell "
            f"(worst {cells_off / 2**20:.1f} MiB off), of the kernel {kernel / 1024:.0f} KiB (worst {kernel_off / 2**20:.1f} MiB off), "
            f"of the pump {pump / 1024:.0f} KiB in all; work folder {max(files)} files throughout, {disk / 1024:.0f} KiB more at "
            f"most; {early:.2f} s a cell at first, {late:.2f} s at last"
        )
        print(figures, flush=True)
        self.assertLess(cells, 400 * 1024, "memory of the cells' process")
        self.assertLess(kernel, 400 * 1024, "memory of the kernel")
        self.assertLess(pump, 2**20, "memory of the pump")
        self.assertLess(disk, 2**20, "bytes of the work folder")
        self.assertLess(late, 2 * early + 0.2, "cells become slower")
        return figures

    def test_stops_errors_and_restarts(self):
        kernel = self.start()
        first = Look(kernel)
        choose = random.Random(SEED)
        seen, lost, counts, known = {first.cells, first.pump}, [], {}, False
        for i in range(MIXED):
            kind = choose.choice(["cell", "cell", "error", "panic", "stop", "restart", "crash"])
            counts[kind] = counts.get(kind, 0) + 1
            wanted, cell = self.mixed(kernel, kind, i)
            if (cell.status, cell.error and cell.error["ename"]) != wanted:
                lost.append(f"{i}: {kind}: {cell.status} {str(cell.outputs)[:300]}")
            known = kind == "cell" or known and kind not in ("restart", "crash")
            number = kernel.run(f"{i} + 1")
            there = kernel.run("kept").status == "ok"
            if (number.value, there) != (str(i + 1), known):
                lost.append(f"{i}: after {kind}: {number.value}, the variable is {'' if there else 'not '}there")
            look = Look(kernel)
            seen |= {look.cells, look.pump}
            if (look.threads, look.descriptors, zombies(kernel.pid)) != (first.threads, first.descriptors, []):
                lost.append(f"{i}: after {kind}: threads {look.threads}, descriptors {look.descriptors}, {zombies(kernel.pid)}")
        left = folder(kernel)
        kernel.close()
        self.assertTrue(processes.soon(lambda: not left.exists()))
        gone = lambda: not any((processes.PROC / str(pid)).exists() for pid in seen)
        self.assertTrue(processes.soon(gone), "a process is left")
        kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items()))
        figures = f"seed {SEED}; {kinds}; threads {first.threads} and descriptors {first.descriptors} after each; {len(seen)} processes came and went"
        record(self, "the kernel: stops, errors, crashes and restarts mixed", MIXED, lost, figures)

    def mixed(self, kernel, kind, i):
        """Status and name of the error that a cell should have, and the cell."""
        if kind == "stop":
            code = 'println!("begun"); loop { check_interrupt()?; std::thread::sleep(std::time::Duration::from_millis(5)); }'
            return ("error", "Interrupted"), kernel.run(code, stop_after="begun")
        wanted, code = {
            "cell": (("ok", None), f"let kept = {i};"),
            "error": (("error", "compile error E0308"), f'let other: i32 = "{i}";'),
            "panic": (("error", "panic"), f'panic!("{i}");'),
            "restart": (("ok", None), ":restart"),
            "crash": (("error", "Aborted"), "std::process::abort();"),
        }[kind]
        return wanted, kernel.run(code)

    def test_maps_run_out_with_a_warning_and_an_error(self):
        kernel = self.start()
        self.assertEqual(kernel.run(SPLIT).status, "ok")
        self.assertEqual(kernel.run("x").text("stderr"), "")
        most, warnings = most_maps(), []
        for part in (0.52, 0.03, 0.22, 0.16):
            cell = kernel.run(f"split({int(part * most)});")
            self.assertEqual(cell.status, "ok", cell.outputs)
            warnings.append(cell.text("stderr"))
        said = [bool(text) for text in warnings]
        self.assertEqual(said, [True, False, True, True], warnings)
        for text in (warnings[0], warnings[2], warnings[3]):
            self.assertRegex(text, rf"\d+ of the {most} memory maps .* about \d, so some \d+ more cells fit")
            self.assertIn("save_weights", text)
            self.assertIn(":restart", text)
        # To the very end: what cannot be had is an error of that cell, and the next one is not begun.
        self.assertEqual(kernel.run(f"split({most})").status, "ok")
        for _ in range(2):
            cell = kernel.run("x")
            self.assertEqual((cell.status, cell.reply["ename"]), ("error", "OutOfMaps"), cell.outputs)
            self.assertRegex(cell.reply["evalue"], r"all variables are kept\n.*sysctl -w vm\.max_map_count=\d+")
        self.assertEqual(kernel.run(":vars").status, "ok")
        self.assertEqual(kernel.run(":restart").status, "ok")
        self.assertEqual(kernel.run("split(100)").value, "50")
        self.assertEqual(kernel.run("1 + 1").text("stderr"), "")

    def test_several_kernels_at_once(self):
        kernels = [self.start() for _ in range(KERNELS)]
        cells, lost = tries(3, 25), []

        def work(number, kernel):
            for i in range(cells):
                # The same names everywhere, other values, two compilations at the same time.
                code = f"fn own() -> i32 {{ {1000 * number + i} }}\nstruct Own([u8; {number + 1}]);\nlet x = own();"
                cell, value = kernel.run(code), kernel.run("(x, own(), std::mem::size_of::<Own>())")
                own = 1000 * number + i
                if (cell.status, value.value) != ("ok", f"({own}, {own}, {number + 1})"):
                    lost.append(f"kernel {number}, cell {i}: {cell.status} {value.value} {str(cell.outputs)[:300]}")

        threads = [threading.Thread(target=work, args=pair) for pair in enumerate(kernels)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        folders = {folder(kernel) for kernel in kernels}
        self.assertEqual(len(folders), KERNELS)
        for kernel in kernels:
            look = Look(kernel)
            opened = (processes.PROC / str(look.cells) / "maps").read_text()
            others = [other for other in folders - {look.folder} if str(other) in opened]
            lost += [f"a kernel has loaded files of another: {others}"] if others else []
        record(self, "the kernel: cells of several kernels at once", KERNELS * cells * 2, lost, f"{KERNELS} kernels")


if __name__ == "__main__":
    unittest.main()
