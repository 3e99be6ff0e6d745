package proc

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// fakeRoot makes a folder that holds these files, as "/" would.
func fakeRoot(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for path, text := range files {
		path = filepath.Join(root, path)
		assert.NilError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		assert.NilError(t, os.WriteFile(path, []byte(text+"\n"), 0o644))
	}
	return root
}

const (
	v2Mount  = "31 23 0:28 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw,nsdelegate"
	v1Mounts = `31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
36 31 0:33 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw`
	v1Groups = "9:pids:/deep/down\n4:memory:/a/b\n2:cpu,cpuacct:/a/b\n1:name=systemd:/a/b\n0::/"
	// What v1 says where there is no limit.
	unlimited = "9223372036854771712"
)

func TestReadLimits(t *testing.T) {
	const at, v1CPU, v1Memory = "sys/fs/cgroup/", "sys/fs/cgroup/cpu,cpuacct/", "sys/fs/cgroup/memory/"
	for _, c := range []struct {
		name           string
		mounts, groups string
		files          map[string]string
		want           Limits // its folders are below the root
		throttling     []Throttling
	}{
		{name: "nothing mounted", mounts: "31 23 0:28 / / rw - ext4 disk rw", groups: "0::/a"},
		{name: "v2, no limits", mounts: v2Mount, groups: "0::/a/b", files: map[string]string{
			at + "a/b/cpu.max": "max 100000", at + "a/b/memory.max": "max", at + "a/b/memory.current": "5000"}},
		{name: "v2, in a container", mounts: v2Mount, groups: "0::/", files: map[string]string{
			at + "cpu.max": "50000 100000", at + "memory.max": "1000000", at + "memory.current": "300000", at + "memory.stat": "anon 1\ninactive_file 100000",
			at + "cpu.stat": "usage_usec 5\nnr_periods 521\nnr_throttled 321\nthrottled_usec 1500000\nnr_bursts 0"},
			want:       Limits{Quota: .5, MemoryBytes: 1_000_000, FreeBytes: 800_000, tightest: at, quotas: []string{at}},
			throttling: []Throttling{{521, 321, 1500 * time.Millisecond}}},
		{name: "v2, the tightest of all above", mounts: v2Mount, groups: "0::/a/b", files: map[string]string{
			at + "a/b/cpu.max": "200000 100000", at + "a/cpu.max": "30000 20000", at + "cpu.max": "300000 100000",
			at + "a/b/memory.max": "500", at + "a/b/memory.current": "100", at + "a/memory.max": "700", at + "a/memory.current": "600",
			at + "a/cpu.stat": "nr_periods 4\nnr_throttled 2\nthrottled_usec 7"},
			want:       Limits{Quota: 1.5, MemoryBytes: 500, FreeBytes: 100, tightest: at + "a", quotas: []string{at + "a/b", at + "a", at}},
			throttling: []Throttling{{}, {4, 2, 7 * time.Microsecond}, {}}},
		{name: "v2, memory used up", mounts: v2Mount, groups: "0::/a", files: map[string]string{at + "a/memory.max": "500", at + "a/memory.current": "600"},
			want: Limits{MemoryBytes: 500, FreeBytes: 1}},
		{name: "v2, out of sight", mounts: v2Mount, groups: "0::/../b", files: map[string]string{at + "cpu.max": "1 2"}},
		{name: "v1", mounts: v1Mounts, groups: v1Groups, files: map[string]string{
			v1CPU + "a/b/cpu.cfs_quota_us": "50000", v1CPU + "a/b/cpu.cfs_period_us": "100000",
			v1CPU + "a/cpu.cfs_quota_us": "-1", v1CPU + "a/cpu.cfs_period_us": "100000",
			v1CPU + "a/b/cpu.stat": "nr_periods 174\nnr_throttled 29\nthrottled_time 3000", v1Memory + "a/b/memory.limit_in_bytes": unlimited,
			v1Memory + "a/memory.limit_in_bytes": "4096", v1Memory + "a/memory.usage_in_bytes": "3000", v1Memory + "a/memory.stat": "inactive_file 1\ntotal_inactive_file 1000",
			"sys/fs/cgroup/pids/deep/down/cpu.max": "1 2"},
			want:       Limits{Quota: .5, MemoryBytes: 4096, FreeBytes: 2096, tightest: v1CPU + "a/b", quotas: []string{v1CPU + "a/b"}},
			throttling: []Throttling{{174, 29, 3 * time.Microsecond}}},
		{name: "v1, in a container that sees the host's paths", groups: "2:cpu,cpuacct:/docker/c/in",
			mounts: "32 31 0:29 /docker/other /elsewhere rw - cgroup cgroup rw,cpu,cpuacct\n33 31 0:29 /docker/c /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct",
			files:  map[string]string{v1CPU + "cpu.cfs_quota_us": "10000", v1CPU + "cpu.cfs_period_us": "50000"},
			want:   Limits{Quota: .2, tightest: v1CPU, quotas: []string{v1CPU}}, throttling: []Throttling{{}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{"proc/self/mountinfo": c.mounts, "proc/7/cgroup": c.groups}
			for path, text := range c.files {
				files[path] = text
			}
			root := fakeRoot(t, files)
			for i, dir := range c.want.quotas {
				c.want.quotas[i] = filepath.Join(root, dir)
			}
			if c.want.tightest != "" {
				c.want.tightest = filepath.Join(root, c.want.tightest)
			}
			got := readLimits(root, 7)
			assert.Check(t, reflect.DeepEqual(got, c.want), "%+v\nwant %+v", got, c.want)
			h := got.Throttling()
			assert.Check(t, slices.Equal(h, c.throttling), "%+v, want %+v", h, c.throttling)
			none := readLimits(root, 8)
			assert.Check(t, reflect.DeepEqual(none, Limits{}), "of no process: %+v", none)
		})
	}
}

