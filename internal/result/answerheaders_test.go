package result

import (
	"fmt"
	"strings"
	"testing"
)

func TestCheckAnswerHeaders(t *testing.T) {
	const status = int64(17)
	many := func(n int) map[string]int64 {
		lines := map[string]int64{"": status, OtherHeaders: 10}
		for i := range n {
			lines[fmt.Sprintf("X-%d", i)] = 20
		}
		return lines
	}
	for name, c := range map[string]struct {
		lines map[string]int64
		want  string
	}{
		"none":                  {nil, ""},
		"a head":                {map[string]int64{"": status, "Content-Type": 32, OtherHeaders: 9}, ""},
		"without a status line": {map[string]int64{"Content-Type": 32}, "a status line of 0 bytes: must have at least 14"},
		"too short a line":      {map[string]int64{"": status, "Content-Type": 14}, "14 bytes of Content-Type, fewer than its name takes"},
		"no name":               {map[string]int64{"": status, "a\x1b[31m": 32}, `"a\x1b[31m" is not a header name`},
		"too long a name":       {map[string]int64{"": status, strings.Repeat("x", 65): 80}, "is not a header name"},
		"others of nothing":     {map[string]int64{"": status, OtherHeaders: 0}, "0 bytes of others"},
		"as many as there may":  {many(MaxAnswerHeaders - 1), ""},
		"too many":              {many(MaxAnswerHeaders), "66 names: must be at most 64"},
	} {
		wantCheck(t, name, c.want, func(t *Trial) { t.AnswerHeaders = c.lines })
	}
}
