# METADATA
# title: The decision
# description: >-
#   Composes the rules. A candidate is permitted only when every data document is there, every rule gave
#   an answer, and no enforced rule names it. A new rule needs one line in `denied`.
package sekisho

import data.treatment

denied := {
	"entity_blocked": data.rules.entity_blocked.deny,
	"host_mismatch": data.rules.host_mismatch.deny,
	"modality": data.rules.modality.deny,
	"operator_denied": data.rules.operator_denied.deny,
	"purpose": data.rules.purpose.deny,
	"unknown_operator": data.rules.unknown_operator.deny,
	"weights_unknown": data.rules.weights_unknown.deny,
	"zone_mismatch": data.rules.zone_mismatch.deny,
}

decision := {
	"revision": data.sekisho_revision,
	"candidates": {candidate.deployment: verdict(candidate) | some candidate in input.candidates},
}

verdict(candidate) := {
	"allow": allowed(candidate),
	"reasons": named(candidate, "enforce"),
	"shadow_reasons": named(candidate, "shadow"),
	"treatment": {entity: treatment.of(entity, candidate.zone) | some entity, _ in input.findings},
	"reasoning": data.entities.zones[candidate.zone].reasoning,
	"output_depth": data.entities.zones[candidate.zone].output_depth,
	"output_treatment": output(candidate.zone),
	"output_use": candidate.output_use,
}

default allowed(_) := false

allowed(candidate) if {
	complete
	count(named(candidate, "enforce")) == 0
}

complete if {
	data.operators
	data.models
	data.licences
	data.entities
	data.settings
	data.sekisho_revision
	input.findings
	input.modalities
	input.unscannable
	input.purpose
	every rule, _ in denied {
		data.rule_metadata[rule].mode in {"enforce", "shadow", "off"}
	}
}

named(candidate, mode) := sort([rule |
	some rule, deployments in denied
	candidate.deployment in deployments
	data.rule_metadata[rule].mode == mode
])

output(zone) := {
	"exact": {entity: zones[zone] | some entity, zones in data.entities.output.exact},
	"prefixes": [[row.prefix, row.zones[zone]] | some row in data.entities.output.prefixes],
	"otherwise": data.entities.output.otherwise[zone],
}
