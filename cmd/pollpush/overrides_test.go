package main

import (
	"reflect"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/pollpush/pollpush/internal/scenario"
)

// Every key of a scenario can be overridden by exactly one flag, which errors
// call by its real name.
func TestOverrides(t *testing.T) {
	fields := map[string][]reflect.StructField{} // by key
	of := reflect.TypeFor[overrides]()
	for i := range of.NumField() {
		key := of.Field(i).Tag.Get("key")
		fields[key] = append(fields[key], of.Field(i))
	}
	for _, key := range scenario.Keys() {
		if key.Path == "about" { // says what the file is for: another one has another file
			continue
		}
		list := fields[key.Path]
		delete(fields, key.Path)
		if len(list) != 1 {
			t.Errorf("%d flags for %s, want 1", len(list), key.Path)
			continue
		}
		flag := flagOf(list[0])
		var c commands
		parser, err := kong.New(&c, vars())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse([]string{"run", "short", flag, "a value"}); err != nil {
			t.Errorf("%s: %v", key.Path, err)
			continue
		}
		want := []scenario.Override{{Key: key.Path, Value: "a value", Origin: flag}}
		if got := c.Run.Keys.list(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s gives %v, want %v", flag, got, want)
		}
	}
	for key, list := range fields {
		t.Errorf("%s overrides %q, which is no key", flagOf(list[0]), key)
	}
}

func TestNoOverrides(t *testing.T) {
	if got := (overrides{}).list(); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

// What is said to be the default is what runs.
func TestDefaultScenario(t *testing.T) {
	field, _ := reflect.TypeFor[runCommand]().FieldByName("Scenarios")
	if got := field.Tag.Get("default"); got != scenario.Default {
		t.Errorf("run's default is %q, the scenarios' %q", got, scenario.Default)
	}
	if !strings.Contains(field.Tag.Get("help"), "${default}") {
		t.Error("run's help does not name its default")
	}
}
