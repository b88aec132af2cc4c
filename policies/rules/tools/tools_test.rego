package rules.tools_test

import data.rules.tools
import data.sample

denied(declared, row) := found if {
	found := tools.deny with input as sample.request([sample.in_house], {"tools": declared})
		with data.apps as sample.app(row)
}

test_tools_pass_by_default if count(denied("2-9", {})) == 0

test_an_application_may_have_none if {
	denied("1", {"tools": false}) == {"r1-a"}
	count(denied("0", {"tools": false})) == 0
}

test_an_unknown_count_is_denied if denied("many", {}) == {"r1-a"}

test_missing_data_denies if {
	tools.deny == {"r1-a"} with input as sample.request([sample.in_house], {"tools": "1"}) with data.apps as {}
}
