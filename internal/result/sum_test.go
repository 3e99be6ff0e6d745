package result

import (
	"reflect"
	"testing"

	"gotest.tools/v3/assert"
)

// fill gives each number within v one that no other has, times scale, and each
// text one of its own.
func fill(v reflect.Value, next *int64, scale int64) {
	*next++
	switch v.Kind() {
	case reflect.Int64:
		v.SetInt(*next * scale)
	case reflect.Float64:
		v.SetFloat(float64(*next*scale) + .5*float64(scale))
	case reflect.String:
		v.SetString("text")
	case reflect.Map:
		each := reflect.New(v.Type().Elem()).Elem()
		fill(each, next, scale)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("200"), each)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i), next, scale)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), next, scale)
		}
	}
}

// Every number of what shards, servers and seconds count is added, and taken off.
func TestAddAddsEveryNumber(t *testing.T) {
	t.Run("counts", addsAll[Counts])
	t.Run("bytes", addsAll[Bytes])
	t.Run("TCP", addsAll[TCP])
	t.Run("totals", addsAll[Totals])
	t.Run("a second's", addsAll[SecondCounts])
}

func addsAll[T any](t *testing.T) {
	var one, two, three T
	for i, v := range []*T{&one, &two, &three} {
		var next int64
		fill(reflect.ValueOf(v).Elem(), &next, int64(i)+1)
	}
	sum := Add(one, two)
	assert.Check(t, reflect.DeepEqual(sum, three), "%+v and %+v are %+v, want %+v", one, two, sum, three)
	less := Sub(three, two)
	assert.Check(t, reflect.DeepEqual(less, one), "%+v less %+v is %+v, want %+v", three, two, less, one)
}

func TestAddLists(t *testing.T) {
	for _, c := range []struct{ a, b, sum, less Latencies }{
		{nil, nil, nil, nil}, {Latencies{1, 2}, nil, Latencies{1, 2}, Latencies{1, 2}}, {Latencies{1}, Latencies{1, 0, 3}, Latencies{2, 0, 3}, Latencies{0, 0, -3}},
		{Latencies{0, 5}, Latencies{0, 5}, Latencies{0, 10}, nil}, {Latencies{}, Latencies{0, 0}, nil, nil},
	} {
		sum, less := Add(c.a, c.b), Sub(c.a, c.b)
		assert.Check(t, reflect.DeepEqual(sum, c.sum) && reflect.DeepEqual(less, c.less), "%v and %v: %#v, %#v", c.a, c.b, sum, less)
	}
}

func TestAddMaps(t *testing.T) {
	a, b := map[string]int64{"200": 1, "201": 2}, map[string]int64{"200": 10, "304": 3}
	if sum := Add(a, b); !reflect.DeepEqual(sum, map[string]int64{"200": 11, "201": 2, "304": 3}) || len(a) != 2 || len(b) != 2 {
		t.Errorf("the sum is %v, of %v and %v", sum, a, b)
	}
	for _, c := range []struct{ a, b, want map[string]int64 }{
		{nil, nil, nil}, {map[string]int64{}, nil, map[string]int64{}}, {nil, map[string]int64{"x": 1}, map[string]int64{"x": 1}},
	} {
		sum := Add(c.a, c.b)
		assert.Check(t, reflect.DeepEqual(sum, c.want), "%#v and %#v are %#v", c.a, c.b, sum)
	}
}
