"""Debian's Chromium in the hands of Playwright, for every test that looks at a page.

Playwright's own browsers are downloaded from its makers' servers, so none is used; `apt-get install chromium` brings this one.
"""

import contextlib
import os
import shutil
import sys
import unittest

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Chromium itself asks its makers for updates and lists; a page's requests are seen by Playwright.
QUIET = ("--disable-background-networking", "--disable-component-update", "--no-default-browser-check", "--hide-scrollbars")


def find():
    """The browser's path, or None. SEVENLINES_CHROMIUM names another one."""
    named = os.environ.get("SEVENLINES_CHROMIUM")
    return named if named else next(filter(None, map(shutil.which, NAMES)), None)


def required(test):
    """A class or test that is skipped, aloud, where there is no Chromium."""
    if find():
        return test
    print("SKIPPED: there is no Chromium here; `apt-get install chromium` brings it", file=sys.stderr, flush=True)
    return unittest.skip("no Chromium")(test)


def entered(test_case, context):
    """What a context gives, until the class of tests ends."""
    stack = contextlib.ExitStack()
    test_case.addClassCleanup(stack.close)
    return stack.enter_context(context)


@contextlib.contextmanager
def browser():
    """A browser with no window; root may not have the sandbox."""
    arguments = [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find(), args=arguments)
        try:
            yield chromium
        finally:
            chromium.close()
