package rules.output_rights_test

import data.rules.output_rights
import data.sample

denied(purpose, row) := found if {
	found := output_rights.deny with input as sample.request([sample.in_house, sample.cloud], {"purpose": purpose})
		with data.apps as sample.app(row)
		with data.purposes as sample.purposes
}

test_no_purpose_passes if count(denied("", {})) == 0

test_distillation_needs_outputs_that_may_train if denied("distillation", {}) == {"cloud"}

test_the_purpose_that_the_row_fixes_counts if denied("", {"purpose": "distillation"}) == {"cloud"}

test_other_known_purposes_pass if count(denied("evaluation", {})) == 0

test_an_unknown_purpose_is_denied if denied("world domination", {}) == {"cloud", "r1-a"}

test_missing_data_denies if {
	output_rights.deny == {"r1-a"} with input as sample.request([sample.in_house], {}) with data.purposes as false
	output_rights.deny == {"r1-a"} with input as sample.request([sample.in_house], {}) with data.apps as {}
}
