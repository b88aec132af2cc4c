package rules.entity_blocked_test

import data.rules.entity_blocked
import data.sample

denied(findings) := found if {
	found := entity_blocked.deny with input as sample.request(
		[sample.in_house, sample.cloud],
		{"findings": findings},
	)
		with data.entities as sample.entities
}

test_personal_data_goes_anywhere_as_a_placeholder if count(denied({"PERSON": {"user": "1"}})) == 0

test_secrets_stay_in_house if denied({"SECRET_GITHUB_TOKEN": {"tool": "1"}}) == {"cloud"}

test_my_number_stays_in_house if denied({"JP_MY_NUMBER": {"user": "1"}, "PERSON": {"user": "2-9"}}) == {"cloud"}

test_no_findings_pass if count(denied({})) == 0

test_a_missing_list_of_findings_denies if {
	entity_blocked.deny == {"r1-a"} with input as {"candidates": [sample.in_house]}
}

test_missing_data_denies if {
	entity_blocked.deny == {"r1-a"} with input as sample.request([sample.in_house], {"findings": {"PERSON": {}}})
		with data.entities as {}
}
