package trials

import (
	"github.com/pollpush/pollpush/internal/transport"
)

func SpokenName(name string) string { return transport.Describe(name).Spoken }
