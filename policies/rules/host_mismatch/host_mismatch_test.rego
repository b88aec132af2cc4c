package rules.host_mismatch_test

import data.rules.host_mismatch
import data.sample

denied(candidate, changes) := found if {
	found := host_mismatch.deny with input as sample.request([object.union(candidate, changes)], {})
		with data.operators as sample.operators
}

test_matching_hosts_pass if {
	count(denied(sample.in_house, {})) == 0
	count(denied(sample.cloud, {})) == 0
}

test_in_house_on_a_vendors_host_is_denied if denied(sample.in_house, {"host_operator": "openai"}) == {"r1-a"}

test_a_vendor_elsewhere_is_denied if denied(sample.cloud, {"host_operator": ""}) == {"cloud"}

test_a_vendor_on_another_vendors_host_is_denied if {
	denied(sample.cloud, {"host_operator": "anthropic"}) == {"cloud"}
}

test_an_unreadable_host_is_denied if denied(sample.in_house, {"host": ""}) == {"r1-a"}
