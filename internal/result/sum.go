package result

import (
	"reflect"
	"slices"
)

// Add returns the sum of a and b: each number of a struct, or of a map by its key,
// or of a list by its place, is added. Of two texts it is the last one that is not empty.
func Add[T any](a, b T) T { return combine(a, b, 1) }

// Sub takes each number of b off that of a, as Add adds them.
func Sub[T any](a, b T) T { return combine(a, b, -1) }

func combine[T any](a, b T, sign int64) (sum T) {
	combineInto(reflect.ValueOf(&sum).Elem(), reflect.ValueOf(&a).Elem(), reflect.ValueOf(&b).Elem(), sign)
	return sum
}

func combineInto(sum, a, b reflect.Value, sign int64) {
	switch sum.Kind() {
	case reflect.Int, reflect.Int64:
		sum.SetInt(a.Int() + sign*b.Int())
	case reflect.Float64:
		sum.SetFloat(a.Float() + float64(sign)*b.Float())
	case reflect.String:
		if sum.Set(a); b.Len() > 0 {
			sum.Set(b)
		}
	case reflect.Struct:
		for i := range sum.NumField() {
			combineInto(sum.Field(i), a.Field(i), b.Field(i), sign)
		}
	case reflect.Slice:
		combineSlices(sum, a, b, sign)
	case reflect.Map:
		combineMaps(sum, a, b, sign)
	default:
		panic("result: a " + sum.Type().String() + " cannot be added")
	}
}

// combineSlices adds place by place, and cuts off the zeros at the end.
func combineSlices(sum, a, b reflect.Value, sign int64) {
	n := max(a.Len(), b.Len())
	all, zero := reflect.MakeSlice(sum.Type(), n, n), reflect.Zero(sum.Type().Elem())
	at := func(s reflect.Value, i int) reflect.Value {
		if i < s.Len() {
			return s.Index(i)
		}
		return zero
	}
	for i := range n {
		combineInto(all.Index(i), at(a, i), at(b, i), sign)
	}
	for n > 0 && all.Index(n-1).IsZero() {
		n--
	}
	if n > 0 {
		sum.Set(all.Slice(0, n))
	}
}

// combineMaps leaves a and b alone. A key that one lacks is 0 there; of two nil
// maps the sum is nil.
func combineMaps(sum, a, b reflect.Value, sign int64) {
	if a.IsNil() && b.IsNil() {
		return
	}
	sum.Set(reflect.MakeMap(sum.Type()))
	zero := reflect.Zero(sum.Type().Elem())
	at := func(m, key reflect.Value) reflect.Value {
		if v := m.MapIndex(key); v.IsValid() {
			return v
		}
		return zero
	}
	for _, m := range []reflect.Value{a, b} {
		for _, key := range m.MapKeys() {
			v := reflect.New(zero.Type()).Elem()
			combineInto(v, at(a, key), at(b, key), sign)
			sum.SetMapIndex(key, v)
		}
	}
}

// SumTCP is the sum of all parts, or nil where one of them is unknown, or
// there is none.
func SumTCP(parts []*TCP) *TCP {
	if len(parts) == 0 || slices.Contains(parts, nil) {
		return nil
	}
	var sum TCP
	for _, p := range parts {
		sum = Add(sum, *p)
	}
	return &sum
}
