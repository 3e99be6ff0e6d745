package main

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
	"gotest.tools/v3/assert"
)

// ciPage is what docs/ci.md asks its reader to do.
type ciPage struct {
	jobs   map[string][]ciStep
	shells map[string][]string // by section
}

type ciStep struct {
	Uses, Run string
	With      map[string]string
}

// readCI reads the page, whose servers are at an address of the test's.
func readCI(t *testing.T, address string) (page ciPage) {
	t.Helper()
	text, err := os.ReadFile("../../docs/ci.md")
	assert.NilError(t, err)
	var workflow strings.Builder
	page.shells = map[string][]string{}
	for _, section := range strings.Split(strings.ReplaceAll(string(text), "127.0.0.1:8080", address), "\n## ") {
		title, _, _ := strings.Cut(section, "\n")
		for _, block := range regexp.MustCompile("(?s)```(sh|yaml)\n(.*?)```").FindAllStringSubmatch(section, -1) {
			if block[1] == "yaml" {
				workflow.WriteString(block[2])
			} else {
				page.shells[title] = append(page.shells[title], block[2])
			}
		}
	}
	var file struct {
		Jobs map[string]struct{ Steps []ciStep }
	}
	assert.NilError(t, yaml.Unmarshal([]byte(workflow.String()), &file))
	page.jobs = map[string][]ciStep{}
	for name, job := range file.Jobs {
		page.jobs[name] = job.Steps
	}
	return page
}

// reader does what the page says, in a repository that holds nothing. Its server
// is a chatserver, and pollpush is as it is, with the page's flags as they stand:
// only the last ones are the test's, which make it seconds of load.
type reader struct {
	*testing.T
	repository, tools string
}

func newReader(t *testing.T, address string) reader {
	t.Helper()
	r := reader{t, workplace(t), t.TempDir()}
	for path, text := range map[string]string{
		filepath.Join(r.tools, "npm"):    `cd "${3:-.}" && case $1 in ci) ;; start) exec ` + program(t, "chatserver") + " --listen " + address + " ;; esac",
		filepath.Join(r.tools, "docker"): `[ "$*" = "compose up --detach --wait" ]`,
		filepath.Join(r.tools, "pollpush"): `small=()
case $1 in
run | ab) small=(--transports ws --trials 1 --clients 10 --rate 20/s --arrivals constant --ramp-up 100ms --warm-up 100ms --steady 1s --drain 5s --time-limit 1s) ;;
esac
flags=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	flags+=("$1")
	shift
done
exec ` + programs + `/pollpush "${flags[@]}" "${small[@]}" "$@"`,
	} {
		script(t, path, "#!/bin/bash\n"+text+"\n")
	}
	r.git(r.repository, "init", "--quiet", "--initial-branch", "main")
	r.git(r.repository, "commit", "--quiet", "--allow-empty", "--message", "nothing yet")
	assert.NilError(t, os.Symlink(r.tools, filepath.Join(r.repository, "bin")))
	return r
}

func (r reader) git(dir string, args ...string) {
	r.Helper()
	git := exec.Command("git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.org"}, args...)...)
	git.Dir = dir
	if out, err := git.CombinedOutput(); err != nil {
		r.Fatalf("git %v: %v: %s", args, err, out)
	}
}

// does runs a command of the page. On a busy machine trials may be
// invalid: run says so, and a comparison refuses them. That a server is worse than
// its equal is never borne, as single trials have no times that could say it.
func (r reader) does(dir string, env []string, args ...string) ended {
	r.Helper()
	p := prepared(r.T, dir, args[0], args[1:]...)
	p.cmd.Env = append(append(os.Environ(), "PATH="+r.tools+":"+os.Getenv("PATH")), env...)
	p.start()
	e := p.end()
	said := e.stdout + e.stderr
	switch {
	case e.code == fine:
	case e.code == invalidRun && strings.Contains(said, "invalid; the report gives the reasons"), e.code == badInput && strings.Contains(said, " is invalid "):
		r.Logf("the machine is busy:\n%s", said)
	default:
		r.Errorf("%q ends with exit code %d:\n%s", args, e.code, said)
	}
	return e
}

