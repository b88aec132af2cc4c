"""GLiNER networks: inputs as GLiNER's processor makes them, output decoded as by its decoder."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import orjson
import pytest
from onnx import TensorProto, helper

from gateway.detect.networks.gliner import Gliner, Layout
from gateway.detect.networks.onnx_files import NetworkFiles
from tests.detect.gliner_networks import ENT, SEP, gliner

WORDS = {"Xoan": "person", "Quil": "person", "Zuba": "place", "555": "phone", "my": "my"}
LABELS = {"person": "PERSON", "place of birth": "LOCATION"}
NUMBERED = {f"n{index}": "person" for index in range(8)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return gliner(tmp_path / "net", WORDS)


def found(folder: Path, text: str, labels: dict[str, str] = LABELS) -> list[tuple[str, str]]:
    results = Gliner(folder, labels).find(text)
    return sorted({(r.entity_type, text[r.start : r.end]) for r in results})


def layout(tmp_path: Path, labels: list[str], **options: Any) -> Layout:
    folder = gliner(tmp_path / "net", WORDS, **options)
    return Layout(NetworkFiles(folder, "gliner_config.json"), labels)


def test_names_are_found_whole_and_at_their_offsets(folder: Path) -> None:
    text = "so, Xoan Quil met (Zuba) 555"
    results = Gliner(folder, LABELS).find(text)
    assert sorted((r.start, r.end, r.entity_type) for r in results) == [
        (4, 13, "PERSON"),
        (19, 23, "LOCATION"),
    ]


def test_scores_are_those_of_the_networks_sigmoid(folder: Path) -> None:
    (result,) = Gliner(folder, LABELS).find("met Xoan Quil")
    assert result.score == pytest.approx(1 / (1 + np.exp(-3.0)))


def test_labels_decide_what_is_found_and_their_order_does_not(folder: Path) -> None:
    assert found(folder, "Xoan 555", {"phone": "PHONE_NUMBER"}) == [("PHONE_NUMBER", "555")]
    turned = dict(reversed(LABELS.items()))
    assert found(folder, "Xoan met Zuba", turned) == found(folder, "Xoan met Zuba", LABELS)


def test_two_labels_of_one_entity(folder: Path) -> None:
    labels = {"person": "PERSON", "place": "PERSON"}
    assert found(folder, "Xoan or Zuba", labels) == [("PERSON", "Xoan"), ("PERSON", "Zuba")]


def test_a_run_is_no_wider_than_the_network_and_the_best_run_wins(tmp_path: Path) -> None:
    folder = gliner(tmp_path / "net", NUMBERED, max_width=3)
    text = "n0 n1 n2 n3 n4 n5 n6 n7"
    results = Gliner(folder, {"person": "PERSON"}).find(text)
    values = sorted(text[r.start : r.end] for r in results)
    assert values == ["n0 n1 n2", "n3 n4 n5", "n6 n7"]


@pytest.mark.parametrize(("affinity", "count"), [(-0.3, 1), (-0.5, 0)])
def test_scores_below_four_tenths_are_none(tmp_path: Path, affinity: float, count: int) -> None:
    folder = gliner(tmp_path / "net", {"Xoan": "person"}, affinity=affinity)
    assert len(Gliner(folder, {"person": "PERSON"}).find("met Xoan today")) == count


@pytest.mark.parametrize("limits", [{"max_len": 9}, {"encoder_config": {"max_position_embeddings": 20}}])  # fmt: skip
def test_text_longer_than_the_network_reads_is_read_in_windows(
    tmp_path: Path, limits: dict[str, Any]
) -> None:
    folder = gliner(tmp_path / "net", WORDS, **limits)
    for before in range(40):
        text = "word " * before + "Xoan Quil" + " word" * 30
        assert ("PERSON", "Xoan Quil") in found(folder, text), before


def test_windows_fit_and_overlap_and_reach_the_end(tmp_path: Path) -> None:
    one = layout(tmp_path, ["person"], max_len=12, max_width=3, pieces=("##a",),
                 encoder_config={"max_position_embeddings": 20})  # fmt: skip
    words = ["my"] * 30 + ["mya", "myaaaaaa"] * 20 + ["my" + "a" * 60] + ["my"] * 5
    windows = list(one.windows(words))
    assert windows[0] == (0, 12)
    assert windows[1] == (6, 18)
    assert windows[-1][1] == len(words)
    for (start, end), (after, _) in pairwise(windows):
        assert start < after <= end - (end - start) // 2
    for start, end in windows:
        assert end - start <= 12
        assert one.inputs(words[start:end])["input_ids"].shape[1] <= 20


def test_a_run_without_spaces_is_read_in_pieces(folder: Path) -> None:
    text = "a" * 64 + "Xoan"
    assert found(folder, text) == [("PERSON", "Xoan")]


def test_hyphens_and_punctuation_split_words_as_in_training(tmp_path: Path) -> None:
    folder = gliner(tmp_path / "net", WORDS)
    assert found(folder, "Xoan-Quil") == [("PERSON", "Xoan-Quil")]
    assert found(folder, "Xoan. Quil_x") == [("PERSON", "Xoan")]


@pytest.mark.parametrize("text", ["", " \n\t", "<<ENT>> person <<SEP>>", "<<ENT>>"])
def test_nothing_is_found_in_texts_without_names(folder: Path, text: str) -> None:
    assert found(folder, text) == []


def test_markers_in_a_text_are_words_like_others(folder: Path) -> None:
    assert found(folder, "<<ENT>>Xoan<<SEP>>") == [("PERSON", "Xoan")]


def test_the_inputs_are_those_of_gliners_processor(tmp_path: Path) -> None:
    """Prompt, then words; a number from 1 at each word's first token; each word's spans by growing width."""
    one = layout(tmp_path, ["person", "my place"], max_width=2, pieces=("##Quil",))
    inputs = one.inputs(["my", "XoanQuil", "Zuba"])
    person, place, my, xoan, zuba, quil = 5, 6, 8, 9, 11, 13
    assert inputs["input_ids"].tolist() == [
        [1, ENT, person, ENT, my, place, SEP, my, xoan, quil, zuba, 2]
    ]
    assert inputs["attention_mask"].tolist() == [[1] * 12]
    assert inputs["words_mask"].tolist() == [[0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 3, 0]]
    assert inputs["text_lengths"].tolist() == [[3]]
    assert inputs["span_idx"].tolist() == [[[0, 0], [0, 1], [1, 1], [1, 2], [2, 2], [0, 0]]]
    assert inputs["span_mask"].tolist() == [[True] * 5 + [False]]
    assert {name: str(value.dtype) for name, value in inputs.items()} == {
        name: "bool" if name == "span_mask" else "int64" for name in inputs
    }


@pytest.mark.parametrize(
    ("config", "fault"),
    [
        ({"span_mode": "token_level"}, "span_mode is 'token_level'.*markerV0"),
        ({"model_type": "gliner_bi_encoder_span"}, "model_type is"),
        ({"labels_encoder": "some/encoder"}, "labels_encoder is"),
        ({"labels_decoder": "some/decoder"}, "labels_decoder is"),
        ({"relations_layer": "biaffine"}, "relations_layer is"),
        ({"words_splitter_type": "janome"}, "words_splitter_type is 'janome'.*whitespace"),
        ({"subtoken_pooling": "mean"}, "subtoken_pooling is"),
        ({"max_width": 10**9}, "max_width is"),
        ({"max_len": 0}, "max_len is"),
        ({"max_len": None}, "max_len is"),
        ({"ent_token": "<<NONE>>"}, "'<<NONE>>' is not a special token"),
        ({"sep_token": "my"}, "'my' is not a special token"),
        ({"encoder_config": {"max_position_embeddings": 4}}, "take 5 of 4 tokens"),
    ],
)  # fmt: skip
def test_other_architectures_and_hostile_configurations_are_refused(
    tmp_path: Path, config: dict[str, Any], fault: str
) -> None:
    folder = gliner(tmp_path / "net", WORDS)
    path = folder / "gliner_config.json"
    path.write_bytes(orjson.dumps(orjson.loads(path.read_bytes()) | config))
    with pytest.raises(ValueError, match=fault):
        Gliner(folder, {"person": "PERSON"})


def test_a_configuration_that_is_no_object_is_refused(folder: Path) -> None:
    (folder / "gliner_config.json").write_bytes(b"[]")
    with pytest.raises(ValueError, match=r"gliner_config\.json.*dictionary"):
        Gliner(folder, LABELS)


def test_labels_that_leave_no_room_for_text_are_refused(folder: Path) -> None:
    labels = {f"{index}": "PERSON" for index in range(200)}
    with pytest.raises(ValueError, match="the labels take 403 of 512 tokens"):
        Gliner(folder, labels)


def test_a_label_that_is_a_marker_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="logits of shape"):
        Gliner(folder, {"<<ENT>>": "PERSON"})


def test_a_network_of_another_width_is_refused(folder: Path) -> None:
    path = folder / "gliner_config.json"
    path.write_bytes(path.read_bytes().replace(b'"max_width":4', b'"max_width":5'))
    with pytest.raises(ValueError, match=r"net/model\.onnx: Fail: .*reshaped"):
        Gliner(folder, LABELS)


def test_a_network_that_reads_other_inputs_is_refused(folder: Path) -> None:
    model = onnx.load(folder / "model.onnx")
    model.graph.input.append(helper.make_tensor_value_info("labels_embeds", TensorProto.FLOAT, [1]))
    onnx.save(model, folder / "model.onnx")
    with pytest.raises(ValueError, match=r"labels_embeds.*not those of a span network"):
        Gliner(folder, LABELS)


def test_T48_scores_that_are_not_numbers_are_refused(tmp_path: Path) -> None:
    folder = gliner(tmp_path / "net", {"Xoan": "person"}, affinity=float("nan"))
    network = Gliner(folder, {"person": "PERSON"})
    assert network.find("nobody here") == []
    with pytest.raises(ValueError, match="logits are not"):
        network.find("then Xoan went")
