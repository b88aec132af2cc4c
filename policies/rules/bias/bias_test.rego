package rules.bias_test

import data.rules.bias
import data.sample

denied(changes, row, purposes) := found if {
	request := sample.request([object.union(sample.in_house, changes)], {"purpose": "assistance"})
	found := bias.deny with input as request
		with data.apps as sample.app(row)
		with data.purposes as purposes
		with data.settings as {"bias_days": 90}
}

measured := {"bias": 0.2, "bias_days": 90}

strict := {"max_bias": 0.2}

test_nothing_has_to_be_measured_without_a_maximum if count(denied({}, {}, sample.purposes)) == 0

test_a_score_within_the_applications_maximum_passes if count(denied(measured, strict, sample.purposes)) == 0

test_a_higher_score_is_denied if {
	denied(object.union(measured, {"bias": 0.21}), strict, sample.purposes) == {"r1-a"}
}

test_the_purpose_has_a_maximum_of_its_own if {
	purposes := {"assistance": {"trains": false, "max_bias": 0.1}}
	denied(measured, {}, purposes) == {"r1-a"}
	count(denied(object.union(measured, {"bias": 0.1}), {}, purposes)) == 0
}

test_both_hold if denied(measured, {"max_bias": 0.1}, sample.purposes) == {"r1-a"}

test_an_unknown_score_is_denied if denied({}, strict, sample.purposes) == {"r1-a"}

test_one_that_is_too_old_is_denied if {
	denied(object.union(measured, {"bias_days": 91}), strict, sample.purposes) == {"r1-a"}
	denied(object.union(measured, {"bias_days": null}), strict, sample.purposes) == {"r1-a"}
}

test_what_is_no_score_is_denied if {
	denied(object.union(measured, {"bias": "0"}), strict, sample.purposes) == {"r1-a"}
	denied(object.union(measured, {"bias": -1}), strict, sample.purposes) == {"r1-a"}
}

test_a_maximum_of_nothing_asks_for_a_measured_nothing if {
	denied({}, {"max_bias": 0}, sample.purposes) == {"r1-a"}
	count(denied(object.union(measured, {"bias": 0}), {"max_bias": 0}, sample.purposes)) == 0
}

test_missing_data_denies if {
	request := sample.request([sample.in_house], {})
	bias.deny == {"r1-a"} with input as request with data.apps as {} with data.purposes as sample.purposes
	bias.deny == {"r1-a"} with input as request with data.apps as sample.app({}) with data.purposes as false
}
