package rules.entity_in_house_only_test

import data.rules.entity_in_house_only
import data.sample

entities := {"treatment": {
	"exact": {"PATIENT": {"in-house": "placeholder", "public-cloud": "in-house-only"}},
	"prefixes": [],
	"otherwise": {"in-house": "placeholder", "public-cloud": "placeholder"},
}}

denied(findings) := found if {
	found := entity_in_house_only.deny with data.entities as entities
		with input as sample.request([sample.in_house, sample.cloud], {"findings": findings})
}

test_other_data_passes if count(denied({"PERSON": {"user": "1"}})) == 0

test_such_data_stays_in_house if denied({"PATIENT": {"user": "1"}, "PERSON": {"user": "1"}}) == {"cloud"}

test_missing_data_denies if {
	entity_in_house_only.deny == {"r1-a"} with data.entities as {}
		with input as sample.request([sample.in_house], {"findings": {"PERSON": {}}})
	entity_in_house_only.deny == {"r1-a"} with input as {"candidates": [sample.in_house]}
}
