package scenario

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/scenarios"
)

func compileSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	raw, err := scenarios.FS.ReadFile("schema.json")
	assert.NilError(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	assert.NilError(t, err)
	c := jsonschema.NewCompiler()
	assert.NilError(t, c.AddResource("schema.json", doc))
	schema, err := c.Compile("schema.json")
	assert.NilError(t, err)
	return schema
}

// conforms validates YAML as an editor would.
func conforms(schema *jsonschema.Schema, src []byte) error {
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

// withKey is the least scenario with one key set, in a file where every count
// may be as large as it likes.
func withKey(path, text string) []byte {
	values := map[string]string{"about": "why", "transports": "[poll, ws]", "clients": "1000000", "publish.rate": "1/s", "phases.steady": "20s"}
	values[path] = text
	var b strings.Builder
	last := ""
	for _, k := range keys {
		section, name, nested := strings.Cut(k.Path, ".")
		if values[k.Path] == "" {
			continue
		}
		if nested && section != last {
			b.WriteString(section + ":\n")
		}
		if nested {
			section = "  " + name
		}
		b.WriteString(section + ": " + values[k.Path] + "\n")
		last, _, _ = strings.Cut(k.Path, ".")
	}
	return []byte(b.String())
}

// What an editor underlines, the program refuses. Of keys without units, it
// refuses nothing else.
func TestSchemaAgreesWithParse(t *testing.T) {
	schema := compileSchema(t)
	values := []string{
		"0", "1", "5", "1000", "1001", "1000000", "1000001", "10000000", "10000001", "9007199254740991", "9007199254740992", "-1", "-5",
		"1.5", "'5'", "auto", "all", "ws", "many", "[]", "[5]", "[5, 6]", "[5, 5]", "[5, x]", "[ws]", "[ws, poll]", "[ws, ws]", "[[ws]]", "[all]",
		"{}", "{lost: 5%}", "{lost: 5}", "{a: 5%}", "~", "true", "false", "'true'", "yes", "''", "a sentence", "x" + strings.Repeat("y", 199), "x" + strings.Repeat("y", 200),
		"poisson", "constant", "poison", "0s", "1s", "1 s", "1m30s", "5min", "-1s", "[1s, 2s]", "[1s, 1]", "99999h", "1/s", "2/min", "0/s", "-1/s", "1 per second", "[1/s, 2/s]",
		"200B", "1KiB", "31B", "5KiB", "-5B", "200 bytes", "[32B, 64B]",
	}
	for _, k := range keys {
		accepted := 0
		for _, text := range values {
			src := withKey(k.Path, text)
			_, mine := parse("x.yaml", src)
			theirs := conforms(schema, src)
			if mine == nil {
				accepted++
			}
			assert.Check(t, mine != nil || theirs == nil, "%s: %s: schema.json refuses what Parse accepts: %v", k.Path, text, theirs)
			if mine != nil && theirs == nil && !beyondSchema(k.field) {
				t.Errorf("%s: %s: schema.json accepts what Parse refuses: %v", k.Path, text, mine)
			}
		}
		assert.Check(t, accepted != 0 && accepted != len(values), "%s: Parse accepts %d of %d values", k.Path, accepted, len(values))
	}
	for _, line := range []string{"cleints: 5", "poll: {intervall: 1s}", "publish: {}", "phases: {}", "server: 5"} {
		assert.Check(t, conforms(schema, []byte(edit(line))) != nil, "schema.json accepts %q", line)
	}
}

// beyondSchema reports whether a schema cannot say all of a field's rules: the
// ranges of units, and the names that are known.
func beyondSchema(f field) bool {
	switch f.(type) {
	case count[int], count[uint64], choice, truth, sentence:
		return false
	}
	return true
}
