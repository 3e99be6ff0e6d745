package loadgen

// Ledger is one client's account of one stream of ids 1, 2, 3 …: in fixed
// space it tells what comes for the first time, late, or again. The zero
// Ledger has seen nothing.
type Ledger struct {
	high uint64 // the highest id seen
	seen uint64 // bit i: high − i has been seen
	gaps uint64 // ids that have left the bits unseen
	gap  uint64 // the lowest of them, 0 if none
}

// entry says how an id came.
type entry int

const (
	inOrder   entry = iota // first seen, after all that it follows
	late                   // first seen, after a higher one
	duplicate              // seen before
)

// Enter takes an id down. Of an id more than 64 behind the highest it takes
// the word of the gaps: while there are any it counts as late.
func (l *Ledger) Enter(id uint64) entry {
	if id > l.high {
		l.advance(id)
		return inOrder
	}
	behind := l.high - id
	if behind >= 64 {
		if l.gaps == 0 {
			return duplicate
		}
		l.gaps--
		if id == l.gap {
			l.gap++ // the next one may be there or not: a lower bound stays
		}
		return late
	}
	if l.seen&(1<<behind) != 0 {
		return duplicate
	}
	l.seen |= 1 << behind
	return late
}

// advance makes id the highest, and counts what leaves the bits unseen.
func (l *Ledger) advance(id uint64) {
	step := id - l.high
	// The ids that leave are the bits 64−step … 63, as far as they are ids
	// (from 1), and all ids skipped beyond the bits.
	for i := uint64(0); i < min(step, 64); i++ {
		bit := 63 - i
		if l.high > bit && l.seen&(1<<bit) == 0 {
			l.leave(l.high - bit)
		}
	}
	if step > 64 {
		first := l.high + 1
		l.gaps += step - 64
		if l.gap == 0 {
			l.gap = first
		}
	}
	l.seen = l.seen<<step | 1 // a shift of 64 or more leaves 0
	l.high = id
}

func (l *Ledger) leave(id uint64) {
	if l.gaps++; l.gap == 0 {
		l.gap = id
	}
}

// Missing returns the lowest id not seen, which is high + 1 where none is.
// Where ids far behind came late it may be one that has come since.
func (l *Ledger) Missing() uint64 {
	if l.gaps > 0 {
		return l.gap
	}
	for behind := min(l.high, 64); behind > 0; behind-- {
		if l.seen&(1<<(behind-1)) == 0 {
			return l.high - behind + 1
		}
	}
	return l.high + 1
}
