"""The page of errors is generated from the code, and messages say enough to act."""

from tests.error_messages import CLASSES, PAGE, messages, page


def test_the_page_of_errors_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"


def test_every_class_of_error_is_raised_somewhere_and_described() -> None:
    raised = {each.error for each in messages()}
    assert raised == set(CLASSES)
    assert all(each.__doc__ for each in CLASSES.values())
