package scenario

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/pollpush/pollpush/scenarios"
)

// schemaKey is what schema.json says of one key.
type schemaKey struct {
	Title, Description string
	Default            any
	Minimum, Maximum   *json.Number
	Properties         map[string]schemaKey
	OneOf              []schemaKey
	Extra              any `json:"additionalProperties"`
}

func readSchema(t testing.TB) (raw []byte, flat map[string]schemaKey) {
	t.Helper()
	raw, err := scenarios.FS.ReadFile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var root schemaKey
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&root); err != nil {
		t.Fatal(err)
	}
	flat = map[string]schemaKey{}
	var walk func(prefix string, k schemaKey)
	walk = func(prefix string, k schemaKey) {
		if k.Title == "" || k.Description == "" {
			t.Errorf("schema.json: %q lacks a title or a description", prefix)
		}
		if k.Properties == nil {
			for _, one := range k.OneOf {
				if one.Minimum != nil {
					k.Minimum, k.Maximum = one.Minimum, one.Maximum
				}
			}
			flat[prefix] = k
			return
		}
		if k.Extra != false {
			t.Errorf("schema.json: %q allows unknown keys", prefix)
		}
		for name, sub := range k.Properties {
			walk(strings.TrimPrefix(prefix+"."+name, "."), sub)
		}
	}
	walk("", root)
	return raw, flat
}

func compileSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	raw, _ := readSchema(t)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// conforms validates YAML as an editor would.
func conforms(t testing.TB, schema *jsonschema.Schema, src []byte) error {
	t.Helper()
	var v any
	if err := yaml.Load(src, &v); err != nil {
		return err
	}
	asJSON, err := json.Marshal(v)
	if err != nil {
		return err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		return err
	}
	return schema.Validate(doc)
}

func TestSchemaAndTableAgree(t *testing.T) {
	_, inSchema := readSchema(t)
	if diff := cmp.Diff(slices.Sorted(slices.Values(paths())), slices.Sorted(maps.Keys(inSchema))); diff != "" {
		t.Errorf("keys of the table and of schema.json (-table +schema):\n%s", diff)
	}
	for _, k := range keys {
		s := inSchema[k.Path]
		if s.Description != k.About {
			t.Errorf("%s: schema.json says %q, the table %q", k.Path, s.Description, k.About)
		}
		want := k.Default
		if k.derive != nil {
			want = ""
		}
		got := ""
		if s.Default != nil {
			got = fmt.Sprint(s.Default)
		}
		if got != want {
			t.Errorf("%s: default %q in schema.json, %q in the table", k.Path, got, want)
		}
	}
}

func TestSchemaRangesAreOurs(t *testing.T) {
	_, inSchema := readSchema(t)
	base := []Override{{"clients", "1000000", ""}, {"publish.publishers", "1", ""}}
	accepts := func(path string, n int64) bool {
		over := append(slices.Clone(base), Override{path, fmt.Sprint(n), ""})
		if path == "publish.publishers" {
			over = append(over, Override{"rooms", "1", ""})
		}
		_, err := parse("x.yaml", []byte(good), over...)
		return err == nil
	}
	ranges := 0
	for path, s := range inSchema {
		if s.Minimum == nil {
			continue
		}
		ranges++
		lo, _ := s.Minimum.Int64()
		hi, _ := s.Maximum.Int64()
		if !accepts(path, lo) || !accepts(path, hi) || accepts(path, lo-1) || accepts(path, hi+1) {
			t.Errorf("%s: Parse does not accept exactly %d to %d", path, lo, hi)
		}
	}
	if ranges != 7 {
		t.Errorf("%d ranges checked", ranges)
	}
}

func TestExampleHoldsEveryKey(t *testing.T) {
	src, err := scenarios.FS.ReadFile("example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := yaml.Load(src, &root); err != nil {
		t.Fatal(err)
	}
	var got []string
	for name, v := range root {
		if section, ok := v.(map[string]any); ok && name != "limits" {
			for sub := range section {
				got = append(got, name+"."+sub)
			}
			continue
		}
		got = append(got, name)
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(paths())), slices.Sorted(slices.Values(got))); diff != "" {
		t.Errorf("keys of the table and of example.yaml (-table +example):\n%s", diff)
	}
}

func TestEmbeddedConform(t *testing.T) {
	schema := compileSchema(t)
	for _, name := range append(Names(), "example") {
		src, err := scenarios.FS.ReadFile(name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		if err := conforms(t, schema, src); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What an editor underlines, the program refuses; what the program accepts, no
// editor underlines.
func TestSchemaRefusesWhatWeRefuse(t *testing.T) {
	schema := compileSchema(t)
	for _, line := range []string{
		"cleints: 5", "clients: 0", "clients: '5'", "clients: 1.5", "clients: many", "payload: 200", "payload: 200 bytes",
		"poll: {interval: 1}", "poll: {interval: 1 s}", "poll: {intervall: 1s}", "publish: {rate: 1}", "publish: {}",
		"publish: {rate: 1/s, arrivals: poison}", "transports: []", "transports: [ws, ws]", "transports: ws", "shards: 0",
		"shards: many", "server: {history: 0}", "about: 5", "about: ''", "phases: {}", "time_limit: 5", "trials: 1001", "seed: -1",
	} {
		src := []byte(edit(line))
		if err := conforms(t, schema, src); err == nil {
			t.Errorf("schema.json accepts %q", line)
		}
		if _, err := parse("x.yaml", src); err == nil {
			t.Errorf("Parse accepts %q", line)
		}
	}
}
