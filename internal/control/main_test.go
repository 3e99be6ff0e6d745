package control

import (
	"path/filepath"
	"testing"

	"github.com/pollpush/pollpush/internal/testkit"
)

// The programs that a run starts, built for the tests.
var chatserver, shardProgram string

func TestMain(m *testing.M) {
	testkit.AtOnce(8)
	testkit.Main(m, func(folder string) {
		chatserver, shardProgram = filepath.Join(folder, "chatserver"), filepath.Join(folder, "loadgen")
	}, nil, "cmd/chatserver", "cmd/loadgen")
}
