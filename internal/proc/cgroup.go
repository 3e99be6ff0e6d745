package proc

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/procfs"
)

// Limits are what a process may use of the machine by its control groups (cgroup
// v1 and v2) and all those around them. Zero is no limit, or none that is known.
type Limits struct {
	Quota       float64 // of CPU, in cores: the tightest
	MemoryBytes int64   // the tightest
	FreeBytes   int64   // of memory: what can still be had in the group that has least left

	tightest string   // the folder of the group whose quota it is
	quotas   []string // the folders of all groups that have one
}

// ReadLimits reads a process's limits, as far as this process can see its groups.
func ReadLimits(pid int) Limits { return readLimits("/", pid) }

func readLimits(root string, pid int) (l Limits) {
	for _, dir := range groups(root, pid) {
		if cores := quota(dir); cores > 0 {
			l.quotas = append(l.quotas, dir)
			if l.Quota == 0 || cores < l.Quota {
				l.Quota, l.tightest = cores, dir
			}
		}
		if limit := bytesIn(dir, "memory.max", "memory.limit_in_bytes"); limit > 0 {
			l.MemoryBytes = least(l.MemoryBytes, limit)
			used := bytesIn(dir, "memory.current", "memory.usage_in_bytes") - cached(dir)
			l.FreeBytes = least(l.FreeBytes, max(1, limit-used))
		}
	}
	return l
}

// least is the smaller of two limits, of which 0 is none.
func least(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// SharesQuota reports whether the tightest quota holds another process too.
func (l Limits) SharesQuota(other Limits) bool { return slices.Contains(other.quotas, l.tightest) }

// groups are the folders of the groups that a process is in, and of those around
// them.
func groups(root string, pid int) (dirs []string) {
	fs, err := procfs.NewFS(filepath.Join(root, "proc"))
	if err != nil {
		return nil
	}
	p, err := fs.Proc(pid)
	if err != nil {
		return nil
	}
	memberships, err := p.Cgroups()
	if err != nil {
		return nil
	}
	mounts, err := fs.GetMounts()
	if err != nil {
		return nil
	}
	for _, in := range memberships {
		below := "" // the mount's root
		i := slices.IndexFunc(mounts, func(m *procfs.MountInfo) bool {
			below, err = filepath.Rel(m.Root, in.Path)
			return err == nil && filepath.IsLocal(below) && !strings.HasPrefix(in.Path, "/../") && carries(m, in)
		})
		if i < 0 { // mounted nowhere, or in another container
			continue
		}
		top := filepath.Join(root, mounts[i].MountPoint)
		for dir := filepath.Join(top, below); ; dir = filepath.Dir(dir) {
			dirs = append(dirs, dir)
			if dir == top {
				break
			}
		}
	}
	return dirs
}

// carries reports whether a mounted hierarchy is the one of a membership, and can
// have limits of CPU or memory.
func carries(m *procfs.MountInfo, in procfs.Cgroup) bool {
	if len(in.Controllers) == 0 {
		return m.FSType == "cgroup2"
	}
	for _, controller := range []string{"cpu", "memory"} {
		if _, ok := m.SuperOptions[controller]; ok && m.FSType == "cgroup" && slices.Contains(in.Controllers, controller) {
			return true
		}
	}
	return false
}

// quota is the quota of one group, in cores; 0 where it has none.
func quota(dir string) float64 {
	if text, err := os.ReadFile(filepath.Join(dir, "cpu.max")); err == nil {
		return parseQuota(string(text))
	}
	text, err := os.ReadFile(filepath.Join(dir, "cpu.cfs_quota_us"))
	period, err2 := os.ReadFile(filepath.Join(dir, "cpu.cfs_period_us"))
	if err != nil || err2 != nil {
		return 0
	}
	return parseQuota(string(text) + " " + string(period))
}

// parseQuota reads a quota and its period, in microseconds, as cores; 0 means
// "max", -1 and whatever is no quota.
func parseQuota(text string) float64 {
	f := strings.Fields(text)
	if len(f) != 2 {
		return 0
	}
	quota, err := strconv.ParseInt(f[0], 10, 64)
	period, err2 := strconv.ParseInt(f[1], 10, 64)
	if err != nil || err2 != nil || quota <= 0 || period <= 0 {
		return 0
	}
	return float64(quota) / float64(period)
}

// bytesIn reads a number of bytes from the first of these files that is there; 0
// where none is, or there is no limit.
func bytesIn(dir string, names ...string) int64 {
	for _, name := range names {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			return parseBytes(string(text))
		}
	}
	return 0
}

// parseBytes reads a number of bytes; 0 means "max", for what cgroup v1
// writes instead of it, and for whatever is no number.
func parseBytes(text string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	const page = 64 << 10 // the largest: v1 rounds down to whole ones
	if err != nil || n < 0 || n > math.MaxInt64-page {
		return 0
	}
	return n
}

// cached is the memory of a group that the kernel takes back without harm: files
// that nobody has read for long.
func cached(dir string) int64 {
	stat := statIn(dir, "memory.stat")
	if n, ok := stat["total_inactive_file"]; ok { // v1, with the groups within
		return n
	}
	return stat["inactive_file"]
}

// Throttling is how often a quota was used up, up to an instant.
type Throttling struct {
	Periods   int64         // in which the group had something to do
	Throttled int64         // of these, in which its quota was used up
	Time      time.Duration // for which its processes stood still, summed over cores
}

func (t Throttling) share() float64 { return float64(t.Throttled) / float64(max(1, t.Periods)) }

// Throttling reads it for each group that has a quota.
func (l Limits) Throttling() []Throttling {
	all := make([]Throttling, len(l.quotas))
	for i, dir := range l.quotas {
		stat := statIn(dir, "cpu.stat")
		all[i] = Throttling{
			Periods: stat["nr_periods"], Throttled: stat["nr_throttled"],
			Time: time.Duration(stat["throttled_usec"])*time.Microsecond + time.Duration(stat["throttled_time"]), // v2, v1
		}
	}
	return all
}

// Worst is what happened between two readings to the group that was throttled in
// the largest share of its periods; false where there are none.
func Worst(from, to []Throttling) (worst Throttling, ok bool) {
	for i := range min(len(from), len(to)) {
		t := Throttling{
			Periods: max(0, to[i].Periods-from[i].Periods), Throttled: max(0, to[i].Throttled-from[i].Throttled), Time: max(0, to[i].Time-from[i].Time),
		}
		t.Throttled = min(t.Throttled, t.Periods) // the kernel does not write both at once
		if !ok || t.share() > worst.share() {
			worst, ok = t, true
		}
	}
	return worst, ok
}

func statIn(dir, name string) map[string]int64 {
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return nil
	}
	return parseStat(string(text))
}

// parseStat reads lines of a name and a count; it leaves out what is none.
func parseStat(text string) map[string]int64 {
	counts := map[string]int64{}
	for line := range strings.Lines(text) {
		name, number, _ := strings.Cut(strings.TrimSpace(line), " ")
		if n, err := strconv.ParseInt(number, 10, 64); err == nil && n >= 0 {
			counts[name] = n
		}
	}
	return counts
}
