package rules.purpose_test

import data.rules.purpose
import data.sample

denied(declared) := found if {
	found := purpose.deny with input as sample.request(
		[sample.in_house, sample.cloud],
		{"purpose": declared},
	)
}

test_no_purpose_passes if count(denied("")) == 0

test_distillation_needs_outputs_that_may_train if denied("distillation") == {"cloud"}

test_other_known_purposes_pass if count(denied("evaluation")) == 0

test_an_unknown_purpose_is_denied if denied("world domination") == {"cloud", "r1-a"}

test_missing_data_denies if {
	purpose.deny == {"r1-a"} with input as sample.request([sample.in_house], {}) with data.settings as {}
}
