"""Jupyter's own conformance suite: what every client may expect of a kernel.

The suite's limits are short (a tenth of a second to the next message). A loaded machine would break them, so they are widened.
"""
from unittest import mock

import jupyter_kernel_test
from installed import NAME, install

PATIENCE = 120
# A value that shows itself in evcxr's form.
BOLD = """struct Bold;
impl Bold { fn evcxr_display(&self) { println!("EVCXR_BEGIN_CONTENT text/html\\n<b>1</b>\\nEVCXR_END_CONTENT"); } }
Bold"""


class Conformance(jupyter_kernel_test.KernelTests):
    """Every sample that the suite has a test for; nothing is skipped."""

    kernel_name = NAME
    language_name = "rust"
    file_extension = ".rs"

    code_hello_world = 'println!("hello, world");'
    code_stderr = 'eprintln!("oops");'
    code_page_something = "Vec?"
    completion_samples = [
        {"text": "let unfinished: usi", "matches": ["usize"]},
        {"text": "rememb", "matches": ["remembered"]},
    ]
    complete_code_samples = ["1", "let a = 1;", "fn f() -> i32 {\n    1\n}\n", 'println!("{");', "// (", "", ":vars"]
    incomplete_code_samples = ["fn f() {", "vec![1,", 'let s = "begun', "/* begun", "let a =", "1 +"]
    invalid_code_samples = ["1)", "fn f( }", "let v = vec![1);"]
    code_inspect_sample = "Vec"
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": "vec![1, 2]", "result": "[1, 2]"},
        {"code": '"é".to_string()', "result": '"é"'},
    ]
    code_display_data = [
        {"code": BOLD, "mime": "text/html"},
        {"code": "Picture::new(image::RgbImage::new(8, 8)).show();", "mime": "text/html"},
    ]
    code_generate_error = '"zz".parse::<i32>()?;'
    code_clear_output = "channel::clear(false);"
    code_history_pattern = "vec!*"
    supported_history_operations = ("tail", "range", "search")

    @classmethod
    def setUpClass(cls):
        install(cls)
        super().setUpClass()
        # A test that the suite would skip is one that fails here.
        for name, value in (("TIMEOUT", PATIENCE), ("SkipTest", AssertionError)):
            patch = mock.patch.object(jupyter_kernel_test, name, value)
            patch.start()
            cls.addClassCleanup(patch.stop)
        # What the completion samples stand on; the first cell also waits for evcxr to start.
        cls.kc.execute_interactive("let remembered = vec![1];", timeout=PATIENCE)

    def execute_helper(self, code, timeout=PATIENCE, **options):
        channel = self.kc.iopub_channel

        def patient(timeout):
            return type(channel).get_msg(channel, timeout=max(timeout, PATIENCE))

        with mock.patch.object(channel, "get_msg", patient):
            return super().execute_helper(code, timeout=timeout, **options)


# Not the suite's own base class, which unittest would otherwise run with no samples.
def load_tests(loader, _tests, _pattern):
    return loader.loadTestsFromTestCase(Conformance)
