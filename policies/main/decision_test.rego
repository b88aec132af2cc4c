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
	candidates.cloud.reasons == ["entity_blocked", "secrets"]
}

test_a_shadow_rule_is_told_and_not_obeyed if {
	verdict := sekisho.decision.candidates.cloud with input as sample.request([sample.cloud], {"unscannable": ["image"]})
		with data.modes as sample.modes("modality", "shadow")
	verdict.allow
	verdict.shadow_reasons == ["modality"]
}

test_a_rule_that_is_off_says_nothing if {
	verdict := sekisho.decision.candidates.cloud with input as sample.request([sample.cloud], {"unscannable": ["image"]})
		with data.modes as sample.modes("modality", "off")
	verdict.allow
	verdict.shadow_reasons == []
}

test_an_exception_sets_aside_its_reason_for_its_application_and_operator if {
	excused := excused_by({}).candidates.cloud
	excused.allow
	excused.exceptions == ["trial"]
	not excused_by({"apps": ["other"]}).candidates.cloud.allow
	not excused_by({"operators": ["anthropic"]}).candidates.cloud.allow
	not excused_by({"rule": "hours"}).candidates.cloud.allow
}

test_an_exception_that_is_not_in_force_does_nothing if {
	verdict := sekisho.decision.candidates.cloud with input as sample.request([sample.cloud], {"unscannable": ["image"]})
		with data.exceptions as {"trial": trial}
	not verdict.allow
	verdict.exceptions == []
}

test_what_may_not_be_excused_is_not if {
	excused := object.union(trial, {"rule": "secrets"})
	found := {"findings": {"SECRET_AWS_KEY": {"user": "1"}}, "exceptions": ["trial"]}
	verdict := sekisho.decision.candidates.cloud with input as sample.request([sample.cloud], found)
		with data.exceptions as {"trial": excused}
	"secrets" in verdict.reasons
}

trial := {"rule": "modality", "apps": ["billing"], "operators": ["openai"]}

excused_by(changes) := found if {
	request := sample.request([sample.cloud], {"unscannable": ["image"], "exceptions": ["trial"]})
	found := sekisho.decision with input as request with data.exceptions as {"trial": object.union(trial, changes)}
}

test_a_pack_that_is_switched_on_denies if {
	verdict := sekisho.decision.candidates["r1-a"] with input as sample.request([sample.in_house], {})
		with data.modes as sample.modes("us-ndaa-1532", "enforce")
	verdict.reasons == ["us-ndaa-1532"]
}

test_a_rerouted_deployment_is_used_when_the_content_must_stay_in_house if {
	decision := rerouted({"zone": "public-cloud"}, {"findings": {"PATIENT": {"user": "1"}}}, "reroute")
	not decision.candidates.cloud.allow
	decision.candidates["r1-a"].allow
}

test_and_not_otherwise if {
	refused(rerouted({}, {}, "reroute"))
	refused(rerouted({}, {"findings": {"PATIENT": {"user": "1"}}}, "deny"))
	refused(rerouted({"operator": "nobody"}, {"findings": {"PATIENT": {"user": "1"}}}, "reroute"))
}

refused(decision) if decision.candidates["r1-a"].allow == false

rerouted(changes, more, how) := found if {
	house := object.union(sample.in_house, {"rerouted": true})
	request := sample.request([object.union(sample.cloud, changes), house], more)
	zones := {"in-house": "placeholder", "public-cloud": "in-house-only"}
	found := sekisho.decision with input as request
		with data.apps as sample.app({"when_in_house_only": how, "reroute_to": "deepseek-r1"})
		with data.entities.treatment.exact as {"PATIENT": zones}
}

test_without_any_answer_from_a_rule_nothing_is_allowed if {
	verdict := sekisho.decision.candidates["r1-a"] with input as sample.request([sample.in_house], {})
		with data.modes as sample.modes("no_such_rule", "enforce")
		with data.rule_metadata as object.union(data.rule_metadata, {"no_such_rule": {}})
	not verdict.allow
}
