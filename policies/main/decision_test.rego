package sekisho_test

import data.sample
import data.sekisho

test_an_ordinary_call_is_allowed if {
	verdict := sekisho.decision.candidates["r1-a"] with input as sample.request([sample.in_house], {})
	verdict.allow
	verdict.reasons == []
}

test_reasons_are_named_by_candidate if {
	found := {"findings": {"SECRET_AWS_KEY": {"user": "1"}}}
	candidates := sekisho.decision.candidates with input as sample.request([sample.in_house, sample.cloud], found)
	candidates["r1-a"].allow
	candidates["r1-a"].treatment.SECRET_AWS_KEY == "placeholder"
	not candidates.cloud.allow
	candidates.cloud.reasons == ["entity_blocked"]
}

test_a_shadow_rule_is_told_and_not_obeyed if {
	shadowed := object.union(data.rule_metadata, {"modality": {"mode": "shadow"}})
	verdict := sekisho.decision.candidates.cloud with input as sample.request([sample.cloud], {"unscannable": ["image"]})
		with data.rule_metadata as shadowed
	verdict.allow
	verdict.shadow_reasons == ["modality"]
}

test_a_rule_that_is_off_says_nothing if {
	silenced := object.union(data.rule_metadata, {"modality": {"mode": "off"}})
	verdict := sekisho.decision.candidates.cloud with input as sample.request([sample.cloud], {"unscannable": ["image"]})
		with data.rule_metadata as silenced
	verdict.allow
	verdict.shadow_reasons == []
}
