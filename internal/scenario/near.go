package scenario

import (
	"fmt"
	"strings"
)

// Suggest returns ` (did you mean "x"?)` for the candidate nearest to word, or
// nothing where none is near.
func Suggest(word string, candidates []string) string {
	if best := nearest(word, candidates); best != "" {
		return fmt.Sprintf(" (did you mean %q?)", best)
	}
	return ""
}

// nearest returns the candidate with the fewest slips of the finger from word:
// up to one in three letters. Case does not count.
func nearest(word string, candidates []string) string {
	word = strings.ToLower(word)
	if len(word) > 40 {
		return ""
	}
	best, least := "", 1+max(1, len(word)/3)
	for _, c := range candidates {
		if d := slips(word, strings.ToLower(c)); d < least {
			best, least = c, d
		}
	}
	return best
}

// slips counts the letters to insert, drop, replace or swap with a neighbour
// to get from a to b (the optimal string alignment distance).
func slips(a, b string) int {
	before := make([]int, len(b)+1)
	last := make([]int, len(b)+1)
	row := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			replace := last[j]
			if a[i] != b[j] {
				replace++
			}
			row[j+1] = min(replace, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
