# METADATA
# title: Treatment of an entity in a zone
# description: An exact row of entities.yaml applies, else the longest prefix, else the default.
package treatment

of(entity, zone) := how if {
	how := data.entities.treatment.exact[entity][zone]
} else := how if {
	how := prefixed(entity)[0].zones[zone]
} else := how if {
	how := data.entities.treatment.otherwise[zone]
}

# The build sorts prefixes, the longest first.
prefixed(entity) := [row |
	some row in data.entities.treatment.prefixes
	startswith(entity, row.prefix)
]
