package rules.zone_mismatch_test

import data.rules.zone_mismatch
import data.sample

denied(candidate, changes) := found if {
	found := zone_mismatch.deny with input as sample.request([object.union(candidate, changes)], {})
		with data.operators as sample.operators
}

test_matching_zones_pass if {
	count(denied(sample.in_house, {})) == 0
	count(denied(sample.in_house, {"zone": "trusted-cloud"})) == 0
	count(denied(sample.cloud, {})) == 0
}

test_a_vendor_is_never_in_house if denied(sample.cloud, {"zone": "in-house"}) == {"cloud"}

test_an_unknown_zone_is_denied if denied(sample.in_house, {"zone": "basement"}) == {"r1-a"}
