"""Recipes: those that are shipped, files, overrides, and what is refused."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from soundalike.errors import ConfigError
from soundalike.training import load_recipe, recipe_names


@pytest.mark.parametrize("name", recipe_names())
def test_every_shipped_recipe_loads_under_its_own_name(name: str) -> None:
    assert load_recipe(name).name == name


@pytest.mark.parametrize("kind", ["balanced", "unbalanced"])
def test_the_papers_recipes_are_the_papers(kind: str) -> None:
    recipe = load_recipe(f"paper-{kind}")
    assert recipe.pairs.kind == kind
    assert recipe.network.widths == (512, 256, 128)
    assert recipe.network.dropout == 0.3
    assert recipe.optimiser.epochs == 200
    assert (recipe.front_end.window_samples, recipe.front_end.hop_samples) == (1024, 512)
    assert recipe.export.distance == "euclidean"


def test_a_file_is_a_recipe_and_what_it_leaves_out_has_a_default(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\n[network]\nwidths = [8]\n', encoding="utf-8")
    for spec in (path, str(path)):
        recipe = load_recipe(spec)
        assert (recipe.name, recipe.network.widths, recipe.network.dropout) == ("mine", (8,), 0.3)


def test_overrides_win_in_order() -> None:
    recipe = load_recipe(
        "paper-balanced",
        [
            "optimiser.epochs=3",
            "optimiser.epochs=4",
            "network.widths=[32, 16]",
            "front_end.time_axis=linear",
            "loss.margin=2",
            "pairs.kind='unbalanced'",
        ],
    )
    assert recipe.optimiser.epochs == 4
    assert recipe.network.widths == (32, 16)
    assert recipe.front_end.time_axis == "linear"
    assert recipe.loss.margin == 2.0
    assert recipe.pairs.kind == "unbalanced"


def test_no_such_recipe_names_those_there_are() -> None:
    with pytest.raises(
        ConfigError, match=r"no recipe 'paper': give a \.toml file or one of .*paper-unbalanced"
    ):
        load_recipe("paper")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        load_recipe(tmp_path / "missing.toml")


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("network.width=[1]", "'network': unknown key 'width'. Did you mean 'widths'"),
        ("optimizer.epochs=1", "unknown key 'optimizer'. Did you mean 'optimiser'"),
        ("optimiser.epochs=ten", "'epochs' is 'ten'; it should be of type int"),
        ("optimiser.epochs=0", "'epochs' at least 1"),
        ("optimiser.learning_rate=-1", "'learning_rate' should be over 0"),
        ("optimiser.momentum=1.0", "'momentum' is 1.0; it should be from 0 to below 1"),
        ("optimiser.epochs", "write it as key=value"),
        ("network.widths=128", "'widths' is 128; it should be a list"),
        ("network.widths=[]", "'widths' need numbers over 0"),
        ("network.widths=[8, 0]", "'widths' need numbers over 0"),
        ("network.dropout=1.0", "'dropout' one from 0 to below 1"),
        ("network=3", "'network' is 3"),
        ("pairs.blocks=0", "'blocks' and 'largest_block' should be at least 1"),
        ("pairs.kind=some", "'kind' is 'some'; it can be 'balanced', 'unbalanced'"),
        ("loss.margin=0", "'margin' is 0.0; it should be over 0"),
        ("front_end.time_axis=mel", "'time_axis' is 'mel'; it can be 'log', 'linear'"),
        ("front_end.hop_samples=0", "'hop_samples' at least 1"),
        ("front_end.window_samples=40000", "'window_samples' should be from 2 to 32000"),
        ("export.weights=int8", "'weights' is 'int8'; it can be 'float32', 'float16'"),
        ("name.first=x", "'name' holds a value, not a table"),
    ],
)
def test_setting_that_cannot_be_used_is_explained(assignment: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_recipe("paper-unbalanced", [assignment])


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("network.widths=[8, 128]", "two numbers of channels at least"),
        ("network.widths=[8, 12, 128]", "multiples of 8"),
        ("network.kind=mlp", "kind 'cnn' takes the front end 'logmel'"),
        ("pairs.kind=unbalanced", "loss 'supcon' looks at a batch as a whole: set pairs.kind to 'labels'"),
        ("pairs.batch=1", "'batch' should be at least 2"),
        ("augment.mix=2", "'mix' is a share"),
        ("loss.kind=arcface", "it can be 'contrastive', 'supcon'"),
        ("optimiser.averaging=1", "'averaging' is 1.0"),
        ("optimiser.validate_every=0", "'validate_every' at least 1"),
    ],
)
def test_setting_that_does_not_fit_the_cnn_is_explained(assignment: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_recipe("cnn", [assignment])


def test_sounds_are_changed_only_before_the_logarithm() -> None:
    with pytest.raises(ConfigError, match="only the front end 'logmel' can change sounds"):
        load_recipe("paper-balanced", ["augment.masks=1"])


def test_learning_rate_rises_then_falls_along_half_a_cosine() -> None:
    settings = load_recipe("cnn", ["optimiser.epochs=25", "optimiser.learning_rate=1"]).optimiser
    rates = [settings.learning_rate_of(epoch) for epoch in range(1, 26)]
    assert rates[:6] == pytest.approx([1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1.0])
    assert rates[15] == pytest.approx(0.5)
    assert 0 < rates[-1] < 0.01
    assert all(earlier > later for earlier, later in pairwise(rates[5:]))
    constant = load_recipe("paper-balanced").optimiser
    assert constant.learning_rate_of(1) == constant.learning_rate_of(200) == constant.learning_rate
