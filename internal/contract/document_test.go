package contract

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
	"gotest.tools/v3/assert"
)

// document is openapi.yaml or asyncapi.yaml.
type document struct {
	t    *testing.T
	name string
	root any // as JSON has it
	all  *jsonschema.Compiler
}

func readDocument(t *testing.T, name string, draft *jsonschema.Draft) *document {
	t.Helper()
	source, err := os.ReadFile("../../docs/" + name)
	assert.NilError(t, err)
	var value any
	assert.NilError(t, yaml.Load(source, &value))
	d := &document{t: t, name: name, root: asJSON(t, value), all: jsonschema.NewCompiler()}
	d.all.DefaultDraft(draft)
	d.all.AssertFormat()
	assert.NilError(t, d.all.AddResource(name, d.root))
	return d
}

func asJSON(t *testing.T, value any) any {
	t.Helper()
	b, err := json.Marshal(value)
	assert.NilError(t, err)
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	assert.NilError(t, err)
	return v
}

// at returns what stands at a path, references followed, and where that is.
func (d *document) at(where string) (value any, pointer string) {
	value = d.root
	for part := range strings.SplitSeq(strings.TrimPrefix(where, "#/"), "/") {
		switch v := value.(type) {
		case map[string]any:
			value = v[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(v) {
				return nil, ""
			}
			value = v[i]
		}
		if value == nil {
			return nil, ""
		}
		pointer += "/" + part
		for {
			object, _ := value.(map[string]any)
			to, ok := object["$ref"].(string)
			if !ok {
				break
			}
			value, pointer = d.at(to)
		}
	}
	return value, pointer
}

// object returns the object at a path, or nil.
func (d *document) object(where string) map[string]any {
	value, _ := d.at(where)
	object, _ := value.(map[string]any)
	return object
}

// check validates a value against the schema at a path.
func (d *document) check(where string, value any) error {
	_, pointer := d.at(where)
	if pointer == "" {
		return fmt.Errorf("%s has no %s", d.name, where)
	}
	schema, err := d.all.Compile(d.name + "#" + pointer)
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// walk calls f for every object of the document.
func (d *document) walk(f func(where string, object map[string]any)) {
	var walk func(where string, value any)
	walk = func(where string, value any) {
		switch value := value.(type) {
		case map[string]any:
			f(where, value)
			for name, v := range value {
				walk(where+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(name), v)
			}
		case []any:
			for i, v := range value {
				walk(fmt.Sprintf("%s/%d", where, i), v)
			}
		}
	}
	walk("#", d.root)
}

// conforms validates the document against its specification's own schema.
func (d *document) conforms(schema string) {
	d.t.Helper()
	f, err := os.Open(path.Join("testdata", schema))
	assert.NilError(d.t, err)
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(schema, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			d.t.Fatal(err)
		}
	}
	value, err := jsonschema.UnmarshalJSON(r)
	assert.NilError(d.t, err)
	c := jsonschema.NewCompiler()
	assert.NilError(d.t, c.AddResource("schema.json", value))
	compiled, err := c.Compile("schema.json")
	assert.NilError(d.t, err)
	assert.Check(d.t, compiled.Validate(d.root), d.name)
	broken := asJSON(d.t, d.root).(map[string]any)
	delete(broken["info"].(map[string]any), "title")
	assert.Check(d.t, compiled.Validate(broken) != nil, "%s would be valid without a title", schema)
	d.walk(func(where string, object map[string]any) {
		if to, ok := object["$ref"].(string); ok {
			_, pointer := d.at(to)
			assert.Check(d.t, pointer != "", "%s: %s refers to nothing: %s", d.name, where, to)
		}
	})
}
