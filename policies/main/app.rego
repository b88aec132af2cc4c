# METADATA
# title: The application's row
# description: What apps.yaml says of the calling application, or its default for one without a row.
package app

row := data.apps.apps[input.app] if {
	data.apps.apps[input.app]
} else := data.apps.default

# The row's own purpose counts where the caller declares none.
purpose := row.purpose if {
	input.purpose == ""
} else := input.purpose if row
