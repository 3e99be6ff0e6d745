package result

import "cmp"

// Chosen is the attempt of one trial whose numbers count: of those that ran to
// their end the one of the best validity, and of equals the later. It is the
// attempt's index, or -1 where none ran to its end.
func Chosen(attempts []Trial) int {
	chosen := -1
	for i := range attempts {
		if attempts[i].Status == Complete && (chosen < 0 || attempts[i].rankAgainst(&attempts[chosen]) >= 0) {
			chosen = i
		}
	}
	return chosen
}

// rankAgainst orders two attempts of a trial by which of them should count.
func (t *Trial) rankAgainst(other *Trial) int {
	return cmp.Or(
		cmp.Compare(t.Validity.rank(), other.Validity.rank()),
		cmp.Compare(t.Attempt, other.Attempt),
	)
}

func (v Validity) rank() int {
	switch v {
	case Valid:
		return 2
	case Suspect:
		return 1
	}
	return 0
}
