package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/pollpush/pollpush/internal/scenario"
)

// scenarioSchema is the JSON Schema of a scenario file.
func scenarioSchema() (string, error) {
	properties, required := map[string]any{}, []string{}
	root := object(properties)
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "pollpush scenario"
	root["description"] = "The load, the transports to compare under it, and the lengths of the phases. pollpush checks more than a schema can, such as ranges of values with units."
	for _, k := range scenario.Keys() {
		into, name := root, k.Path
		section, inner, nested := strings.Cut(k.Path, ".")
		if nested {
			if properties[section] == nil {
				sub := object(map[string]any{})
				sub["description"] = scenario.Sections[section]
				properties[section] = sub
			}
			into, name = properties[section].(map[string]any), inner
		}
		value, err := keySchema(k)
		if err != nil {
			return "", err
		}
		into["properties"].(map[string]any)[name] = value
		if k.Default != "" {
			continue
		}
		if nested {
			into["required"] = []string{name}
			name = section
		}
		required = append(required, name)
	}
	root["required"] = required
	text, err := json.MarshalIndent(root, "", "  ")
	return string(text) + "\n", err
}

func object(properties map[string]any) map[string]any {
	return map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
}

// keySchema is the JSON Schema of a key's value.
func keySchema(k scenario.Key) (map[string]any, error) {
	value := k.Schema()
	if k.Sweeps {
		value = map[string]any{"oneOf": []any{k.Schema(), scenario.ListOf(k.Schema())}}
	}
	value["description"] = k.About
	if k.Default == "" || k.Derived() {
		return value, nil
	}
	var fallback any
	if err := yaml.Load([]byte(k.Default), &fallback); err != nil {
		return nil, fmt.Errorf("default of %s: %w", k.Path, err)
	}
	value["default"] = fallback
	return value, nil
}

// scenarioExample is every key of a scenario file with its explanation.
func scenarioExample() (string, error) {
	var b strings.Builder
	last := ""
	for _, k := range scenario.Keys() {
		indent, name := "", k.Path
		section, inner, nested := strings.Cut(k.Path, ".")
		if nested {
			indent, name = "  ", inner
		}
		if !nested || section != last {
			b.WriteString("\n")
		}
		if nested && section != last {
			fmt.Fprintf(&b, "# %s\n%s:\n", scenario.Sections[section], section)
		}
		last = section
		comment(&b, indent, k.About+" "+k.Note)
		comment(&b, indent, values(k))
		fmt.Fprintf(&b, "%s%s: %s\n", indent, name, cmp.Or(k.Example, k.Default))
	}
	return b.String(), nil
}

// values says what a key may hold, and what it holds if it is left out.
func values(k scenario.Key) string {
	text := "Value: " + k.Allowed()
	if k.Sweeps {
		text += ", or a list of these"
	}
	if k.Default == "" {
		return text + ". Required."
	}
	return text + ". Default: " + k.Default + "."
}

// comment writes text as lines of at most 80 characters that begin with indent and #.
func comment(b *strings.Builder, indent, text string) {
	line := indent + "#"
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > 80 {
			b.WriteString(line + "\n")
			line = indent + "#"
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}
