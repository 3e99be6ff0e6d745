package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/pollpush/pollpush/internal/scenario"
)

// overrides are the flags that replace a scenario's keys: one for each key.
type overrides struct {
	Flags kong.Plugins `embed:"" group:"Override the scenario:"`
}

// newOverrides makes the flags, none of them given.
func newOverrides() overrides {
	var fields []reflect.StructField
	for _, k := range scenario.Keys() {
		if k.Flag() == "" {
			continue
		}
		help := k.About
		if k.Sweeps {
			help += " A comma-separated list measures each value."
		}
		fields = append(fields, reflect.StructField{
			Name: fmt.Sprintf("F%d", len(fields)), Type: reflect.TypeFor[*string](),
			Tag: reflect.StructTag(fmt.Sprintf("key:%q name:%q placeholder:%q help:%q", k.Path, k.Flag(), k.Placeholder(), help)),
		})
	}
	return overrides{kong.Plugins{reflect.New(reflect.StructOf(fields)).Interface()}}
}

// list returns the flags that were given, as the scenario package takes them.
func (o overrides) list() (list []scenario.Override) {
	for _, flags := range o.Flags {
		v := reflect.ValueOf(flags).Elem()
		for i := range v.NumField() {
			if given := v.Field(i).Interface().(*string); given != nil {
				tag := v.Type().Field(i).Tag
				list = append(list, scenario.Override{Key: tag.Get("key"), Value: *given, Origin: "--" + tag.Get("name")})
			}
		}
	}
	return list
}

// overridden reports whether the flag of a key was given.
func (o overrides) overridden(key string) bool {
	return slices.ContainsFunc(o.list(), func(o scenario.Override) bool { return o.Key == key })
}

// suitTarget refuses what only a chatserver that pollpush starts obeys.
func (o overrides) suitTarget(with string) error {
	for _, o := range o.list() {
		if strings.HasPrefix(o.Key, "server.") {
			return usage("%s %s: cannot be used with %s", o.Origin, o.Value, with)
		}
		if o.Key == "tls" {
			return usage("%s %s: cannot be used with %s, whose URL decides: https or http", o.Origin, o.Value, with)
		}
	}
	return nil
}
