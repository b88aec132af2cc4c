package treatment_test

import data.treatment

test_exact_then_prefix_then_default if {
	table := {
		"exact": {"SECRET_X": {"device": "keep"}},
		"prefixes": [
			{"prefix": "SECRET_AWS_", "zones": {"device": "placeholder"}},
			{"prefix": "SECRET_", "zones": {"device": "block"}},
		],
		"otherwise": {"device": "placeholder"},
	}
	entities := {"treatment": table}
	treatment.of("SECRET_X", "device") == "keep" with data.entities as entities
	treatment.of("SECRET_AWS_KEY", "device") == "placeholder" with data.entities as entities
	treatment.of("SECRET_Y", "device") == "block" with data.entities as entities
	treatment.of("PERSON", "device") == "placeholder" with data.entities as entities
}
