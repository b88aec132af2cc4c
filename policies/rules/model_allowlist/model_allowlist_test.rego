package rules.model_allowlist_test

import data.rules.model_allowlist
import data.sample

denied(row, more) := found if {
	found := model_allowlist.deny with input as sample.request([sample.in_house], more)
		with data.apps as sample.app(row)
}

test_every_model_passes_by_default if count(denied({}, {})) == 0

test_an_application_has_its_own_list if {
	count(denied({"models": ["deepseek-r1"]}, {})) == 0
	denied({"models": ["smollm2"]}, {}) == {"r1-a"}
	denied({"models": []}, {}) == {"r1-a"}
}

test_so_has_a_group if {
	denied({}, {"groups": ["interns"]}) == {"r1-a"}
	count(denied({}, {"groups": ["interns"], "model": "smollm2"})) == 0
	count(denied({}, {"groups": ["finance"]})) == 0
}

test_where_the_row_reroutes_to_is_its_own_choice if {
	elsewhere := object.union(sample.in_house, {"rerouted": true})
	count(model_allowlist.deny) == 0 with input as sample.request([elsewhere], {"model": "gpt"})
		with data.apps as sample.app({"models": ["gpt"]})
}

test_missing_data_denies if {
	model_allowlist.deny == {"r1-a"} with input as sample.request([sample.in_house], {}) with data.apps as {}
	model_allowlist.deny == {"r1-a"} with input as {"candidates": [sample.in_house], "model": "x"}
}
