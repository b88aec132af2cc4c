# METADATA
# title: Treatment of entities in zones
# description: An exact row of entities.yaml applies, else the longest prefix, else the default.
package treatment

# What to do with each entity that was found, in each zone that the call might go to.
table := {candidate.zone: found |
	some candidate in input.candidates
	found := {entity: zones[candidate.zone] | some entity, zones in rows}
}

# The row of each entity that was found. The build sorts prefixes, the longest first. This is not a function:
# the embedded engine is slow at those, and this is evaluated for every request.
rows := {entity: row |
	some entity, _ in input.findings
	listed := array.concat(
		[prefixed.zones | some prefixed in data.entities.treatment.prefixes; startswith(entity, prefixed.prefix)],
		[data.entities.treatment.otherwise],
	)
	row := object.get(data.entities.treatment.exact, entity, listed[0])
}
