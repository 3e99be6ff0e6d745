// Package formula evaluates formulas over the fields of a struct, which they
// name as its JSON does:
//
//	(bytes.in + bytes.out) * 8 / (clients * window_s)
//
// A formula is an arithmetic expression as in Go, of fields, numbers and calls.
// An unknown value is NaN, and makes what is computed from it unknown.
//
// A field is a path of keys: phase_bytes[0].in is in a list's first entry,
// by_status[200] in a map of counts. It is unknown if it is null or if it belongs
// to something absent. Texts and truths are 1, or 0 if empty or false.
//
// A quotient is unknown if the divisor is not above 0. Formulas call those of
// [functions], and:
//
//	percentile(field, p)   of an encoded histogram, in seconds: unknown if fewer than ten samples lie beyond
package formula

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
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
	c := compiler{root: reflect.TypeFor[T]()}
	parsed, err := parser.ParseExpr(text)
	if err != nil {
		return nil, fmt.Errorf("formula %q: %w", text, err)
	}
	all := c.node(parsed)
	if c.err != nil {
		return nil, fmt.Errorf("formula %q: %w", text, c.err)
	}
	return func(t *T) float64 { return all(reflect.ValueOf(t).Elem()) }, nil
}

// compiler makes nodes of a formula. After an error they must not be evaluated.
type compiler struct {
	root reflect.Type
	err  error // the first
}

func (c *compiler) fail(format string, args ...any) node {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
	return nil
}

func (c *compiler) node(e ast.Expr) node {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return c.node(e.X)
	case *ast.BinaryExpr:
		return c.binary(e)
	case *ast.CallExpr:
		return c.call(e)
	case *ast.Ident, *ast.SelectorExpr, *ast.IndexExpr:
		return c.field(e, leaf)
	case *ast.UnaryExpr:
		if x := c.node(e.X); e.Op == token.SUB {
			return func(v reflect.Value) float64 { return -x(v) }
		}
	case *ast.BasicLit:
		if x, err := strconv.ParseFloat(e.Value, 64); err == nil {
			return func(reflect.Value) float64 { return x }
		}
	}
	return c.fail("a %T is no part of a formula", e)
}

func (c *compiler) binary(e *ast.BinaryExpr) node {
	x, y := c.node(e.X), c.node(e.Y)
	switch e.Op {
	case token.ADD:
		return func(v reflect.Value) float64 { return x(v) + y(v) }
	case token.SUB:
		return func(v reflect.Value) float64 { return x(v) - y(v) }
	case token.MUL:
		return func(v reflect.Value) float64 { return x(v) * y(v) }
	case token.QUO:
		return func(v reflect.Value) float64 {
			if by := y(v); by > 0 {
				return x(v) / by
			}
			return math.NaN()
		}
	}
	return c.fail("there is no operator %s", e.Op)
}

func (c *compiler) call(e *ast.CallExpr) node {
	name, _ := e.Fun.(*ast.Ident)
	if name != nil && name.Name == "percentile" && len(e.Args) == 2 {
		return c.percentile(e.Args[0], e.Args[1])
	}
	var args []node
	for _, arg := range e.Args {
		args = append(args, c.node(arg))
	}
	if name != nil {
		f, ok := functions[name.Name]
		if ok && len(args) > 0 && (f.args == len(args) || f.args == 0) {
			return f.of(args)
		}
	}
	return c.fail("there is no function %v of %d values", e.Fun, len(args))
}

// field reads the field at a path, whose type as turns into a node.
func (c *compiler) field(path ast.Expr, as func(reflect.Type) node) node {
	read, err := walk(c.root, c.keys(path), as)
	if err != nil {
		return c.fail("field: %w", err)
	}
	return read
}

func (c *compiler) keys(path ast.Expr) []string {
	switch e := path.(type) {
	case *ast.Ident:
		return []string{e.Name}
	case *ast.SelectorExpr:
		return append(c.keys(e.X), e.Sel.Name)
	case *ast.IndexExpr:
		if key, ok := e.Index.(*ast.BasicLit); ok && key.Kind == token.INT {
			return append(c.keys(e.X), key.Value)
		}
	}
	c.fail("a %T is no path of keys", path)
	return nil
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
