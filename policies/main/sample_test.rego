# METADATA
# title: Sample input
# description: What the tests of the rules start from.
package sample

in_house := {
	"deployment": "r1-a",
	"zone": "in-house",
	"host": "10.0.0.5",
	"host_operator": "",
	"operator": "self",
	"operator_country": "",
	"datacentre_country": "JP",
	"developer": "DeepSeek",
	"developer_country": "CN",
	"weights": "deepseek-r1",
	"lineage": ["DeepSeek"],
	"licences": ["MIT"],
	"provenance": "declared",
	"output_use": "allowed",
	"rerouted": false,
}

cloud := object.union(in_house, {
	"deployment": "cloud",
	"zone": "public-cloud",
	"host": "api.openai.com",
	"host_operator": "openai",
	"operator": "openai",
	"operator_country": "US",
	"datacentre_country": "US",
	"output_use": "conditional",
})

request(candidates, more) := object.union(
	{
		"tenant": "acme",
		"app": "billing",
		"groups": [],
		"dialect": "openai",
		"operation": "chat.completions",
		"model": "deepseek-r1",
		"stream": false,
		"tools": "0",
		"findings": {},
		"unscannable": [],
		"modalities": ["text"],
		"purpose": "",
		"max_output_tokens": 0,
		"hour": 12,
		"exceptions": [],
		"candidates": candidates,
	},
	more,
)

# The data of apps.yaml with one row for the application of these requests.
app(row) := {
	"default": data.apps["default"],
	"apps": {"billing": object.union(data.apps["default"], row)},
	"groups": {"interns": {"models": ["smollm2"]}},
}

# The modes as they are, but for one rule or pack.
modes(rule, mode) := {name: rules |
	some name, listed in data.modes
	rules := array.concat(
		[other | some other in listed; other != rule],
		[rule | name == mode],
	)
}
