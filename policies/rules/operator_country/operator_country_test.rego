package rules.operator_country_test

import data.rules.operator_country
import data.sample

denied(changes, refused) := found if {
	settings := {"denied_countries": {"operator": refused}}
	found := operator_country.deny with input as sample.request([object.union(sample.cloud, changes)], {})
		with data.settings as settings with data.operators as sample.operators
}

test_another_country_passes if count(denied({}, ["KP"])) == 0

test_a_refused_country_is_denied if denied({}, ["CN", "US"]) == {"cloud"}

test_a_country_that_is_not_the_rows_is_denied if denied({"operator_country": "JP"}, []) == {"cloud"}

test_missing_data_denies if {
	operator_country.deny == {"cloud"} with input as sample.request([sample.cloud], {}) with data.settings as {}
}
