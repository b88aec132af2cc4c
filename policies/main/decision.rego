# METADATA
# title: The decision
# description: >-
#   Composes the rules and the packs. A candidate is permitted only when every data document is there, every
#   rule gave an answer, and no enforced rule names it without an exception.
package sekisho

import data.app
import data.pack
import data.treatment

denied := object.union(data.rule_list.denied, pack.denied)

enforced := {rule: denied[rule] | some rule in data.modes.enforce}

shadowed := {rule: denied[rule] | some rule in data.modes.shadow}

decision := {
	"revision": data.sekisho_revision,
	"candidates": {candidate.deployment: verdict(candidate) | some candidate in input.candidates},
}

verdict(candidate) := {
	"allow": allowed(candidate),
	"reasons": against[candidate.deployment],
	"shadow_reasons": sort([rule | some rule, deployments in shadowed; candidate.deployment in deployments]),
	"exceptions": exceptions(candidate),
	"treatment": treatment.table[candidate.zone],
	"reasoning": reasoning(candidate),
	"output_depth": data.entities.zones[candidate.zone].output_depth,
	"output_treatment": output(candidate.zone),
	"output_use": candidate.output_use,
}

default allowed(_) := false

allowed(candidate) if {
	complete
	against[candidate.deployment] == []
	candidate.rerouted == false
}

allowed(candidate) if {
	complete
	against[candidate.deployment] == []
	candidate.rerouted == true
	must_stay_in_house
}

# Enforced rules that refuse each candidate, except those that an exception overrides.
against := {candidate.deployment: refusing |
	some candidate in input.candidates
	refusing := sort([rule |
		some rule in refusing_some
		candidate.deployment in enforced[rule]
		not excused(rule, candidate)
	])
}

refusing_some := [rule | some rule, deployments in enforced; count(deployments) > 0]

excused(rule, candidate) if {
	some name in input.exceptions
	covers(data.exceptions[name], rule, candidate)
}

covers(row, rule, candidate) if {
	row.rule == rule
	data.rule_metadata[rule].excusable == true
	input.app in row.apps
	candidate.operator in row.operators
}

exceptions(candidate) := sort([name |
	some name in input.exceptions
	some rule in refusing_some
	candidate.deployment in enforced[rule]
	covers(data.exceptions[name], rule, candidate)
])

# The call may be rerouted: the application's row says so, and every deployment of the requested model refuses it
# for its content alone.
must_stay_in_house if {
	app.row.when_in_house_only == "reroute"
	requested := [candidate | some candidate in input.candidates; candidate.rerouted == false]
	count(requested) > 0
	every candidate in requested {
		"entity_in_house_only" in against[candidate.deployment]
		every rule in against[candidate.deployment] {
			data.rule_metadata[rule].code == "content_blocked"
		}
	}
}

# Every document and fact is there, and every rule gave an answer: what is undefined would refuse nothing.
complete if {
	data.operators
	data.models
	data.licences
	data.detection
	data.entities
	data.purposes
	data.apps
	data.exceptions
	data.settings
	data.packs
	data.sekisho_revision
	input.findings
	input.modalities
	input.unscannable
	count(enforced) == count(data.modes.enforce)
	count(shadowed) == count(data.modes.shadow)
	(count(data.modes.enforce) + count(data.modes.shadow)) + count(data.modes.off) == count(data.rule_metadata)
}

reasoning(candidate) := object.get(data.rules.reasoning.mode, candidate.deployment, "drop") if {
	"reasoning" in data.modes.enforce
}

reasoning(candidate) := data.entities.zones[candidate.zone].reasoning if {
	not "reasoning" in data.modes.enforce
}

output(zone) := {
	"exact": {entity: zones[zone] | some entity, zones in data.entities.output.exact},
	"prefixes": [[row.prefix, row.zones[zone]] | some row in data.entities.output.prefixes],
	"otherwise": data.entities.output.otherwise[zone],
}
