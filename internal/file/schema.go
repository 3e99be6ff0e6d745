package file

import (
	"encoding/json"
	"errors"
	"fmt"
)

// CheckSchema checks whether a text is a JSON object whose "schema" is from 1 to
// newest. The error says what is wrong with it, in words that follow the file's
// name, and what to do; kind is what the file should be, and remedy, which may be
// empty, what to do with one that pollpush wrote itself.
func CheckSchema(text []byte, newest int, kind, remedy string) error {
	var head struct {
		Schema *int `json:"schema"`
	}
	after := func(separator string) string {
		if remedy == "" {
			return ""
		}
		return separator + remedy
	}
	switch err := json.Unmarshal(text, &head); {
	case !json.Valid(text):
		return fmt.Errorf("is not JSON: %w%s", err, after("; "))
	case err != nil || head.Schema == nil:
		return errors.New(`has no "schema": this is not a pollpush ` + kind + "; give another file")
	case *head.Schema > newest:
		return fmt.Errorf("has schema %d, but this pollpush reads up to %d: use a newer pollpush%s", *head.Schema, newest, after(", or "))
	case *head.Schema < 1:
		return fmt.Errorf("has schema %d, but schemas start at 1%s", *head.Schema, after("; "))
	}
	return nil
}
