"""Which events came in lately: bounded, kept over a restart, and two names never taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.recent_ids import RecentIds, event_key


def test_the_oldest_go_first_and_a_dump_brings_the_rest_back() -> None:
    recent = RecentIds(most=3)
    keys = [event_key("/a", f"e{i}") for i in range(5)]
    recent.add(keys)
    assert [key in recent for key in keys] == [False, False, True, True, True]
    again = RecentIds(most=3)
    again.load(recent.dump())
    assert len(again) == 3
    assert all(key in again for key in keys[2:])
    again.add([event_key("/a", "e5")])
    assert keys[2] not in again


def test_a_damaged_dump_is_refused_and_changes_nothing() -> None:
    recent = RecentIds()
    recent.add([7])
    with pytest.raises(ValueError, match="multiple of 8"):
        recent.load(b"12345")
    assert 7 in recent


@given(st.text(), st.text(), st.text(), st.text())
def test_names_that_differ_have_keys_that_differ(source: str, id_: str, other: str, other_id: str) -> None:
    same = (source, id_) == (other, other_id)
    assert (event_key(source, id_) == event_key(other, other_id)) is same
