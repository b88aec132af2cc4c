package rules.weights_unknown_test

import data.rules.weights_unknown
import data.sample

denied(changes) := found if {
	found := weights_unknown.deny with input as sample.request([object.union(sample.in_house, changes)], {})
		with data.models as sample.models
		with data.licences as sample.licences
}

test_known_weights_pass if count(denied({})) == 0

test_unknown_weights_are_denied if denied({"developer": "", "licences": []}) == {"r1-a"}

test_an_unknown_licence_is_denied if denied({"licences": ["MIT", "Beerware"]}) == {"r1-a"}

test_missing_data_denies if {
	weights_unknown.deny == {"r1-a"} with input as sample.request([sample.in_house], {})
		with data.licences as {}
}
