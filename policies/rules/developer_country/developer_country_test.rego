package rules.developer_country_test

import data.rules.developer_country
import data.sample

denied(changes, refused) := found if {
	settings := {"denied_countries": {"developer": refused}}
	found := developer_country.deny with input as sample.request([object.union(sample.cloud, changes)], {})
		with data.settings as settings
}

test_another_country_passes if count(denied({}, ["KP"])) == 0

test_a_refused_country_is_denied if denied({}, ["CN", "CN"]) == {"cloud"}

test_an_unknown_country_is_denied if denied({"developer_country": ""}, []) == {"cloud"}

test_missing_data_denies if {
	developer_country.deny == {"cloud"} with input as sample.request([sample.cloud], {}) with data.settings as {}
}
