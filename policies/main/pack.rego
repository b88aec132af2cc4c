# METADATA
# title: Packs
# description: >-
#   A pack refuses a candidate when one of its denials covers it: on every axis that the denial names, the
#   candidate has one of the values. A value that is missing from an axis counts as covered.
package pack

denied := {name: of(name) |
	some name in array.concat(data.modes.enforce, data.modes.shadow)
	data.packs[name]
}

# The deployments that a pack refuses, whether it is switched on or not.
of(name) := {candidate.deployment |
	some candidate in input.candidates
	not passed(data.packs[name], candidate)
}

# Stated as what passes, and negated above: over missing data it is undefined, so the pack refuses.
passed(denials, candidate) if {
	every denial in denials {
		outside(denial, candidate)
	}
}

outside(denial, candidate) if {
	some axis, refused in denial
	found := axes[candidate.deployment][axis]
	count({value | some value in found; covered(value, refused)}) == 0
}

axes := {candidate.deployment: values |
	some candidate in input.candidates
	values := {
		"operators": [candidate.operator, candidate.host_operator],
		"operator_countries": [candidate.operator_country],
		"datacentre_countries": [candidate.datacentre_country],
		"developers": [candidate.developer],
		"developer_countries": [candidate.developer_country],
		"lineage": candidate.lineage,
		"zones": [candidate.zone],
		"entities": [entity | some entity, _ in input.findings],
	}
}

covered(value, refused) if value in refused

covered(value, refused) if {
	some pattern in refused
	endswith(pattern, "*")
	startswith(value, trim_suffix(pattern, "*"))
}
