package control

import (
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/pollpush/pollpush/internal/proc"
)

// strange says that another process than the one that is named as the target's
// listens on the target's port of this host; it is empty where that is not seen.
func strange(target string, pid int) string {
	u, err := url.Parse(target)
	if err != nil || pid == 0 {
		return ""
	}
	if ip := net.ParseIP(u.Hostname()); !strings.EqualFold(u.Hostname(), "localhost") && (ip == nil || !ip.IsLoopback()) {
		return ""
	}
	port := uint16(80)
	if u.Scheme == "https" {
		port = 443
	}
	for _, given := range ports([]string{target}) {
		port = given
	}
	if other := proc.Stranger(pid, port); other != 0 {
		return fmt.Sprintf("process %d listens on port %d of the target, not process %d of --target-pid: CPU and memory are probably not the target's", other, port, pid)
	}
	return ""
}
