package rules.max_tokens_test

import data.rules.max_tokens
import data.sample

denied(asked, limit) := found if {
	found := max_tokens.deny with input as sample.request([sample.in_house], {"max_output_tokens": asked})
		with data.apps as sample.app({"max_output_tokens": limit})
}

test_no_limit_passes_anything if {
	count(denied(0, 0)) == 0
	count(denied(1000000, 0)) == 0
}

test_up_to_the_limit_passes if count(denied(4096, 4096)) == 0

test_more_is_denied if denied(4097, 4096) == {"r1-a"}

test_no_bound_is_more_than_any_limit if denied(0, 4096) == {"r1-a"}

test_missing_data_denies if {
	max_tokens.deny == {"r1-a"} with input as sample.request([sample.in_house], {}) with data.apps as {}
}
