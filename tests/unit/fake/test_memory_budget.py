"""The memory budget: a reservation counts until it is released, or until nobody holds it."""

from __future__ import annotations

import pytest

from noojee_fake.errors import MemoryBudgetError
from noojee_fake.pbx.memory_budget import MemoryBudget, read_size


def test_reservation_beyond_the_limit_is_refused() -> None:
    """And changes nothing."""
    budget = MemoryBudget(100)
    held = budget.reserve(60)
    with pytest.raises(MemoryBudgetError, match="60 of 100"):
        budget.reserve(41)
    with pytest.raises(MemoryBudgetError):
        held.resize(101)
    assert (held.size_bytes, budget.used_bytes) == (60, 60)
    held.resize(100)
    assert budget.used_bytes == 100


def test_reservation_that_nobody_holds_is_released() -> None:
    """Also without a call of release; a second release does nothing."""
    budget = MemoryBudget(100)
    held = budget.reserve(60)
    del held
    assert budget.used_bytes == 0
    other = budget.reserve(100)
    other.release()
    other.release()
    del other
    assert budget.used_bytes == 0


def test_share_limits_what_gives_way() -> None:
    """Growth within a share of the budget; shrinking always."""
    budget = MemoryBudget(100)
    held = budget.reserve(0)
    held.resize(50, share=0.5)
    with pytest.raises(MemoryBudgetError):
        held.resize(51, share=0.5)
    budget.reserve(20)
    held.resize(40, share=0.5)
    assert held.size_bytes == 40


def test_forced_growth_is_never_refused() -> None:
    """A budget may be exceeded by changes that cannot fail; then the next reservation is refused."""
    budget = MemoryBudget(100)
    held = budget.reserve(0)
    held.resize(150, force=True)
    with pytest.raises(MemoryBudgetError):
        budget.reserve(1)
    held.resize(120)
    assert budget.used_bytes == 120


def test_budget_without_a_limit_refuses_nothing() -> None:
    """It still counts."""
    budget = MemoryBudget()
    held = budget.reserve(2**60)
    assert budget.used_bytes == held.size_bytes == 2**60


@pytest.mark.parametrize(("text", "size"), [("0", 0), ("1000", 1000), ("16k", 16384), ("512M", 2**29), ("2G", 2**31)])
def test_size_is_read(text: str, size: int) -> None:
    """A number of bytes, or of K, M or G of them."""
    assert read_size(text) == size


@pytest.mark.parametrize("text", ["", "M", "-1", "1.5G", "2T", "2 G", "2GB", "٣", "9" * 13])
def test_other_text_is_no_size(text: str) -> None:
    """The message has an example."""
    with pytest.raises(ValueError, match="512M"):
        read_size(text)
