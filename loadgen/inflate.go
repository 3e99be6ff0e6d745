package loadgen

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"sync"
)

// inflater inflates compressed messages (RFC 1951), and holds them. It does what
// compress/flate does, with half the stack and less CPU (docs/architecture.md).
type inflater struct {
	payload []byte // and behind it tail
	at      int
	bits    uint64 // read and not taken, the first one lowest
	n       uint   // number of bits

	window []byte // what came before the message
	from   int    // where the message begins in out
	out    []byte

	literals, distances huffman
	lengths             [286 + 30]byte
}

var inflaters = sync.Pool{New: func() any { return new(inflater) }}

// tail is what is cut off from the end of every message (RFC 7692, 7.2.1).
const tail = "\x00\x00\xff\xff"

// Why a message cannot be inflated.
var (
	errDeflate = errors.New("is not a deflate stream")
	errBomb    = errors.New("inflates to more than can be read")
)

// inflate appends a message to out, and returns it.
func (i *inflater) inflate(payload, window []byte) (message []byte, err error) {
	i.payload, i.at, i.bits, i.n = payload, 0, 0, 0
	i.window, i.from = window, len(i.out)
	for ended := false; !ended; {
		if ended, err = i.block(); err != nil {
			return nil, err
		}
	}
	return i.out[i.from:len(i.out):len(i.out)], nil
}

// block inflates one block, and reports whether the message ends with it.
func (i *inflater) block() (ended bool, err error) {
	header, ok := i.take(3)
	if !ok {
		return false, errDeflate
	}
	switch header >> 1 {
	case 0:
		err = i.stored()
		ended = i.at == len(i.payload)+len(tail)
	case 1:
		err = i.huffman(&fixedLiterals, &fixedDistances)
	case 2:
		if err = i.codes(); err == nil {
			err = i.huffman(&i.literals, &i.distances)
		}
	default:
		err = errDeflate
	}
	if err == nil && header&1 == 1 {
		// A stream may end within the message, with a zero byte behind it
		// that makes the tail a block of its own (RFC 7692, 7.2.3.4).
		i.align()
		rest := i.payload[min(i.at, len(i.payload)):]
		if i.at > len(i.payload) || len(rest) > 1 || len(rest) == 1 && rest[0] != 0 {
			err = errDeflate
		}
		ended = true
	}
	return ended, err
}

// fill reads up to eight bytes, as far as there are any.
func (i *inflater) fill() {
	if i.at+8 <= len(i.payload) {
		// Of a byte that does not fit, the first bits are there already when
		// it is read the next time.
		i.bits |= binary.LittleEndian.Uint64(i.payload[i.at:]) << i.n
		i.at += int(63-i.n) / 8
		i.n |= 56
		return
	}
	for i.n <= 56 {
		switch {
		case i.at < len(i.payload):
			i.bits |= uint64(i.payload[i.at]) << i.n
		case i.at < len(i.payload)+len(tail):
			i.bits |= uint64(tail[i.at-len(i.payload)]) << i.n
		default:
			return
		}
		i.at++
		i.n += 8
	}
}

// take takes at most 16 bits.
func (i *inflater) take(n uint) (v int, ok bool) {
	if i.n < n {
		if i.fill(); i.n < n {
			return 0, false
		}
	}
	v = int(i.bits & (1<<n - 1))
	i.bits >>= n
	i.n -= n
	return v, true
}

// align goes on at the next whole byte.
func (i *inflater) align() {
	i.at -= int(i.n / 8)
	i.bits, i.n = 0, 0
}

// stored copies a block that is not compressed.
func (i *inflater) stored() error {
	i.align()
	length, ok := i.take(16)
	inverse, okInverse := i.take(16)
	if !ok || !okInverse || length != inverse^0xffff {
		return errDeflate
	}
	i.align()
	if length > len(i.payload)-i.at && length > 0 {
		return errDeflate
	}
	if len(i.out)-i.from+length > maxFrame {
		return errBomb
	}
	i.out = append(i.out, i.payload[min(i.at, len(i.payload)):][:length]...)
	i.at += length
	return nil
}

// huffman inflates a block up to the symbol that ends it.
func (i *inflater) huffman(literals, distances *huffman) error {
	for {
		symbol, ok := i.symbol(literals)
		switch {
		case !ok || symbol >= 286:
			return errDeflate
		case symbol == 256:
			return nil
		case len(i.out)-i.from >= maxFrame:
			return errBomb
		case symbol < 256:
			i.out = append(i.out, byte(symbol))
			continue
		}
		length, ok := i.extended(lengthCodes[symbol-257])
		if !ok {
			return errDeflate
		}
		if symbol, ok = i.symbol(distances); !ok || symbol >= 30 {
			return errDeflate
		}
		distance, ok := i.extended(distanceCodes[symbol])
		if !ok {
			return errDeflate
		}
		if err := i.repeat(length, distance); err != nil {
			return err
		}
	}
}

// repeat copies what is at a distance before the end, which may overlap
// with the copy.
func (i *inflater) repeat(length, distance int) error {
	if len(i.out)-i.from+length > maxFrame {
		return errBomb
	}
	if before := distance - (len(i.out) - i.from); before > 0 {
		if before > len(i.window) {
			return errDeflate
		}
		old := i.window[len(i.window)-before:]
		old = old[:min(length, before)]
		i.out = append(i.out, old...)
		length -= len(old)
	}
	for at := len(i.out) - distance; length > 0; length-- {
		i.out = append(i.out, i.out[at])
		at++
	}
	return nil
}

// extended is a code's base and the number of bits that are added to it.
type extended struct {
	base int16
	more uint8
}

