package scenario

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

// Whoever reads of a key reads what it means and may hold, and no two flags
// have one name.
func TestKeysAreDescribed(t *testing.T) {
	flags := map[string]string{}
	for _, k := range Keys() {
		section, _, nested := strings.Cut(k.Path, ".")
		if !strings.HasSuffix(k.About, ".") || nested && Sections[section] == "" || k.Allowed() == "" || k.Placeholder() == "" || len(k.Schema()) == 0 {
			t.Errorf("%s lacks a description: %q, %q, %s", k.Path, k.About, k.Allowed(), k.Placeholder())
		}
		assert.Check(t, k.Default != "" || k.Example != "", "%s has neither a default nor an example", k.Path)
		if other := flags[k.Flag()]; other != "" {
			t.Errorf("--%s is of %s and %s", k.Flag(), other, k.Path)
		}
		flags[k.Flag()] = k.Path
	}
}
