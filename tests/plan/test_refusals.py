"""What somebody who writes YAML is told of a wrong value."""

import re
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from features.errors import ConfigError
from features.plan.refusals import Refusal, only_known, refusal


class Size(BaseModel):
    model_config = ConfigDict(extra="forbid")
    rule: Literal["shorter", "exact"]
    side: int | tuple[int, int] = Field(256, ge=16)

    @model_validator(mode="after")
    def _fits(self) -> "Size":
        if self.rule == "exact" and isinstance(self.side, int):
            raise ValueError("rule 'exact' takes two numbers")
        return self


class Parameters(BaseModel):
    model_config = ConfigDict(extra="forbid")
    size: Size | None = None
    sizes: dict[str, Size] = Field(default_factory=dict)
    mean: tuple[float, float, float] = (0, 0, 0)
    length: int = Field(16, ge=1)
    weights: str | dict[str, str] = ""
    flip: bool = False


def said(values: dict[str, Any]) -> Refusal:
    with pytest.raises(ValidationError) as raised:
        Parameters.model_validate(values)
    return refusal(raised.value, Parameters)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"mean": 3}, "mean: expected a list; found 3"),
        ({"mean": [1, 2]}, "mean: expected more than 2 values; found [1, 2]"),
        ({"mean": [1, 2, 3, 4]}, "mean: expected no more than 3 values; found [1, 2, 3, 4]"),
        ({"mean": [1, "a", 3]}, "mean.1: expected a number; found 'a'"),
        ({"length": 3.5}, "length: expected an integer; found 3.5"),
        ({"length": 0}, "length: expected greater than or equal to 1; found 0"),
        ({"flip": "perhaps"}, "flip: expected true or false; found 'perhaps'"),
        ({"size": "small"}, "size: expected a mapping; found 'small'"),
        ({"size": {}}, "size.rule: missing"),
        (
            {"size": {"rule": "exakt"}},
            "size.rule: expected 'shorter' or 'exact'; found 'exakt' (did you mean 'exact'?)",
        ),
        ({"size": {"rule": "exact"}}, "size: rule 'exact' takes two numbers"),
    ],
)
def test_a_wrong_value_is_told_by_its_place_what_was_expected_and_what_was_found(
    values: dict[str, Any], message: str
) -> None:
    assert str(said(values)) == message


@pytest.mark.parametrize("values", [{"size": {"sied": 3}}, {"sizes": {"a": {"sied": 3}}}])
def test_an_unknown_name_comes_first_with_the_nearest_that_is_known_there(values: dict[str, Any]) -> None:
    where, what = said({**values, "length": 0})
    assert where.endswith(".sied")
    assert what == "not known (did you mean 'side'?); there are: rule, side"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"weights": 3}, "weights: expected text or a mapping; found 3"),
        ({"weights": {"rgb": 3}}, "weights.rgb: expected text; found 3"),
        ({"size": {"rule": "exact", "side": "x"}}, "size.side: expected an integer or a list; found 'x'"),
        ({"size": {"rule": "exact", "side": [3]}}, "size.side: expected more than 1 values; found [3]"),
    ],
)
def test_a_value_that_may_be_of_several_types_is_told_of_those_that_it_can_have_meant(
    values: dict[str, Any], message: str
) -> None:
    assert str(said(values)) == message


@pytest.mark.parametrize("name", [["vec"], {"vec": 1}, 3, None])
def test_what_is_no_name_at_all_is_not_known(name: Any) -> None:
    with pytest.raises(ConfigError, match=f"^boxes has no preset {re.escape(repr(name))}"):
        only_known("boxes", [name], ["vec"], "preset")


def test_names_are_checked_before_values() -> None:
    only_known("flow backend 'dis'", ["quality"], ["quality"])
    with pytest.raises(
        ConfigError, match=r"^dataset 'ped2' has no option 'prat' \(did you mean 'part'\?\); there are: part$"
    ):
        only_known("dataset 'ped2'", ["prat"], ["part"], "option")
