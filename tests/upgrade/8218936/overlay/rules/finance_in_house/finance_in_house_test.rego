package rules.finance_in_house_test

import data.rules.finance_in_house
import data.sample

denied(candidate, groups) := found if {
	found := finance_in_house.deny with input as sample.request([candidate], {"groups": groups})
}

test_finance_may_use_in_house_models if count(denied(sample.in_house, ["finance"])) == 0

test_finance_may_use_no_cloud if denied(sample.cloud, ["finance"]) == {"cloud"}

test_others_may if count(denied(sample.cloud, ["support"])) == 0

test_a_caller_without_groups_is_not_known if {
	finance_in_house.deny == {"cloud"} with input as {"candidates": [sample.cloud]}
}
