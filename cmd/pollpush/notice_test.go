package main

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// NOTICE names the modules that are linked, with the letters of the programs that
// each is linked into.
func TestNoticeNamesWhatIsLinked(t *testing.T) {
	notice, err := os.ReadFile("../../NOTICE")
	assert.NilError(t, err)
	named := map[string]string{}
	for _, m := range regexp.MustCompile(`([a-z][\w.-]*\.[a-z]+/\S+) \(([A-Z, ]+)\)`).FindAllStringSubmatch(string(notice), -1) {
		named[m[1]] = m[2]
	}
	linked := map[string]string{}
	for _, program := range []string{"pollpush", "chatserver", "loadgen", "nulltarget"} {
		out, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", "../"+program).Output()
		assert.NilError(t, err)
		for _, path := range slices.Compact(slices.Sorted(strings.FieldsSeq(string(out)))) {
			linked[path] = strings.TrimPrefix(linked[path]+", "+strings.ToUpper(program[:1]), ", ")
		}
	}
	assert.Check(t, is.DeepEqual(named, linked))
}