// shell runs the shell commands of a section, line by line, so that those after a
// run that is doubted are tried too.
func (r reader) shell(page ciPage, section string) {
	r.Helper()
	if len(page.shells[section]) == 0 {
		r.Errorf("the page has no commands in %s", section)
	}
	for _, block := range page.shells[section] {
		for line := range strings.Lines(block) {
			r.does(r.repository, nil, "/bin/bash", "-c", line)
		}
	}
}

// job runs a job of the page's workflow in a workspace of its own, and returns
// what its action wrote to the summary.
func (r reader) job(page ciPage, name string) (summary string) {
	r.Helper()
	workspace := r.TempDir()
	for _, step := range page.jobs[name] {
		action, _, _ := strings.Cut(step.Uses, "@")
		switch action {
		case "":
			r.does(workspace, nil, "/bin/bash", "-e", "-c", step.Run)
		case "actions/checkout":
			at := filepath.Join(workspace, step.With["path"])
			r.git(workspace, "clone", "--quiet", r.repository, at)
		case "pollpush/pollpush":
			script, err := filepath.Abs("../../.ci/action")
			if err != nil {
				r.Fatal(err)
			}
			file := filepath.Join(r.TempDir(), "summary")
			r.does(workspace, append(actionEnv(r.T, step.With), "GITHUB_STEP_SUMMARY="+file), script, r.tools)
			text, err := os.ReadFile(file)
			if err != nil {
				r.Error(err)
			}
			summary = string(text)
		case "actions/upload-artifact":
			if found, _ := filepath.Glob(filepath.Join(workspace, step.With["path"], "*")); len(found) == 0 {
				r.Errorf("%s: there is nothing to upload in %s", name, step.With["path"])
			}
		default:
			r.Errorf("%s: this test does not know %s", name, step.Uses)
		}
	}
	return summary
}

// actionEnv is the environment that action.yml gives to the script for inputs.
func actionEnv(t *testing.T, with map[string]string) (env []string) {
	t.Helper()
	text, err := os.ReadFile("../../action.yml")
	assert.NilError(t, err)
	var action struct {
		Inputs map[string]struct{ Default string }
		Runs   struct {
			Steps []struct {
				ID  string
				Env map[string]string
			}
		}
	}
	assert.NilError(t, yaml.Unmarshal(text, &action))
	inputs := map[string]string{}
	maps.Copy(inputs, with)
	for name, input := range action.Inputs {
		if _, given := inputs[name]; !given {
			inputs[name] = input.Default
		}
	}
	for _, step := range action.Runs.Steps {
		if step.ID != "measure" {
			continue
		}
		for variable, expression := range step.Env {
			if name, ok := strings.CutPrefix(strings.TrimSuffix(expression, " }}"), "${{ inputs."); ok {
				env = append(env, variable+"="+inputs[name])
				delete(inputs, name)
			}
		}
	}
	for name := range inputs {
		t.Errorf("action.yml does nothing with the input %s", name)
	}
	return env
}

// What docs/ci.md says is done as it stands, in a repository that holds nothing,
// and works. What a machine's noise is takes valid trials, which a busy one does
// not promise; TestCompareLearns has it.
func TestDocumentedSteps(t *testing.T) {
	t.Parallel()
	address := vacant(t)
	page, r := readCI(t, address), newReader(t, address)
	job := func(name string) {
		if summary := r.job(page, name); !strings.Contains(summary, "bytes per delivery, in") && !strings.Contains(summary, " is invalid ") {
			t.Errorf("the summary of the job %s:\n%s", name, summary)
		}
	}
	job("compare")
	r.shell(page, "Elsewhere")
	server := launch(t, t.TempDir(), program(t, "chatserver"), "--listen", address)
	server.awaitIn(&server.stdout, "\n")
	r.shell(page, "Baselines")
	r.git(r.repository, "commit", "--quiet", "--message", "the baseline")
	job("counts")
	if len(page.jobs) != 2 || len(page.shells) != 3 {
		t.Errorf("the page has jobs %v, and commands in %v: some are not tried here", page.jobs, page.shells)
	}
}
