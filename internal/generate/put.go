package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
)

// put is the part of a page that holds a run's numbers, read from text: a word
// MEASURED in it becomes the machine, and the version of pollpush, that trials
// of the folder were measured with.
func put(path, part, folder string, text io.Reader) (target, error) {
	content, err := io.ReadAll(text)
	if err != nil {
		return target{}, err
	}
	trials, err := result.ReadDir(folder)
	if err != nil {
		return target{}, err
	}
	env := trials[0].Env
	measured := fmt.Sprintf("%s, %d cores, Linux %s, pollpush %s", env.CPUModel, env.Cores, env.Kernel, env.Commit)
	return target{path, part, func() (string, error) {
		return strings.Replace(string(content), "MEASURED", measured, 1), nil
	}}, nil
}
