package rules.unknown_operator_test

import data.rules.unknown_operator
import data.sample

test_known_operators_pass if {
	count(unknown_operator.deny) == 0 with input as sample.request([sample.in_house, sample.cloud], {})
		with data.operators as sample.operators
}

test_an_operator_without_a_row_is_denied if {
	stranger := object.union(sample.cloud, {"operator": "nobody"})
	unknown_operator.deny == {"cloud"} with input as sample.request([sample.in_house, stranger], {})
		with data.operators as sample.operators
}

test_a_candidate_without_an_operator_is_denied if {
	unknown_operator.deny == {"r1-a"} with input as {"candidates": [{"deployment": "r1-a"}]}
}

test_missing_data_denies if {
	unknown_operator.deny == {"r1-a"} with input as sample.request([sample.in_house], {})
		with data.operators as {}
}