// The lengths of the symbols from 257 on, and the distances (RFC 1951, 3.2.5).
var lengthCodes, distanceCodes = func() (lengths [29]extended, distances [30]extended) {
	lengths[28] = extended{258, 0}
	for code, base := 0, 3; code < 28; code++ {
		more := max(0, code/4-1)
		lengths[code] = extended{int16(base), uint8(more)}
		base += 1 << more
	}
	for code, base := 0, 1; code < 30; code++ {
		more := max(0, code/2-1)
		distances[code] = extended{int16(base), uint8(more)}
		base += 1 << more
	}
	return lengths, distances
}()

func (i *inflater) extended(code extended) (int, bool) {
	more, ok := i.take(uint(code.more))
	return int(code.base) + more, ok
}

// huffman decodes the symbols of one set of codes.
type huffman struct {
	short   [1 << shortBits]uint16 // by the next bits: symbol<<4 | length; 0 for a longer code
	width   uint                   // number of these bits
	counts  [16]uint16             // of the codes of each length
	symbols [288]uint16            // in the order of their codes
}

// shortBits is how long the codes are, at most, that are looked up at once.
const shortBits = 9

// set makes the codes that are as long as lengths says (RFC 1951, 3.2.2). It
// reports false where these are no codes: too many, or too few, which only
// one code of one bit, or none at all, may be.
func (h *huffman) set(lengths []byte) bool {
	h.counts = [16]uint16{}
	for _, n := range lengths {
		h.counts[n]++
	}
	h.counts[0] = 0
	var next, at [16]uint16 // code, and place in symbols, by length
	code, place := 0, uint16(0)
	longest := uint(0)
	for n := uint(1); n < 16; n++ {
		code <<= 1
		next[n], at[n] = uint16(code), place
		code += int(h.counts[n])
		place += h.counts[n]
		if h.counts[n] > 0 {
			longest = n
		}
		if code > 1<<n {
			return false
		}
	}
	if place > 0 && code != 1<<15 && (longest != 1 || place != 1) {
		return false
	}
	h.width = min(longest, shortBits)
	short := h.short[:1<<h.width]
	clear(short)
	for symbol, n := range lengths {
		if n == 0 {
			continue
		}
		h.symbols[at[n]] = uint16(symbol)
		at[n]++
		code := next[n]
		next[n]++
		if n > shortBits {
			continue
		}
		for k := int(bits.Reverse16(code) >> (16 - n)); k < len(short); k += 1 << n {
			short[k] = uint16(symbol)<<4 | uint16(n)
		}
	}
	return true
}

// symbol takes the next symbol.
func (i *inflater) symbol(h *huffman) (symbol int, ok bool) {
	if i.n < 15 {
		i.fill()
	}
	if short := h.short[i.bits&(1<<h.width-1)]; short != 0 && uint(short&15) <= i.n {
		i.bits >>= short & 15
		i.n -= uint(short & 15)
		return int(short >> 4), true
	}
	// Codes of one length are consecutive numbers, and so one compares with
	// the first and the number of them, length by length.
	code, first, place := 0, 0, 0
	for n := 1; n < 16 && uint(n) <= i.n; n++ {
		code |= int(i.bits>>(n-1)) & 1
		count := int(h.counts[n])
		if code-first < count {
			i.bits >>= n
			i.n -= uint(n)
			return int(h.symbols[place+code-first]), true
		}
		place += count
		first = (first + count) << 1
		code <<= 1
	}
	return 0, false
}

// codeOrder is the order of the lengths of the codes for lengths.
var codeOrder = [19]byte{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// codes reads the codes of a block that brings its own (RFC 1951, 3.2.7).
func (i *inflater) codes() error {
	sizes, ok := i.take(14)
	literals, distances, codes := sizes&31+257, sizes>>5&31+1, sizes>>10+4
	if !ok || literals > 286 || distances > 30 {
		return errDeflate
	}
	clear(i.lengths[:19])
	for _, code := range codeOrder[:codes] {
		n, ok := i.take(3)
		if !ok {
			return errDeflate
		}
		i.lengths[code] = byte(n)
	}
	if !i.literals.set(i.lengths[:19]) { // for as long as the lengths are read
		return errDeflate
	}
	all := i.lengths[:literals+distances]
	for k := 0; k < len(all); {
		symbol, ok := i.symbol(&i.literals)
		if !ok || symbol == 16 && k == 0 {
			return errDeflate
		}
		times, length := 1, byte(symbol)
		switch symbol {
		case 16:
			times, ok = i.extended(extended{3, 2})
			length = all[k-1]
		case 17:
			times, ok = i.extended(extended{3, 3})
			length = 0
		case 18:
			times, ok = i.extended(extended{11, 7})
			length = 0
		}
		if !ok || times > len(all)-k {
			return errDeflate
		}
		for ; times > 0; times-- {
			all[k] = length
			k++
		}
	}
	if !i.literals.set(all[:literals]) || !i.distances.set(all[literals:]) {
		return errDeflate
	}
	return nil
}

// The codes of blocks that bring none (RFC 1951, 3.2.6).
var fixedLiterals, fixedDistances = func() (literals, distances huffman) {
	var lengths [288]byte
	for symbol := range lengths {
		switch {
		case symbol < 144, symbol >= 280:
			lengths[symbol] = 8
		case symbol < 256:
			lengths[symbol] = 9
		default:
			lengths[symbol] = 7
		}
	}
	literals.set(lengths[:])
	for symbol := range 32 {
		lengths[symbol] = 5
	}
	distances.set(lengths[:32])
	return literals, distances
}()
