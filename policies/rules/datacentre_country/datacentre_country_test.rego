package rules.datacentre_country_test

import data.rules.datacentre_country
import data.sample

denied(changes, refused) := found if {
	settings := {"denied_countries": {"datacentre": refused}}
	found := datacentre_country.deny with input as sample.request([object.union(sample.cloud, changes)], {})
		with data.settings as settings
}

test_another_country_passes if count(denied({}, ["KP"])) == 0

test_a_refused_country_is_denied if denied({}, ["CN", "US"]) == {"cloud"}

test_an_unknown_country_is_denied if denied({"datacentre_country": ""}, []) == {"cloud"}

test_missing_data_denies if {
	datacentre_country.deny == {"cloud"} with input as sample.request([sample.cloud], {}) with data.settings as {}
}
