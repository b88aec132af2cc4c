package rules.harvest_test

import data.rules.harvest
import data.sample

found(harvested, row) := answer if {
	answer := {"deny": harvest.deny, "reasoning": harvest.reasoning} with input as request(harvested)
		with data.apps as sample.app(row)
}

request(harvested) := sample.request([object.union(sample.in_house, {"harvest": harvested})], {})

passes := {"deny": set(), "reasoning": {"r1-a": "pass"}}

drops := {"deny": set(), "reasoning": {"r1-a": "drop"}}

denies := {"deny": {"r1-a"}, "reasoning": {"r1-a": "drop"}}

undecided := {"deny": {"r1-a"}, "reasoning": {}}

test_below_the_limit_it_passes_whatever_the_row_says if {
	every row in ["pass", "drop", "deny"] {
		found("off", {"when_harvesting": row}) == passes
		found("below", {"when_harvesting": row}) == passes
	}
}

test_over_the_limit_the_row_decides if {
	found("over", {"when_harvesting": "pass"}) == passes
	found("over", {"when_harvesting": "drop"}) == drops
	found("over", {"when_harvesting": "deny"}) == denies
}

test_unknown_is_over if {
	found("unknown", {"when_harvesting": "drop"}) == drops
	found("unknown", {"when_harvesting": "deny"}) == denies
}

test_another_word_denies if {
	found("", {"when_harvesting": "pass"}) == undecided
	found("over", {"when_harvesting": "shrug"}) == undecided
	found("below", {"when_harvesting": "shrug"}) == undecided
}

test_missing_data_denies if {
	harvest.deny == {"r1-a"} with input as request("below") with data.apps as {}
	harvest.deny == {"r1-a"} with input as sample.request([object.remove(sample.in_house, ["harvest"])], {})
		with data.apps as sample.app({})
}
