// Package formula evaluates formulas over the fields of a struct, which they
// name as its JSON does:
//
//	(bytes.in + bytes.out) * 8 / (clients * window_s)
//
// A formula is a sum of products of numbers, fields, calls and brackets,
// evaluated from left to right. An unknown value is NaN, and makes what is
// computed from it unknown.
//
// A field is a path of keys: phase_bytes.0.in is in a list's first entry,
// by_status.200 in a map of counts. It is unknown if it is null or if it belongs
// to something absent. Texts and truths are 1, or 0 if empty or false.
//
// A quotient is unknown if the divisor is not above 0. Formulas call those of
// [functions], and:
//
//	percentile(field, p)   of an encoded histogram, in seconds: unknown if fewer than ten samples lie beyond
package formula

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// node is a part of a formula, evaluated over a struct.
type node func(reflect.Value) float64

// Compile parses a formula over the fields of T. The function it returns does not
// allocate, except for percentile.
func Compile[T any](text string) (func(*T) float64, error) {
	p := &parser{rest: text, root: reflect.TypeFor[T]()}
	all := p.sum()
	p.space()
	if p.rest != "" {
		p.fail("%q is left over", p.rest)
	}
	if p.err != nil {
		return nil, fmt.Errorf("formula %q: %w", text, p.err)
	}
	return func(t *T) float64 { return all(reflect.ValueOf(t).Elem()) }, nil
}

// parser consumes a formula from the front. After an error it returns nodes that
// must not be evaluated.
type parser struct {
	rest string
	root reflect.Type
	err  error // the first
}

func (p *parser) fail(format string, args ...any) node {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
	return nil
}

func (p *parser) space() { p.rest = strings.TrimLeft(p.rest, " ") }

// take removes a token from the front, if it is there.
func (p *parser) take(token string) (found bool) {
	p.space()
	p.rest, found = strings.CutPrefix(p.rest, token)
	return found
}

func (p *parser) expect(token string) {
	if !p.take(token) {
		p.fail("%s is missing before %q", token, p.rest)
	}
}

// while removes the longest prefix of the given characters.
func (p *parser) while(characters string) (taken string) {
	p.space()
	taken = p.rest[:len(p.rest)-len(strings.TrimLeft(p.rest, characters))]
	p.rest = p.rest[len(taken):]
	return taken
}

func (p *parser) sum() node {
	all := p.product()
	for p.err == nil {
		left := all
		switch {
		case p.take("+"):
			right := p.product()
			all = func(v reflect.Value) float64 { return left(v) + right(v) }
		case p.take("-"):
			right := p.product()
			all = func(v reflect.Value) float64 { return left(v) - right(v) }
		default:
			return all
		}
	}
	return all
}

func (p *parser) product() node {
	all := p.factor()
	for p.err == nil {
		left := all
		switch {
		case p.take("*"):
			right := p.factor()
			all = func(v reflect.Value) float64 { return left(v) * right(v) }
		case p.take("/"):
			right := p.factor()
			all = func(v reflect.Value) float64 { return over(left(v), right(v)) }
		default:
			return all
		}
	}
	return all
}

func over(a, b float64) float64 {
	if !(b > 0) {
		return math.NaN()
	}
	return a / b
}

const (
	digits  = "0123456789"
	letters = "abcdefghijklmnopqrstuvwxyz_"
)

func (p *parser) factor() node {
	switch {
	case p.take("-"):
		x := p.factor()
		return func(v reflect.Value) float64 { return -x(v) }
	case p.take("("):
		x := p.sum()
		p.expect(")")
		return x
	}
	if number := p.while(digits + "."); number != "" {
		x, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return p.fail("%q is no number", number)
		}
		return func(reflect.Value) float64 { return x }
	}
	name := p.while(letters + digits + ".")
	switch {
	case name == "":
		return p.fail("a number, a field or a bracket is missing before %q", p.rest)
	case !p.take("("):
		return p.field(name, leaf)
	case name == "percentile":
		return p.percentile()
	}
	return p.call(name)
}

func (p *parser) call(name string) node {
	args := []node{p.sum()}
	for p.take(",") {
		args = append(args, p.sum())
	}
	p.expect(")")
	f, ok := functions[name]
	if !ok || len(args) != f.args && f.args > 0 {
		return p.fail("there is no %s of %d values", name, len(args))
	}
	return f.of(args)
}

// field reads the field at a path, whose type as turns into a node.
func (p *parser) field(path string, as func(reflect.Type) node) node {
	read, err := walk(p.root, strings.Split(path, "."), as)
	if err != nil {
		return p.fail("field %s: %w", path, err)
	}
	return read
}

// walk resolves the keys below a type, so that evaluating only follows indexes.
func walk(t reflect.Type, keys []string, as func(reflect.Type) node) (node, error) {
	switch {
	case t.Kind() == reflect.Pointer:
		inner, err := walk(t.Elem(), keys, as)
		return func(v reflect.Value) float64 {
			if v.IsNil() {
				return math.NaN()
			}
			return inner(v.Elem())
		}, err
	case len(keys) == 0:
		if read := as(t); read != nil {
			return read, nil
		}
		return nil, fmt.Errorf("a %s is no value", t)
	case t.Kind() == reflect.Struct:
		for _, f := range reflect.VisibleFields(t) {
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name == keys[0] && f.IsExported() {
				inner, err := walk(f.Type, keys[1:], as)
				return func(v reflect.Value) float64 { return inner(v.FieldByIndex(f.Index)) }, err
			}
		}
	case t.Kind() == reflect.Slice:
		if i, err := strconv.ParseUint(keys[0], 10, 31); err == nil {
			inner, err := walk(t.Elem(), keys[1:], as)
			return func(v reflect.Value) float64 {
				if int(i) >= v.Len() {
					return math.NaN()
				}
				return inner(v.Index(int(i)))
			}, err
		}
	case t == reflect.TypeFor[map[string]int64]() && len(keys) == 1:
		return func(v reflect.Value) float64 { return float64(v.Interface().(map[string]int64)[keys[0]]) }, nil
	}
	return nil, fmt.Errorf("a %s has no %s", t, keys[0])
}

// leaf reads a value of type t; nil if t is no value.
func leaf(t reflect.Type) node {
	switch {
	case t.Kind() == reflect.Float64:
		return reflect.Value.Float
	case t.Kind() == reflect.Int || t.Kind() == reflect.Int64:
		return func(v reflect.Value) float64 { return float64(v.Int()) }
	case t.Kind() == reflect.Bool || t.Kind() == reflect.String:
		return func(v reflect.Value) float64 { return truth(!v.IsZero()) }
	}
	return nil
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
