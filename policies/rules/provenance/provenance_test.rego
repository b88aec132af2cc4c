package rules.provenance_test

import data.rules.provenance
import data.sample

denied(changes) := found if {
	found := provenance.deny with input as sample.request([object.union(sample.in_house, changes)], {})
		with data.entities as sample.entities
}

test_declared_weights_pass if count(denied({})) == 0

test_verified_weights_pass if count(denied({"provenance": "verified"})) == 0

test_what_is_not_proven_is_denied if {
	every state in ["unverified", "expired", "mismatch"] {
		denied({"provenance": state}) == {"r1-a"}
	}
}

test_an_unknown_state_is_denied if denied({"provenance": ""}) == {"r1-a"}

test_a_zone_may_ask_for_more if {
	provenance.deny == {"r1-a"} with input as sample.request([sample.in_house], {})
		with data.entities as {"zones": {"in-house": {"provenance": ["verified"]}}}
}

test_missing_data_denies if {
	provenance.deny == {"r1-a"} with input as sample.request([sample.in_house], {}) with data.entities as {}
}
