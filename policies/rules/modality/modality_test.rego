package rules.modality_test

import data.rules.modality
import data.sample

denied(kinds) := found if {
	found := modality.deny with input as sample.request(
		[sample.in_house, sample.cloud],
		{"unscannable": kinds},
	)
		with data.entities as sample.entities
}

test_text_passes if count(denied([])) == 0

test_images_audio_and_files_stay_in_house if {
	denied(["image"]) == {"cloud"}
	denied(["audio", "file"]) == {"cloud"}
}

test_an_unknown_kind_goes_nowhere if denied(["hologram"]) == {"cloud", "r1-a"}

test_missing_data_denies if {
	modality.deny == {"r1-a"} with input as sample.request([sample.in_house], {}) with data.entities as {}
}
