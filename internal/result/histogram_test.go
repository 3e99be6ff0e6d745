package result

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

// geometry is the head of a histogram's text.
type geometry struct {
	Cookie, Length, Offset, Digits int32
	Lowest, Highest                int64
	Ratio                          float64
}

// packed is a histogram as its text has it, whatever it claims to hold.
func packed(t testing.TB, g geometry, counts []byte) string {
	t.Helper()
	g.Cookie, g.Ratio = 0x1c849313, 1
	var inner, outer bytes.Buffer
	z := zlib.NewWriter(&inner)
	assert.NilError(t, binary.Write(z, binary.BigEndian, g))
	z.Write(counts)
	z.Close()
	head := []int32{0x1c849314, int32(inner.Len())}
	assert.NilError(t, binary.Write(&outer, binary.BigEndian, head))
	outer.Write(inner.Bytes())
	return base64.StdEncoding.EncodeToString(outer.Bytes())
}

func TestDecodeHistogram(t *testing.T) {
	want := histogram(t, 1234*time.Microsecond, 56)
	got, err := DecodeHistogram(textOf(t, want))
	assert.NilError(t, err)
	assert.Check(t, got.Equals(want), "what was decoded is not what was encoded")
}

// No text, however short, may take memory beyond all proportion.
func TestDecodeHistogramRefuses(t *testing.T) {
	good := textOf(t, histogram(t, time.Millisecond, 5))
	for name, c := range map[string]struct{ text, want string }{
		"no base64":         {"?", "is not a histogram: illegal base64 data at input byte 0"},
		"too short":         {"AAAA", "is not a histogram: unexpected EOF"},
		"not packed":        {base64.StdEncoding.EncodeToString(make([]byte, 40)), "is not a histogram: zlib: invalid header"},
		"cut off":           {good[:len(good)/8*4], "is not a histogram: "},
		"wide and fine":     {packed(t, geometry{Digits: 5, Lowest: 1, Highest: math.MaxInt64}, nil), "has 5 significant digits, not 3"},
		"coarse":            {packed(t, geometry{Digits: 2, Lowest: 1, Highest: 1000}, nil), "has 2 significant digits, not 3"},
		"absurd":            {packed(t, geometry{Digits: math.MaxInt32, Lowest: 1, Highest: 1000}, nil), "has 2147483647 significant digits, not 3"},
		"below 0":           {packed(t, geometry{Digits: -1, Lowest: 1, Highest: 1000}, nil), "has -1 significant digits, not 3"},
		"no smallest value": {packed(t, geometry{Digits: 3, Lowest: math.MaxInt64, Highest: math.MaxInt64}, nil), "is not a histogram: "},
		"a long payload":    {packed(t, geometry{Digits: 3, Lowest: 1, Highest: 1000, Length: math.MaxInt32}, nil), "is not a histogram: "},
		"a zero run":        {packed(t, geometry{Digits: 3, Lowest: 1, Highest: 1000, Length: 9}, bytes.Repeat([]byte{0xff}, 9)), "is not a histogram: "},
		"a bomb":            {packed(t, geometry{Digits: 3, Lowest: 1, Highest: 1000, Length: 8 << 20}, make([]byte, 8<<20)), "is not a histogram: "},
		"large":             {strings.Repeat("A", 2<<20), "is too large"},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := DecodeHistogram(c.text)
			runtime.ReadMemStats(&after)
			assert.Check(t, err != nil && strings.HasPrefix(err.Error(), c.want), "error %q, want %q", err, c.want)
			taken := after.TotalAlloc - before.TotalAlloc
			assert.Check(t, taken <= 4<<20, "it took %d bytes", taken)
		})
	}
}

// The widest range that is taken costs half a megabyte.
func TestDecodeHistogramOfAllValues(t *testing.T) {
	h, err := DecodeHistogram(packed(t, geometry{Digits: 3, Lowest: 1, Highest: math.MaxInt64}, nil))
	assert.NilError(t, err)
	if h.ByteSize() > 1<<20 {
		t.Errorf("it takes %d bytes", h.ByteSize())
	}
}
