"""Coarser telephone numbers, networks, coordinates and towns, and hierarchies of several levels."""

from __future__ import annotations

import ipaddress
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.masking.engine import protect_batches
from privacy.masking.errors import PolicyError
from privacy.masking.policy import policy_from_dict, policy_from_toml


def generalised(values: list[Any], **rule: Any) -> list[Any]:
    return counted(values, **rule)[0]


def counted(values: list[Any], **rule: Any) -> tuple[list[Any], int]:
    batch = pa.RecordBatch.from_pydict({"x": pa.array(values)})
    policy = policy_from_dict({"fields": {"x": {"operator": "generalise", **rule}}})
    protector = protect_batches([batch], batch.schema, policy, None)
    (out,) = protector
    return out.column(0).to_pylist(), protector.report.invalid


def test_telephone_numbers_become_their_region() -> None:
    values = ["13812345678", "+86 138-1234-5678", "0512-65123456", "(010)65123456", "021 65123456", "110", "", None]
    found, invalid = counted(values, to="phone_region")
    assert found == ["138", "138", "0512", "010", "021", None, None, None]
    assert invalid == 1


def test_addresses_become_networks() -> None:
    values = ["192.0.2.77", " 192.0.2.1", "2001:db8:12:3400::9", "192.0.2.300", "", None]
    found, invalid = counted(values, to="network")
    assert found == ["192.0.2.0/24", "192.0.2.0/24", "2001:db8:12::/48", None, None, None]
    assert invalid == 1
    assert generalised(["192.0.2.77"], bits=16) == ["192.0.0.0/16"]


@given(st.ip_addresses(), st.integers(8, 30), st.integers(16, 120))
def test_an_address_lies_in_its_network(address: Any, bits: int, bits6: int) -> None:
    (network,) = generalised([str(address)], to="network", bits=bits, bits6=bits6)
    assert address in ipaddress.ip_network(network)
    assert ipaddress.ip_network(network).prefixlen in (bits, bits6)


def test_coordinates_become_squares_alone_or_in_pairs() -> None:
    found, invalid = counted(
        ["120.5853,31.2989", "(120.5855, 31.2990)", "120.5853", "200,10", "here", None], metres=1000
    )
    assert found[0] == found[1]
    first, second = found[0].split(",")
    assert abs(float(first) - 120.5853) <= 1000 / 111_320
    assert abs(float(second) - 31.2989) <= 1000 / 111_320
    assert found[2] == first
    assert (found[3:], invalid) == ([None, None, None], 2)
    assert generalised([120.5853, None], metres=1000) == [first, None]


@given(st.floats(-180, 180), st.floats(-180, 180), st.sampled_from([50, 500, 20_000]))
def test_the_middle_of_a_square_is_near_and_the_same_for_all_in_it(one: float, other: float, metres: int) -> None:
    pair = f"{one:.6f},{other:.6f}"
    (found,) = generalised([pair], metres=metres)
    step = metres / 111_320
    for before, after in zip(pair.split(","), found.split(","), strict=True):
        assert abs(float(before) - float(after)) <= step * 0.7
    assert len({generalised([pair], metres=metres)[0] for _ in range(2)}) == 1


def test_geohashes_are_those_that_everybody_computes() -> None:
    # The example of the first description of geohashes, and one south and west.
    assert generalised(["-5.6,42.6"], to="geohash", length=5) == ["ezs42"]
    assert generalised(["42.6,-5.6"], to="geohash", length=5, first="latitude") == ["ezs42"]
    assert generalised(["10.40744,57.64911"], to="geohash", length=9) == ["u4pruydqq"]
    assert counted(["31.3,120.58", "120.58", "", None], to="geohash", length=6) == ([None, None, None, None], 2)


def test_addresses_keep_the_town_where_they_name_one() -> None:
    found = generalised(
        ["江苏省苏州市姑苏区平江街道大儒巷1号", "昆山市花桥镇绿地大道2号", "江苏省苏州市姑苏区平江路1号", "苏州"],
        to="town",
    )
    assert found == ["江苏省苏州市姑苏区平江街道", "昆山市花桥镇", "江苏省苏州市姑苏区", None]
    assert generalised(["昆山市花桥镇绿地大道2号"], to="district") == ["昆山市"]


LEVELS = {"感冒": ["呼吸系统", "内科"], "肺炎": ["呼吸系统", "内科"], "骨折": ["外科"]}


def test_a_hierarchy_has_several_levels() -> None:
    values = ["感冒", " 肺炎 ", "骨折", "其他病", "", None]
    assert counted(values, levels=LEVELS) == (["呼吸系统", "呼吸系统", "外科", None, None, None], 1)
    assert counted(values, levels=LEVELS, level=2) == (["内科", "内科", None, None, None, None], 2)
    assert counted(values, levels=LEVELS, level=2, other="其他") == (["内科", "内科", "其他", "其他", None, None], 0)
    toml = '[fields.x]\noperator = "generalise"\nlevel = 2\n[fields.x.levels]\n"感冒" = ["呼吸系统", "内科"]\n'
    rule = policy_from_toml(toml).fields["x"]
    assert rule.told_parameters == {"to": "hierarchy", "level": 2}
    assert policy_from_dict(policy_from_toml(toml).to_dict()).digest() == policy_from_toml(toml).digest()


@pytest.mark.parametrize(
    "rule",
    [
        {"to": "grid"},
        {"metres": 0.5},
        {"metres": 5_000_000},
        {"to": "geohash"},
        {"to": "geohash", "length": 10},
        {"to": "geohash", "length": 5, "first": "north"},
        {"to": "network", "bits": 32},
        {"to": "network", "bits6": 128},
        {"to": "phone_region", "length": 3},
        {"to": "hierarchy"},
        {"levels": {}},
        {"levels": {"a": []}},
        {"levels": {"a": "b"}},
        {"levels": {"a": ["b", 3]}},
        {"levels": {"a": ["b"]}, "level": 2},
    ],
)
def test_what_makes_no_sense_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(PolicyError):
        generalised(["a"], **rule)
