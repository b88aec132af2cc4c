package rules.operator_denied_test

import data.rules.operator_denied
import data.sample

denied(changes) := found if {
	found := operator_denied.deny with input as sample.request([object.union(sample.in_house, changes)], {})
		with data.operators as sample.operators
}

test_in_house_passes if count(denied({})) == 0

test_the_deepseek_cloud_is_denied if denied({"operator": "deepseek", "host_operator": "deepseek"}) == {"r1-a"}

test_its_host_is_denied_whatever_the_deployment_claims if {
	denied({"operator": "self", "host_operator": "deepseek"}) == {"r1-a"}
	denied({"operator": "openai", "host_operator": "deepseek"}) == {"r1-a"}
}

test_weights_from_deepseek_may_be_served_in_house if {
	count(denied({"developer": "DeepSeek", "developer_country": "CN"})) == 0
}

test_missing_data_denies if {
	operator_denied.deny == {"r1-a"} with input as sample.request([sample.in_house], {})
		with data.operators as {}
}
