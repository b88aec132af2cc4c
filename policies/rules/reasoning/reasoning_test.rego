package rules.reasoning_test

import data.rules.reasoning
import data.sample

mode(zone, row, groups) := found if {
	found := reasoning.mode["r1-a"] with input as sample.request([sample.in_house], {"groups": groups})
		with data.entities as {"zones": {"in-house": {"reasoning": zone}}}
		with data.apps as sample.app(row)
}

test_it_passes_by_default if mode("pass", {}, []) == "pass"

test_the_stricter_applies if {
	mode("drop", {}, []) == "drop"
	mode("redact", {"reasoning": "drop"}, []) == "drop"
	mode("pass", {"reasoning": "redact"}, []) == "redact"
	mode("redact", {"reasoning": "pass"}, []) == "redact"
}

test_groups_that_may_not_see_it_do_not if {
	mode("pass", {"reasoning_groups": ["research"]}, ["finance"]) == "drop"
	mode("pass", {"reasoning_groups": ["research"]}, []) == "drop"
	mode("pass", {"reasoning_groups": ["research"]}, ["finance", "research"]) == "pass"
}

test_who_harvests_does_not_see_it if {
	harvested := object.union(sample.in_house, {"harvest": "over"})
	over := sample.request([harvested], {})
	reasoning.mode["r1-a"] == "drop" with input as over with data.entities as sample.entities
		with data.apps as sample.app({})
	reasoning.mode["r1-a"] == "pass" with input as over with data.entities as sample.entities
		with data.apps as sample.app({"when_harvesting": "pass"})
}

test_missing_data_denies if {
	count(reasoning.deny) == 0 with input as sample.request([sample.in_house], {}) with data.entities as sample.entities
		with data.apps as sample.app({})
	reasoning.deny == {"r1-a"} with input as sample.request([sample.in_house], {}) with data.apps as {}
	reasoning.deny == {"r1-a"} with input as sample.request([sample.in_house], {}) with data.entities as {}
}
