package file

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// Decode decodes one JSON value into the struct that into points to. Unlike
// encoding/json it takes a key only as it is spelled, and only once: where two
// keys name one field, people read one value and programs the other.
func Decode(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if rest := bytes.TrimSpace(text[d.InputOffset():]); len(rest) > 0 {
		return fmt.Errorf("has more text after its end: %.20q", rest)
	}
	k := keys{text: text, known: map[reflect.Type]map[string]member{}}
	return k.value(reflect.TypeOf(into).Elem())
}

// keys walks JSON that was decoded into a type, and compares its keys with that.
type keys struct {
	text  []byte
	at    int
	known map[reflect.Type]map[string]member
}

// member is a field of a struct: which one, and what it holds.
type member struct {
	index int
	is    reflect.Type
}

// next is the next byte that is no space.
func (k *keys) next() byte {
	for k.text[k.at] <= ' ' {
		k.at++
	}
	return k.text[k.at]
}

// raw is the string at hand, with its quotes.
func (k *keys) raw() []byte {
	from := k.at
	for k.at++; k.text[k.at] != '"'; k.at++ {
		if k.text[k.at] == '\\' {
			k.at++
		}
	}
	k.at++
	return k.text[from:k.at]
}

// value walks a value that was decoded into t; nil means a type that
// decodes itself.
func (k *keys) value(t reflect.Type) error {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch k.next() {
	case '{':
		return k.object(t)
	case '[':
		if t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) {
			t = t.Elem()
		} else {
			t = nil
		}
		for k.at++; k.next() != ']'; {
			if k.text[k.at] == ',' {
				k.at++
			}
			if err := k.value(t); err != nil {
				return err
			}
		}
		k.at++
	case '"':
		k.raw()
	default: // a number, true, false or null
		for k.at < len(k.text) && k.text[k.at] > ' ' && k.text[k.at] != ',' && k.text[k.at] != ']' && k.text[k.at] != '}' {
			k.at++
		}
	}
	return nil
}

func (k *keys) object(t reflect.Type) error {
	fields := k.fields(t)
	seen := make([]bool, len(fields))
	var names map[string]bool // of an object whose keys are data
	if fields == nil {
		names = map[string]bool{}
	}
	for k.at++; k.next() != '}'; {
		if k.text[k.at] == ',' {
			k.at++
			k.next()
		}
		name := k.raw()
		if name = name[1 : len(name)-1]; bytes.IndexByte(name, '\\') >= 0 {
			var plain string
			if err := json.Unmarshal(k.text[k.at-len(name)-2:k.at], &plain); err != nil {
				return err
			}
			name = []byte(plain)
		}
		f, found := fields[string(name)]
		switch {
		case fields != nil && !found:
			return fmt.Errorf("has the key %.80q%s", name, spelled(fields, string(name)))
		case fields != nil && seen[f.index], names[string(name)]:
			return fmt.Errorf("has the key %.80q twice", name)
		case fields != nil:
			seen[f.index] = true
		default:
			names[string(name)] = true
			if t != nil && t.Kind() == reflect.Map {
				f.is = t.Elem()
			}
		}
		k.next() // the colon
		k.at++
		if err := k.value(f.is); err != nil {
			return err
		}
	}
	k.at++
	return nil
}

// spelled is the hint for an unknown key: the field that encoding/json took it for.
func spelled(fields map[string]member, name string) string {
	for is := range fields {
		if strings.EqualFold(is, name) {
			return fmt.Sprintf("; did you mean %q?", is)
		}
	}
	return ", which is unknown"
}

var decodesItself = reflect.TypeFor[json.Unmarshaler]()

// fields are those of a struct by their JSON names, or nil of what is none.
func (k *keys) fields(t reflect.Type) map[string]member {
	if t == nil || t.Kind() != reflect.Struct || reflect.PointerTo(t).Implements(decodesItself) {
		return nil
	}
	fields, ok := k.known[t]
	if !ok {
		fields = map[string]member{}
		for _, f := range reflect.VisibleFields(t) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			switch {
			case f.Anonymous && name == "" || !f.IsExported():
				continue // its fields are visible by themselves
			case name == "":
				name = f.Name
			}
			fields[name] = member{len(fields), f.Type}
		}
		k.known[t] = fields
	}
	return fields
}
