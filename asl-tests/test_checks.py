from .checks import CHECKS, the_machine


def test_a():
    assert [s for c in CHECKS for s in c(the_machine())] == []
