package treatment_test

import data.treatment

test_exact_then_prefix_then_default if {
	table := {
		"exact": {"SECRET_X": {"device": "keep"}},
		"prefixes": [
			{"prefix": "SECRET_AWS_", "zones": {"device": "placeholder"}},
			{"prefix": "SECRET_", "zones": {"device": "block"}},
		],
		"otherwise": {"device": "mask"},
	}
	found := {"SECRET_X": {}, "SECRET_AWS_KEY": {}, "SECRET_Y": {}, "PERSON": {}}
	treatments := treatment.table.device with data.entities as {"treatment": table}
		with input as {"candidates": [{"zone": "device"}], "findings": found}
	treatments == {"SECRET_X": "keep", "SECRET_AWS_KEY": "placeholder", "SECRET_Y": "block", "PERSON": "mask"}
}
