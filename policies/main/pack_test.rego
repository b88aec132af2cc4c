package pack_test

import data.pack
import data.sample

denied(denials, changes) := found if {
	found := pack.of("p") with input as sample.request([object.union(sample.cloud, changes)], {"findings": {"SECRET_X": {}}})
		with data.packs as {"p": denials}
}

test_every_axis_of_a_denial_must_cover_and_any_denial_is_enough if {
	both := [{"operators": ["openai"], "zones": ["device"]}]
	count(denied(both, {})) == 0
	denied(both, {"zone": "device"}) == {"cloud"}
	denied([{"zones": ["device"]}, {"operators": ["openai"]}], {}) == {"cloud"}
}

test_a_star_stands_for_the_rest_of_a_name if {
	denied([{"entities": ["SECRET_*"]}], {}) == {"cloud"}
	denied([{"entities": ["*"]}], {}) == {"cloud"}
	count(denied([{"entities": ["PERSON*"]}], {})) == 0
}

test_only_packs_with_a_mode_count if {
	packs := {"on": [{"zones": ["public-cloud"]}], "trial": [{"zones": ["public-cloud"]}], "off": []}
	modes := {"enforce": ["on", "modality"], "shadow": ["trial"], "off": ["off"]}
	found := pack.denied with input as sample.request([sample.cloud], {})
		with data.packs as packs
		with data.modes as modes
	found == {"on": {"cloud"}, "trial": {"cloud"}}
}
