package rules.secrets_test

import data.rules.secrets
import data.sample

denied(findings) := found if {
	found := secrets.deny with input as sample.request([sample.in_house, sample.cloud], {"findings": findings})
}

test_no_secrets_pass if {
	count(denied({})) == 0
	count(denied({"PERSON": {"user": "1"}})) == 0
}

test_secrets_stay_in_house if denied({"PERSON": {"user": "1"}, "SECRET_AWS_KEY": {"tool": "1"}}) == {"cloud"}

test_whatever_entities_yaml_says if {
	secrets.deny == {"cloud"} with input as sample.request([sample.cloud], {"findings": {"SECRET_X": {"user": "1"}}})
		with data.entities.treatment.exact as {"SECRET_X": {"public-cloud": "keep"}}
}

test_a_missing_list_of_findings_denies if {
	secrets.deny == {"cloud"} with input as {"candidates": [sample.cloud]}
}
