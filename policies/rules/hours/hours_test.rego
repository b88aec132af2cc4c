package rules.hours_test

import data.rules.hours
import data.sample

denied(hour, row) := found if {
	found := hours.deny with input as sample.request([sample.in_house], {"hour": hour})
		with data.apps as sample.app(row)
}

test_every_hour_passes_by_default if {
	count(denied(0, {})) == 0
	count(denied(167, {})) == 0
}

test_other_hours_are_denied if {
	count(denied(9, {"hours": [9, 10]})) == 0
	denied(11, {"hours": [9, 10]}) == {"r1-a"}
}

test_an_hour_that_is_none_is_denied if denied(168, {}) == {"r1-a"}

test_missing_data_denies if {
	hours.deny == {"r1-a"} with input as sample.request([sample.in_house], {}) with data.apps as {}
}
