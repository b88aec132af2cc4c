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
	"licence": "MIT",
	"provenance": "declared",
	"output_use": "allowed",
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
		"hour": 12,
		"candidates": candidates,
	},
	more,
)
