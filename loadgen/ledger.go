package loadgen

import "slices"

// Ledger is one client's account of one stream of ids 1, 2, 3 …: it tells
// what comes for the first time, late, or again. The zero Ledger has seen
// nothing. It remembers only what is missing, so that a stream without losses
// takes no space however long it is.
type Ledger struct {
	high uint64 // the highest id seen
	gaps []span // ids below it that have not been seen, ascending
}

// span is a run of ids, both ends included.
type span struct{ from, to uint64 }

// maxGaps bounds the account of a stream that loses all the time. Of what is
// older nothing is known, and it counts as seen: if it does come late, it is
// called a duplicate, and stays lost.
const maxGaps = 1024

// entry says how an id came.
type entry int

const (
	inOrder   entry = iota // first seen, after all that it follows
	late                   // first seen, after a higher one
	duplicate              // seen before
)

// Enter takes an id down.
func (l *Ledger) Enter(id uint64) entry {
	if id > l.high {
		if id > l.high+1 {
			if len(l.gaps) == maxGaps {
				l.gaps = slices.Delete(l.gaps, 0, 1)
			}
			l.gaps = append(l.gaps, span{l.high + 1, id - 1})
		}
		l.high = id
		return inOrder
	}
	i, found := slices.BinarySearchFunc(l.gaps, id, func(s span, id uint64) int {
		switch {
		case s.to < id:
			return -1
		case s.from > id:
			return 1
		}
		return 0
	})
	if !found {
		return duplicate
	}
	s := l.gaps[i]
	switch {
	case s.from == s.to:
		l.gaps = slices.Delete(l.gaps, i, i+1)
	case id == s.from:
		l.gaps[i].from++
	case id == s.to:
		l.gaps[i].to--
	default:
		l.gaps[i].to = id - 1
		l.gaps = slices.Insert(l.gaps, i+1, span{id + 1, s.to})
	}
	return late
}

// Missing returns the lowest id not seen, which is high + 1 where none is.
func (l *Ledger) Missing() uint64 {
	if len(l.gaps) > 0 {
		return l.gaps[0].from
	}
	return l.high + 1
}
