package pack_tests.us_ndaa_1532_test

import data.pack
import data.sample

denied(changes, more) := found if {
	found := pack.of("us-ndaa-1532") with input as sample.request([object.union(sample.cloud, changes)], more)
}

test_the_deepseek_cloud_is_denied_however_it_is_called if {
	denied({"operator": "deepseek", "host_operator": "deepseek"}, {}) == {"cloud"}
	denied({"operator": "openai", "host_operator": "deepseek"}, {}) == {"cloud"}
	denied({"operator": "deepseek", "host_operator": ""}, {}) == {"cloud"}
}

test_what_cannot_be_read_is_denied if {
	pack.of("us-ndaa-1532") == {"x"} with input as {"candidates": [{"deployment": "x"}]}
}

test_r1_in_house_is_denied if {
	pack.of("us-ndaa-1532") == {"r1-a"} with input as sample.request([sample.in_house], {})
}

american := {"developer": "Perplexity", "developer_country": "US", "lineage": ["Perplexity"]}

test_other_weights_pass if count(denied(american, {})) == 0

test_derivatives_are_denied if denied(object.union(american, {"lineage": ["Perplexity", "DeepSeek"]}), {}) == {"cloud"}

test_developers_of_covered_countries_are_denied if {
	denied(object.union(american, {"developer": "Alibaba", "developer_country": "CN"}), {}) == {"cloud"}
	denied(object.union(american, {"developer_country": "RU"}), {}) == {"cloud"}
}

test_operators_of_covered_countries_are_denied if {
	denied(object.union(american, {"operator_country": "CN"}), {}) == {"cloud"}
}
