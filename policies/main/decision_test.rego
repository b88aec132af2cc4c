package sekisho_test

import data.sample
import data.sekisho

rules := ["entity_blocked", "entity_in_house_only", "modality", "reasoning", "secrets", "unknown_operator"]

metadata := {rule: row |
	some rule in rules
	row := {"code": object.get(codes, rule, "content_blocked"), "excusable": rule != "secrets"}
}

codes := {"unknown_operator": "provider_blocked", "reasoning": "policy_denied"}

# The decision over a request with these modes of some rules; the others are enforced.
decided(request, modes) := found if {
	found := decided_with(request, modes, {}, sample.app({}))
}

decided_with(request, changed, exceptions, apps) := found if {
	modes := {mode: listed |
		some mode in ["enforce", "shadow", "off"]
		listed := [rule | some rule in rules; object.get(changed, rule, "enforce") == mode]
	}
	found := sekisho.decision with input as request
		with data.operators as sample.operators
		with data.models as sample.models
		with data.licences as sample.licences
		with data.entities as sample.entities
		with data.purposes as sample.purposes
		with data.apps as apps
		with data.exceptions as exceptions
		with data.modes as modes
		with data.rule_metadata as metadata
		with data.packs as {}
}

image := sample.request([sample.cloud], {"unscannable": ["image"]})

test_an_ordinary_call_is_allowed if {
	verdict := decided(sample.request([sample.in_house], {}), {}).candidates["r1-a"]
	verdict.allow
	verdict.reasons == []
}

test_reasons_are_named_by_candidate if {
	found := {"findings": {"SECRET_AWS_KEY": {"user": "1"}}}
	candidates := decided(sample.request([sample.in_house, sample.cloud], found), {}).candidates
	candidates["r1-a"].allow
	candidates["r1-a"].treatment.SECRET_AWS_KEY == "placeholder"
	not candidates.cloud.allow
	candidates.cloud.reasons == ["entity_blocked", "secrets"]
}

test_a_shadow_rule_is_told_and_not_obeyed if {
	verdict := decided(image, {"modality": "shadow"}).candidates.cloud
	verdict.allow
	verdict.shadow_reasons == ["modality"]
}

test_a_rule_that_is_off_says_nothing if {
	verdict := decided(image, {"modality": "off"}).candidates.cloud
	verdict.allow
	verdict.shadow_reasons == []
}

test_reasoning_is_the_zones_where_its_rule_is_not_enforced if {
	row := sample.app({"reasoning": "drop"})
	request := sample.request([sample.in_house], {})
	decided_with(request, {}, {}, row).candidates["r1-a"].reasoning == "drop"
	decided_with(request, {"reasoning": "off"}, {}, row).candidates["r1-a"].reasoning == "pass"
}

trial := {"rule": "modality", "apps": ["billing"], "operators": ["openai"]}

excused_by(changes, more) := found if {
	request := object.union(image, object.union({"exceptions": ["trial"]}, more))
	exceptions := {"trial": object.union(trial, changes)}
	found := decided_with(request, {}, exceptions, sample.app({})).candidates.cloud
}

test_an_exception_sets_aside_its_reason_for_its_application_and_operator if {
	excused_by({}, {}).allow
	excused_by({}, {}).exceptions == ["trial"]
	not excused_by({"apps": ["other"]}, {}).allow
	not excused_by({"operators": ["anthropic"]}, {}).allow
	not excused_by({"rule": "secrets"}, {}).allow
}

test_an_exception_that_is_not_in_force_does_nothing if {
	verdict := excused_by({}, {"exceptions": []})
	not verdict.allow
	verdict.exceptions == []
}

test_what_may_not_be_excused_is_not if {
	verdict := excused_by({"rule": "secrets"}, {"findings": {"SECRET_AWS_KEY": {"user": "1"}}})
	"secrets" in verdict.reasons
}

rerouted(changes, more, how) := found if {
	house := object.union(sample.in_house, {"rerouted": true})
	request := sample.request([object.union(sample.cloud, changes), house], more)
	row := sample.app({"when_in_house_only": how, "reroute_to": "deepseek-r1"})
	found := decided_with(request, {}, {}, row).candidates["r1-a"].allow
}

patient := {"findings": {"PATIENT": {"user": "1"}}}

test_a_rerouted_deployment_is_used_when_the_content_must_stay_in_house if rerouted({}, patient, "reroute")

test_and_not_otherwise if {
	rerouted({}, {}, "reroute") == false
	rerouted({}, patient, "deny") == false
	rerouted({"operator": "nobody"}, patient, "reroute") == false
}

test_a_rule_without_an_answer_allows_nothing if {
	request := sample.request([sample.in_house], {})
	verdict := sekisho.decision.candidates["r1-a"] with input as request
		with data.modes as {"enforce": ["no_such_rule"], "shadow": [], "off": []}
		with data.rule_metadata as {"no_such_rule": {}}
	not verdict.allow
}

test_a_rule_without_a_mode_allows_nothing if {
	request := sample.request([sample.in_house], {})
	verdict := sekisho.decision.candidates["r1-a"] with input as request
		with data.modes as {"enforce": [], "shadow": [], "off": []}
		with data.rule_metadata as {"modality": {}}
	not verdict.allow
}