// A server is held to the tightest quota where that is its group's, or one's
// around it.
func TestSharesQuota(t *testing.T) {
	files := map[string]string{"proc/self/mountinfo": v2Mount, "sys/fs/cgroup/a/cpu.max": "1 2", "sys/fs/cgroup/a/b/cpu.max": "3 2", "sys/fs/cgroup/c/cpu.max": "1 2"}
	for pid, group := range []string{"/a", "/a/b", "/a/d", "/c", "/", "/../c"} {
		files[fmt.Sprintf("proc/%d/cgroup", pid)] = "0::" + group
	}
	root := fakeRoot(t, files)
	own := readLimits(root, 1)
	for pid, want := range []bool{true, true, true, false, false, false} {
		assert.Check(t, is.Equal(own.SharesQuota(readLimits(root, pid)), want), "process %d", pid)
	}
}

func TestWorstThrottling(t *testing.T) {
	_, ok := Worst(nil, []Throttling{{1, 1, 1}})
	assert.Check(t, !ok, "something is known of no group")
	from := []Throttling{{100, 50, 5}, {1000, 20, 7}, {10, 10, 0}}
	to := []Throttling{{200, 51, 6}, {1010, 23, 9}, {10, 11, 0}}
	got, ok := Worst(from, to)
	assert.Check(t, ok && got == (Throttling{10, 3, 2}), "%+v, %v", got, ok)
	got, ok = Worst(from, from)
	assert.Check(t, ok && got == (Throttling{}), "of no time: %+v, %v", got, ok)
}

// FuzzLimits: whatever the files say, limits are none or above zero, and counts
// are not below it.
func FuzzLimits(f *testing.F) {
	f.Add("50000 100000", "1048576", "nr_periods 5\nnr_throttled 3\nthrottled_usec 9")
	f.Add("max 100000", "max", "")
	f.Add("-1 100000", unlimited, "nr_periods -5\n x\n 7\nnr_throttled 9223372036854775808")
	f.Add("1 0", "-1", strings.Repeat("a 1\n", 3))
	f.Add("9223372036854775807 1", "9223372036854775807", "a  1")
	f.Fuzz(func(t *testing.T, quota, limit, stat string) {
		q := parseQuota(quota)
		assert.Check(t, q >= 0 && q <= 1<<63, "quota %v", q)
		n := parseBytes(limit)
		assert.Check(t, n >= 0, "%d bytes", n)
		for name, n := range parseStat(stat) {
			assert.Check(t, n >= 0, "%s %d", name, n)
		}
	})
}
