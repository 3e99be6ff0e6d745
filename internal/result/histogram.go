package result

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A histogram's text is bounded, and so is its precision: the library sizes
// the counters by what the text says, 50 MB of them for 5 digits, and half a
// megabyte at most for 3.
const (
	maxHistogram    = 1 << 20
	histogramDigits = 3
)

// Longest is the largest value of a histogram, and the bound of every latency.
const Longest = time.Hour

// NewHistogram is an empty one, of nanoseconds from 1 to Longest.
func NewHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, int64(Longest), histogramDigits)
}

// DecodeHistogram reads a histogram (HdrHistogram V2, compressed, base64) of
// nanoseconds.
func DecodeHistogram(text string) (h *hdrhistogram.Histogram, err error) {
	if base64.StdEncoding.DecodedLen(len(text)) > maxHistogram {
		return nil, errors.New("is too large")
	}
	digits, err := precision(text)
	if err != nil {
		return nil, fmt.Errorf("is not a histogram: %w", err)
	}
	if digits != histogramDigits {
		return nil, fmt.Errorf("has %d significant digits, not %d", digits, histogramDigits)
	}
	if h, err = hdrhistogram.Decode([]byte(text)); err != nil {
		return nil, fmt.Errorf("is not a histogram: %w", err)
	}
	return h, nil
}

// precision reads a histogram's significant digits, and takes no memory for
// its counters.
func precision(text string) (digits int32, err error) {
	packed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return 0, err
	}
	const packedHead = 8 // cookie and length
	if len(packed) < packedHead {
		return 0, io.ErrUnexpectedEOF
	}
	z, err := zlib.NewReader(bytes.NewReader(packed[packedHead:]))
	if err != nil {
		return 0, err
	}
	var head struct{ Cookie, Length, Offset, Digits int32 }
	err = binary.Read(z, binary.BigEndian, &head)
	return head.Digits, err
}
