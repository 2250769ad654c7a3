"""Work side by side in threads that are kept: order, nesting, errors, and processes that fork."""

import os
import subprocess
import sys
import threading
import time

import pytest

from livingdrug.engine import side_by_side


@pytest.fixture(autouse=True)
def four(monkeypatch):
    """Four processors, whatever this machine has."""
    monkeypatch.setattr("os.cpu_count", lambda: 4)


def test_what_is_found_stands_in_the_order_of_the_items():
    def late(k: int) -> int:
        time.sleep(0.001 * (k % 3))
        return k * k

    assert side_by_side(late, range(50)) == [k * k for k in range(50)]
    assert side_by_side(late, []) == [] and side_by_side(late, [7]) == [49]


def test_more_than_one_thread_works_and_threads_are_kept():
    def who(_: int) -> threading.Thread:
        time.sleep(0.002)
        return threading.current_thread()

    used = [set(side_by_side(who, range(40))) for _ in range(10)]
    assert all(1 < len(threads) <= 4 for threads in used) and len(set.union(*used)) <= 4


def test_work_may_itself_be_shared_out():
    def inner(k: int) -> int:
        time.sleep(0.0005)
        return k

    def outer(k: int) -> int:
        return sum(side_by_side(inner, range(k)))

    assert side_by_side(outer, range(30)) == [k * (k - 1) // 2 for k in range(30)]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, IndexError, StopIteration])
def test_an_error_leaves_what_has_not_been_begun(error):
    begun = []

    def work(k: int) -> int:
        begun.append(k)
        time.sleep(0.01)
        if k == 3:
            raise error
        return k

    with pytest.raises(error):
        side_by_side(work, range(500))
    assert len(begun) < 50 and side_by_side(abs, [-1, -2, -3]) == [1, 2, 3]


FORK = """
import os, sys, warnings
from livingdrug.engine import side_by_side
os.cpu_count = lambda: 3
warnings.simplefilter("ignore")  # newer versions of Python warn of any fork beside threads
assert side_by_side(abs, range(20)) == list(range(20))
child = os.fork()
if not child:
    os._exit(0 if side_by_side(abs, range(20)) == list(range(20)) else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes do not fork here")
def test_a_process_that_forks_has_threads_of_its_own():
    subprocess.run([sys.executable, "-c", FORK], check=True, timeout=120)
