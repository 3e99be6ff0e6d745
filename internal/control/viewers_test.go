package control

import (
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/result"
)

func TestViewingCost(t *testing.T) {
	const ms = time.Millisecond
	none := viewing{}
	open := func(cpu map[int]time.Duration) viewing { return viewing{true, cpu} }
	for name, c := range map[string]struct {
		from, to viewing
		want     *result.Watching
	}{
		"nobody":          {none, none, nil},
		"who is not told": {open(nil), open(nil), &result.Watching{}},
		"opened later":    {none, open(nil), &result.Watching{}},
		"a browser":       {open(map[int]time.Duration{1: 100 * ms, 2: 0}), open(map[int]time.Duration{1: 400 * ms, 2: 300 * ms}), &result.Watching{Cores: .3}},
		"one has ended":   {open(map[int]time.Duration{1: 100 * ms, 2: 0}), open(map[int]time.Duration{2: 300 * ms}), &result.Watching{Cores: .15}},
		"more than all":   {open(map[int]time.Duration{1: 0}), open(map[int]time.Duration{1: 4000 * ms}), &result.Watching{Cores: .5}},
	} {
		assert.Check(t, is.DeepEqual(viewingCost(c.from, c.to, 2, .5), c.want), name)
	}
	var page *LivePage
	assert.Check(t, !page.open() && page.viewers() == nil, "a page that is none is open")
}
