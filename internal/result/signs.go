package result

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// signed are the numbers, by their JSON names, that may be below 0, each with the
// last schema of which that holds.
var signed = map[string]int{
	"compression": Schema, "t": Schema, "clock_drift_share": Schema, "clock_step_s": Schema,
	// Differences of two readings, one of which a process that had died did not
	// give, or the hypervisor took back.
	"steal_cores": 4, "server_cpu_s": 4, "cpu_connect_s": 4, "gc_pause_s": 4, "gc_cycles": 4,
}

// mostNumber bounds every number: beyond it a float64 is exact to less than 1,
// and sums of a few do not overflow.
const mostNumber = 1 << 53

// checkSigns looks whether any number of the trial is below 0, or absurd.
func (t *Trial) checkSigns(must must) {
	for _, wrong := range outOfRange(reflect.ValueOf(t).Elem(), t.Schema) {
		name := strings.TrimPrefix(wrong.path, ".")
		must(!wrong.below, "%s = %v: below 0", name, wrong.value)
		must(wrong.below, "%s = %v: at most 2^53", name, wrong.value)
	}
}

// wrongNumber is one that is out of range, and where it stands.
type wrongNumber struct {
	path  string // ".series[3].bytes_in"
	value any
	below bool
}

var instant = reflect.TypeFor[time.Time]()

// outOfRange finds the numbers within v that are below 0, unless they may be, or
// beyond mostNumber. Paths are put together on the way back only: as a rule
// there are none.
func outOfRange(v reflect.Value, schema int) (all []wrongNumber) {
	add := func(name string, of []wrongNumber) {
		for _, w := range of {
			w.path = name + w.path
			all = append(all, w)
		}
	}
	leaf := func(f float64) {
		if !(f >= 0 && f <= mostNumber) { // nor NaN
			all = append(all, wrongNumber{value: v.Interface(), below: !(f >= 0)})
		}
	}
	switch v.Kind() {
	case reflect.Int, reflect.Int64:
		leaf(float64(v.Int()))
	case reflect.Float64:
		leaf(v.Float())
	case reflect.Pointer:
		if !v.IsNil() {
			return outOfRange(v.Elem(), schema)
		}
	case reflect.Slice:
		for i := range v.Len() {
			if of := outOfRange(v.Index(i), schema); of != nil {
				add(fmt.Sprintf("[%d]", i), of)
			}
		}
	case reflect.Map:
		for each := v.MapRange(); each.Next(); {
			if of := outOfRange(each.Value(), schema); of != nil {
				add(fmt.Sprintf(".%.80q", each.Key()), of)
			}
		}
	case reflect.Struct:
		if v.Type() == instant {
			return nil
		}
		for i := range v.NumField() {
			of := outOfRange(v.Field(i), schema)
			if of == nil {
				continue
			}
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			if until, ok := signed[name]; ok && schema <= until && of[0].path == "" && of[0].below {
				continue
			}
			if name != "" { // else its fields are the outer one's
				name = "." + name
			}
			add(name, of)
		}
	}
	return all
}
